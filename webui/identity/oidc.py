"""OpenID Connect as a client: what is asked of a provider, and what of its answers is believed.

Rules (OpenID Connect Core 1.0 sections 3.1.2 and 3.1.3.7, RFC 9700, RFC 7636, RFC 8725):
- Authorization code flow with PKCE (S256), a state and a nonce; nothing else is asked for.
- The provider is who its discovery document says to be, letter for letter; its endpoints are https.
- An id token is a compact JWS by an algorithm that the settings name, with a key of the provider's
  own set: by its ``kid``, for signing, of the algorithm's kind. Keys in the token's header,
  symmetric keys and ``none`` are never looked at.
- ``iss`` is the provider, ``aud`` is us and nobody else, ``azp``, where it stands there, is us;
  ``exp``, ``nbf`` and ``iat`` allow a minute of difference; ``nonce`` is the one that was sent.
- What the userinfo endpoint adds counts only for the same ``sub``.
- Answers are bounded in size and time; redirects are not followed. A provider that does not answer
  is an outage, told as one: nobody is let in, and no password is asked instead.

Pure but for ``ask``: time and chance are arguments.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

import httpx
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ledger.errors import LedgerError, OutsideError
from ledger.outside.http import get, post
from webui.identity.errors import SignInError
from webui.identity.providers import check_endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from webui.identity.providers import Provider

SKEW_SECONDS: Final = 60
OLDEST_SECONDS: Final = 600
_KEPT_SECONDS: Final = 3600
_AGAIN_SECONDS: Final = 60
_STALE_SECONDS: Final = 24 * 3600
_MOST_BYTES: Final = 256 * 1024
_LONGEST: Final = 4096
_FORM: Final = "application/x-www-form-urlencoded"
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_KINDS: Final = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_LEAST_RSA_BITS: Final = 2048


@dataclass(frozen=True)
class Secrets:
    """What binds an answer to the browser that asked: never shown to anybody but the provider."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Known:
    """What the provider said of itself, its keys, and when it was asked."""

    document: Mapping[str, Any]
    keys: KeySet
    at: datetime

    def address(self, name: str) -> str:
        """One of its endpoints; empty where it has none."""
        return str(self.document.get(name) or "")


@dataclass
class Issuer:
    """One provider, asked over the network. Safe for use by several threads.

    ``connect`` opens what asks it; nothing stays open between two questions.
    """

    provider: Provider
    connect: Callable[[], httpx.Client]
    now: Callable[[], datetime]

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._known: Known | None = None

    def known(self, *, again: bool = False) -> Known:
        """What it says of itself: kept for an hour, and through an outage for a day.

        With ``again`` it is asked once more, at most once a minute, because a key is not there.

        Raises:
            OutsideError: ``provider-away`` or ``provider-wrong``.
        """
        with self._lock:
            found = self._known
            age = (self.now() - found.at).total_seconds() if found else 0.0
            if found and age < (_AGAIN_SECONDS if again else _KEPT_SECONDS):
                return found
            try:
                self._known = self._discover()
            except OutsideError:
                if found is None or again or age > _STALE_SECONDS:
                    raise
                return found
            return self._known

    def begin(self, secrets: Secrets, redirect: str, *, confirm: bool = False) -> str:
        """The address at the provider to which the browser is sent.

        With ``confirm`` it must ask its person again, whoever is signed in there.
        """
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": redirect,
            "scope": " ".join(self.provider.scopes),
            "state": secrets.state,
            "nonce": secrets.nonce,
            "code_challenge": _challenge(secrets.verifier),
            "code_challenge_method": "S256",
        }
        if self.provider.acr_values:
            asked["acr_values"] = " ".join(self.provider.acr_values)
        if confirm:
            asked |= {"prompt": "login", "max_age": "0"}
        address = self.known().address("authorization_endpoint")
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    def finish(
        self, code: str, secrets: Secrets, redirect: str, client_secret: str
    ) -> dict[str, Any]:
        """What the provider says of who came back with a code: the claims that are proved.

        Raises:
            SignInError: the code or what came for it proves nothing.
            OutsideError: the provider does not answer.
        """
        known = self.known()
        told = self._exchange(known, code, secrets.verifier, redirect, client_secret)
        token, access = told.get("id_token"), told.get("access_token")
        if not isinstance(token, str):
            raise refused("no-id-token")
        claims = self.prove(token, secrets.nonce)
        address = known.address("userinfo_endpoint")
        if address and isinstance(access, str):
            claims = self._and_userinfo(claims, address, access)
        return claims

    def prove(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an id token.

        Raises:
            SignInError: it proves nothing.
            OutsideError: a key is not known, and the provider does not answer.
        """
        header = _header(token, self.provider)
        key = _key(self.known().keys, header)
        if key is None:
            key = _key(self.known(again=True).keys, header)
        if key is None:
            raise refused("unknown-key")
        try:
            read = jws.deserialize_compact(token, key, algorithms=[header["alg"]])
        except (JoseError, ValueError, TypeError):
            raise refused("signature") from None
        claims = _read_object(read.payload)
        if claims is None:
            raise refused("claims")
        check_claims(claims, self.provider, nonce, self.now())
        return claims

    def _discover(self) -> Known:
        base = self.provider.issuer.rstrip("/")
        document = self._asked(f"{base}/.well-known/openid-configuration")
        if document.get("issuer") != self.provider.issuer:
            raise _wrong("names another issuer than the settings")
        for name in (*_ENDPOINTS, "userinfo_endpoint"):
            if name == "userinfo_endpoint" and name not in document:
                continue
            try:
                check_endpoint(str(document.get(name)), self.provider.issuer)
            except ValueError:
                raise _wrong(f"has no usable {name}") from None
        keys = self._asked(str(document["jwks_uri"])).get("keys")
        return Known(document, _public_keys(keys), self.now())

    def _asked(self, url: str) -> dict[str, Any]:
        status, body = self.ask(url)
        if status != httpx.codes.OK:
            raise _away()
        return _object(body)

    def _exchange(
        self, known: Known, code: str, verifier: str, redirect: str, client_secret: str
    ) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
        }
        headers = {"Accept": "application/json"}
        ways = known.document.get("token_endpoint_auth_methods_supported")
        if not client_secret:
            form["client_id"] = self.provider.client_id
        elif isinstance(ways, list) and "client_secret_basic" not in ways:
            form |= {"client_id": self.provider.client_id, "client_secret": client_secret}
        else:
            # RFC 6749 section 2.3.1: both are written as in a form before they are joined.
            both = f"{quote(self.provider.client_id, safe='')}:{quote(client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
        try:
            with self.connect() as client:
                reply = post(
                    client,
                    known.address("token_endpoint"),
                    urlencode(form).encode(),
                    media_type=_FORM,
                    most=_MOST_BYTES,
                    headers=headers,
                )
        except LedgerError as error:
            raise _away() from error
        if reply.status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise _away()
        if reply.status != httpx.codes.OK:
            raise refused("code")
        return _object(reply.body)

    def _and_userinfo(self, claims: dict[str, Any], address: str, access: str) -> dict[str, Any]:
        """With what the userinfo endpoint says, where that is about the same person."""
        if len(access) > _LONGEST or not access.isascii() or not access.isprintable():
            raise refused("access-token")
        status, body = self.ask(address, access)
        if status != httpx.codes.OK:
            raise _away()
        more = _object(body)
        if more.get("sub") != claims["sub"]:
            raise refused("userinfo")
        return {**more, **claims}

    def ask(self, url: str, access: str = "") -> tuple[int, bytes]:
        """Ask for a document of bounded size; status and body.

        Raises:
            OutsideError: ``provider-away``.
        """
        headers = {"Accept": "application/json"}
        if access:
            headers["Authorization"] = f"Bearer {access}"
        try:
            with self.connect() as client:
                reply = get(client, url, most=_MOST_BYTES, headers=headers)
        except LedgerError as error:
            raise _away() from error
        return reply.status, reply.body


def check_claims(claims: Mapping[str, Any], provider: Provider, nonce: str, now: datetime) -> None:
    """Check what a signed id token says of whom it is from, for whom, since when and for how long.

    Raises:
        SignInError: something is not as it must be.
    """
    audience = claims.get("aud")
    moment = now.timestamp()
    said_nonce = claims.get("nonce")
    checks = {
        "issuer": claims.get("iss") == provider.issuer,
        "audience": audience in (provider.client_id, [provider.client_id]),
        "party": claims.get("azp", provider.client_id) == provider.client_id,
        "nonce": isinstance(said_nonce, str)
        and hmac.compare_digest(said_nonce.encode(), nonce.encode()),
        "expired": _time(claims, "exp") > moment - SKEW_SECONDS,
        "early": _time(claims, "nbf", moment) <= moment + SKEW_SECONDS,
        "issued": -SKEW_SECONDS <= moment - _time(claims, "iat") <= OLDEST_SECONDS,
        "subject": _is_subject(claims.get("sub")),
    }
    for name, holds in checks.items():
        if not holds:
            raise refused(name)


def signed_in_since(claims: Mapping[str, Any], now: datetime) -> float:
    """How many seconds ago the provider asked its person for proof; without end if it won't say."""
    said = claims.get("auth_time")
    if not isinstance(said, (int, float)) or isinstance(said, bool):
        return float("inf")
    return now.timestamp() - said


def refused(why: str) -> SignInError:
    """One sentence for every answer that proves nothing; ``why`` is for the service's log."""
    return SignInError(
        "Single sign-on did not work: what came back proves nothing.",
        code="single-sign-on-failed",
        remedy="Try again; if it stays, the operator finds the cause in the service's log.",
        why=why,
    )


def _header(token: str, provider: Provider) -> dict[str, Any]:
    if len(token) > _MOST_BYTES or token.count(".") != 2:  # noqa: PLR2004 (a compact JWS has three parts)
        raise refused("no-jws")
    part = token.partition(".")[0]
    try:
        header = _read_object(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        raise refused("header") from None
    if header is None or header.get("alg") not in provider.algorithms:
        raise refused("algorithm")
    if "crit" in header or "b64" in header:
        raise refused("header")
    return header


def _key(keys: KeySet, header: Mapping[str, Any]) -> Any:
    """The one key that the header names, or the only one of its kind where it names none."""
    kind, wanted = _KINDS[str(header["alg"])[:2]], header.get("kid")
    fits = [key for key in keys.keys if key.key_type == kind]
    fits = [key for key in fits if key.get("alg") in {None, header["alg"]}]
    if wanted is not None:
        fits = [key for key in fits if key.get("kid") == wanted]
    return fits[0] if len(fits) == 1 else None


def _public_keys(listed: Any) -> KeySet:
    """The keys for signing; what is symmetric, private, weak or unreadable is left out."""
    found = []
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, dict) or one.get("kty") not in _KINDS.values() or "d" in one:
            continue
        if one.get("use", "sig") != "sig":
            continue
        if one["kty"] == "RSA" and len(str(one.get("n"))) * 6 < _LEAST_RSA_BITS:
            continue
        with contextlib.suppress(JoseError, ValueError, TypeError, KeyError):
            found.append(KeySet.import_key_set({"keys": [one]}).keys[0])
    return KeySet(found)


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _is_subject(said: object) -> bool:
    return isinstance(said, str) and 0 < len(said) <= 255 and said.isprintable()  # noqa: PLR2004 (Core 1.0 section 2)


def _time(claims: Mapping[str, Any], name: str, otherwise: float = float("nan")) -> float:
    """A time of a claim; what is no number compares with nothing, so every check of it fails."""
    said = claims.get(name, otherwise)
    return said if isinstance(said, (int, float)) and not isinstance(said, bool) else float("nan")


def _object(body: bytes) -> dict[str, Any]:
    read = _read_object(body)
    if read is None:
        raise _wrong("does not answer in JSON")
    return read


def _read_object(data: bytes) -> dict[str, Any] | None:
    """An object of JSON that every reader reads alike: no name twice, no NaN; else None.

    Numbers with a fraction are taken: providers write them where nobody needs them.
    """
    try:
        read = json.loads(data, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        msg = "a name stands there twice"
        raise ValueError(msg)
    return read


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _away() -> OutsideError:
    return OutsideError(
        "Single sign-on does not answer at the moment.",
        code="provider-away",
        remedy="Try again in some minutes; an administrator can also give out a one-time link.",
    )


def _wrong(what: str) -> OutsideError:
    return OutsideError(
        f"The provider of single sign-on {what}.",
        code="provider-wrong",
        remedy="An operator compares the settings with what the provider publishes.",
    )

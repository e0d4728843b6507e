"""Identity tokens of CI jobs (OpenID Connect): read strictly, proved, and what they say of the job.

Rules:

* a compact JWS of at most ``MOST_BYTES``; header and claims are strict JSON, no name twice;
* RS256 or ES256 and nothing else; a key id is required; keys in the header are never looked at;
* one audience, as a text; issuer, key id and token id are texts of bounded length;
* it has not expired, was issued and is valid now, and does not last longer than a day;
* "true" and "false" are what they say: GitLab and GitHub write truths as texts;
* a subject that names repository and owner must agree with the other claims, in GitHub's old form
  (``repo:OWNER/NAME:...``) and in the one with numbers (``repo:OWNER@ID/NAME@ID:...``).

Pure: the key is handed in, and so is the time. Sources: RFC 7515, RFC 7519, RFC 8725 section 3;
GitHub, "OpenID Connect reference"; GitLab, "OpenID Connect (OIDC) authentication using ID tokens".
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from pydantic import ValidationError

from ledger.core.digest import hex_digest
from ledger.core.encoding import parse_json
from ledger.core.rfc4648 import from_base64
from ledger.errors import LedgerError
from ledger.events.names import format_instant
from ledger.events.proof import IdTokenProof
from ledger.state.publishers import SKEW
from webui.identity.errors import IdTokenError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from joserfc.jwk import ECKey, RSAKey

    from ledger.events.publisher import Provider

    PublicKey = RSAKey | ECKey

MOST_BYTES: Final = 16_384
ALGORITHMS: Final = {"RS256": "RSA", "ES256": "EC"}
MOST_KEYS: Final = 100
_FEWEST_RSA_BITS: Final = 2_048
_LONGEST: Final = 300
_MOST_LIFE: Final = timedelta(days=1)
_PARTS: Final = 3
_STANDARD: Final = str.maketrans("-_", "+/")
_SUBJECT: Final = re.compile(
    r"repo:(?P<owner>[^/:@]+)(?:@(?P<owner_id>[0-9]+))?/(?P<name>[^/:@]+)(?:@(?P<id>[0-9]+))?:"
    r"(?P<context>.+)"
)
_TRUTHS: Final = {"true": True, "false": False, True: True, False: False}


@dataclass(frozen=True)
class Unproven:
    """A token that could be read. Nothing it says is to be believed yet."""

    compact: str
    algorithm: str
    key_id: str
    claims: Mapping[str, Any]

    @property
    def issuer(self) -> str:
        """Who is said to have issued it."""
        issuer: str = self.claims["iss"]
        return issuer

    @property
    def digest(self) -> str:
        """SHA-256 of the token as it was sent, in hexadecimal."""
        return hex_digest(self.compact.encode("ascii"))


@dataclass(frozen=True)
class Identity:
    """A proved token: which token it is, until when, and its claims in our words.

    ``repository`` is the name, for showing to whoever set the rule; it is not recorded.
    """

    token_id: str
    expires_at: datetime
    audience: str
    claims: Mapping[str, Any]

    def shown_to(self, publisher: int, *, with_workflow: bool) -> IdTokenProof:
        """The proof, as an entry under this publisher would hold it.

        Raises:
            IdTokenError: a claim can't stand in the ledger.
        """
        fields = dict(self.claims)
        if not with_workflow:
            fields.pop("workflow")
        try:
            return IdTokenProof.model_validate({**fields, "publisher": publisher})
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise _malformed(
                f"Its {first['loc'][0]} can't be recorded", "claim-not-recordable"
            ) from None


def read_unproven(compact: str) -> Unproven:
    """Take a token apart, believing nothing.

    Raises:
        IdTokenError: it is none that is read here.
    """
    if len(compact) > MOST_BYTES:
        raise _malformed(f"It is longer than {MOST_BYTES} characters", "id-token-too-large")
    parts = compact.split(".")
    if not compact.isascii() or len(parts) != _PARTS:
        raise _malformed("It is no compact JWS")
    header, claims = _object(parts[0]), _object(parts[1])
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise _malformed(f"It is not signed by {' or '.join(ALGORITHMS)}", "id-token-algorithm")
    if not _is_text(key_id):
        raise _malformed("It names no key", "id-token-key")
    if "crit" in header or "b64" in header:
        raise _malformed("Its header asks for what is not known here")
    if not _is_text(claims.get("iss")):
        raise _malformed("It names no issuer")
    return Unproven(compact, algorithm, str(key_id), claims)


def prove(token: Unproven, key: PublicKey) -> None:
    """Check the signature by the issuer's key.

    Raises:
        IdTokenError: it fails.
    """
    from joserfc import jws
    from joserfc.errors import JoseError

    if key.key_type != ALGORITHMS[token.algorithm]:
        raise IdTokenError("Its key is of another kind than its signature.", code="id-token-key")
    try:
        jws.deserialize_compact(token.compact, key, algorithms=[token.algorithm])
    except (JoseError, ValueError, TypeError):
        raise IdTokenError(
            "The issuer's key did not sign this identity token.", code="id-token-signature"
        ) from None


def read_identity(token: Unproven, provider: Provider, now: datetime) -> Identity:
    """What a proved token says of its job.

    Raises:
        IdTokenError: it is not of this time, or says too little or what contradicts itself.
    """
    claims = token.claims
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    if expires <= now:
        raise IdTokenError("The identity token has expired.", code="id-token-expired")
    if issued > now + SKEW or ("nbf" in claims and _time(claims, "nbf") > now + SKEW):
        raise IdTokenError("The identity token is not valid yet.", code="id-token-early")
    if expires - issued > _MOST_LIFE:
        raise IdTokenError("The identity token lasts longer than a day.", code="id-token-lasting")
    token_id, audience = claims.get("jti"), claims.get("aud")
    if not _is_text(token_id):
        raise _malformed("It has no jti, so its second use could not be told", "id-token-jti")
    if not _is_text(audience):
        raise _malformed("It is not for one audience", "id-token-audience")
    said = _github(claims) if provider == "github" else _gitlab(claims)
    return Identity(
        str(token_id),
        expires,
        str(audience),
        {
            "type": "id-token",
            "token": token.digest,
            "issuer": token.issuer,
            "audience": audience,
            **said,
            "issued_at": format_instant(issued),
            "expires_at": format_instant(expires),
        },
    )


def read_keys(data: bytes) -> dict[str, PublicKey]:
    """The keys of a JWK set (RFC 7517) that may sign identity tokens, by their ids.

    What is of another kind, has no id or shares it with another is left out.

    Raises:
        LedgerError: it is no JWK set.
    """
    read = parse_json(data)
    listed = read.get("keys") if isinstance(read, dict) else None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise _malformed("It is no JWK set")
    found: dict[str, PublicKey] = {}
    ids = [one.get("kid") for one in listed if isinstance(one, dict)]
    for one in listed:
        key = _key(one) if isinstance(one, dict) else None
        if key is not None and ids.count(one["kid"]) == 1:
            found[one["kid"]] = key
    return found


def _key(fields: dict[str, Any]) -> PublicKey | None:
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, RSAKey

    kind, usual = fields.get("kty"), {"RSA": "RS256", "EC": "ES256"}
    algorithm = fields.get("alg", usual.get(str(kind)))
    if not _is_text(fields.get("kid")) or fields.get("use", "sig") != "sig":
        return None
    if ALGORITHMS.get(str(algorithm)) != kind:
        return None
    try:
        # The library takes a short key too, with a warning.
        if kind == "RSA" and _bits(fields["n"]) >= _FEWEST_RSA_BITS:
            return RSAKey.import_key({name: fields[name] for name in ("kty", "n", "e")})
        if kind == "EC" and fields.get("crv") == "P-256":
            return ECKey.import_key({name: fields[name] for name in ("kty", "crv", "x", "y")})
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None


def _bits(number: str) -> int:
    """How long a number of a JWK is (RFC 7518 section 2, Base64urlUInt)."""
    padded = number + "=" * (-len(number) % 4)
    return int.from_bytes(base64.urlsafe_b64decode(padded)).bit_length()


def _github(claims: Mapping[str, Any]) -> dict[str, Any]:
    repository, owner = _number(claims, "repository_id"), _number(claims, "repository_owner_id")
    environment = claims.get("environment")
    _check_github_subject(claims, repository, owner)
    return {
        "repository_id": repository,
        "owner_id": owner,
        "ref": claims.get("ref"),
        "ref_protected": _truth(claims, "ref_protected"),
        "environment": environment or None,
        "commit": claims.get("sha"),
        "workflow": claims.get("job_workflow_ref") or claims.get("workflow_ref"),
        "workflow_commit": claims.get("job_workflow_sha") or claims.get("workflow_sha"),
        "run": _number(claims, "run_id"),
        "job": _number(claims, "check_run_id") if "check_run_id" in claims else None,
    }


def _check_github_subject(claims: Mapping[str, Any], repository: str, owner: str) -> None:
    """A subject of the usual form must agree; one that the organisation made up says nothing."""
    found = _SUBJECT.fullmatch(str(claims.get("sub", "")))
    if found is None:
        return
    kind, _, rest = found["context"].partition(":")
    said = unquote(rest.partition(":")[0])
    wrong = (
        f"{found['owner']}/{found['name']}" != claims.get("repository")
        or found["owner_id"] not in {None, owner}
        or found["id"] not in {None, repository}
        or (kind == "environment" and said != claims.get("environment"))
        or (kind == "ref" and said != claims.get("ref"))
    )
    if wrong:
        raise _malformed("Its subject contradicts its other claims", "id-token-subject")


def _gitlab(claims: Mapping[str, Any]) -> dict[str, Any]:
    subject, path = str(claims.get("sub", "")), claims.get("project_path")
    if subject.startswith("project_path:") and subject.split(":")[1] != path:
        raise _malformed("Its subject contradicts its other claims", "id-token-subject")
    kinds = {"branch": "refs/heads/", "tag": "refs/tags/"}
    ref = claims.get("ref_path")
    if ref is None and claims.get("ref_type") in kinds:
        ref = f"{kinds[claims['ref_type']]}{claims.get('ref')}"
    return {
        "repository_id": _number(claims, "project_id"),
        "owner_id": _number(claims, "namespace_id"),
        "ref": ref,
        "ref_protected": _truth(claims, "ref_protected"),
        "environment": claims.get("environment") or None,
        "commit": claims.get("sha"),
        "workflow": claims.get("ci_config_ref_uri"),
        "workflow_commit": claims.get("ci_config_sha"),
        "run": _number(claims, "pipeline_id"),
        "job": _number(claims, "job_id") if "job_id" in claims else None,
    }


def _number(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise _malformed(f"Its {name} is missing", "claim-missing")
    return str(value)


def _truth(claims: Mapping[str, Any], name: str) -> bool | None:
    """A truth, also as a text; None where nothing is said of it."""
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, (str, bool)) or value not in _TRUTHS:
        raise _malformed(f"Its {name} is neither true nor false", "claim-malformed")
    return _TRUTHS[value]


def _time(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**33:
        raise _malformed(f"Its {name} is no time", "claim-malformed")
    return datetime.fromtimestamp(value, UTC)


def _object(part: str) -> dict[str, Any]:
    """A part of a JWS in its one form: base64url without padding (RFC 7515, section 2)."""
    if set(part) & set("+/="):
        raise _malformed("It can't be read")
    standard = part.translate(_STANDARD) + "=" * (-len(part) % 4)
    try:
        read = parse_json(from_base64(standard), max_bytes=MOST_BYTES)
    except LedgerError:
        raise _malformed("It can't be read") from None
    if not isinstance(read, dict):
        raise _malformed("It can't be read")
    return read


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()


def _malformed(what: str, code: str = "id-token-malformed") -> IdTokenError:
    return IdTokenError(
        f"{what}.", code=code, remedy="Send the identity token of a CI job as it was given out."
    )

"""The keys of those who issue identity tokens: fetched from them alone, kept a while, turned over.

Rules:

* asked is only the issuer of a publisher that is trusted, never what a stranger's token names;
* its discovery document names itself as that very issuer, and keys at its own scheme, host and
  port: no other issuer's keys can stand in for its own;
* https to a public address that was checked before (``webui.notices.outward``); a private network,
  this machine or plain http only for issuers that the operator listed;
* kept ``FRESH`` seconds. A key id that is not among them has them fetched once more, at most once a
  minute for each issuer, whoever asks;
* an issuer that does not answer is not asked again for ``AWAY`` seconds. Nobody is let in
  meanwhile: 503, and try again. Keys that are still fresh serve on.

Source: OpenID Connect Discovery 1.0, section 4; RFC 7517.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ledger.core.encoding import parse_json
from ledger.errors import LedgerError
from webui.identity.errors import IdTokenError, IssuerError
from webui.identity.id_token import read_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from webui.identity.id_token import PublicKey

    Fetch = Callable[[str, bool], bytes]

FRESH: Final = 900.0
TURN: Final = 60.0
AWAY: Final = 10.0
_WAIT_SECONDS: Final = 10.0
MOST_ANSWER_BYTES: Final = 128 * 1024
DISCOVERY: Final = "/.well-known/openid-configuration"


@dataclass
class _Kept:
    """What is known of an issuer; guarded by its lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: dict[str, PublicKey] = field(default_factory=dict)
    fetched: float = float("-inf")
    failed: float = float("-inf")


class IssuerKeys:
    """Keys by issuer, for one process. Safe for use by several threads; each issuer by one."""

    def __init__(
        self, fetch: Fetch | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch or fetch_from
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def key(self, issuer: str, key_id: str, *, private: bool) -> PublicKey:
        """The key of an issuer by its id. ``private`` lets it be on a private network.

        Raises:
            IdTokenError: the issuer has no such key.
            IssuerError: the issuer does not answer, or not as it should.
        """
        with self._lock:
            kept = self._kept.setdefault(issuer, _Kept())
        if not kept.lock.acquire(timeout=_WAIT_SECONDS):
            raise _away()
        try:
            now = self._clock()
            fresh = now - kept.fetched < FRESH
            turned = key_id not in kept.keys and now - kept.fetched >= TURN
            if not fresh or turned:
                self._renew(kept, issuer, now, private=private)
            found = kept.keys.get(key_id)
        finally:
            kept.lock.release()
        if found is None:
            raise IdTokenError(
                "The issuer has no key of the id that the identity token names.",
                code="id-token-unknown-key",
            )
        return found

    def _renew(self, kept: _Kept, issuer: str, now: float, *, private: bool) -> None:
        if now - kept.failed < AWAY:
            raise _away()
        try:
            kept.keys = self._fetched(issuer, private=private)
        except IssuerError:
            kept.failed = now
            raise
        except LedgerError as error:
            kept.failed = now
            raise _away() from error
        kept.fetched = now

    def _fetched(self, issuer: str, *, private: bool) -> dict[str, PublicKey]:
        document: Any = parse_json(self._fetch(issuer + DISCOVERY, private))
        if not isinstance(document, dict) or document.get("issuer") != issuer:
            raise _wrong("names another issuer than the one that was asked")
        address = document.get("jwks_uri")
        if not isinstance(address, str) or _origin(address) != _origin(issuer):
            raise _wrong("names keys at another place than its own")
        return read_keys(self._fetch(address, private))


def fetch_from(url: str, private: bool) -> bytes:
    """The answer of an issuer, from the address that was checked.

    Raises:
        IssuerError: there is none, or it may not be asked.
    """
    # Whoever needs no issuer need not load an HTTP client.
    from webui.notices.outward import check_address, fetch, new_client

    try:
        place = check_address(url)
        if place.is_loopback and not private:
            raise _wrong("is on this machine, which the operator did not allow")
        with new_client() as client:
            return fetch(client, url, MOST_ANSWER_BYTES, private=private)
    except ValueError:
        raise _wrong("has an address that can't be asked") from None
    except IssuerError:
        raise
    except LedgerError as error:
        raise _away() from error


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", "", None
    return parts.scheme, parts.hostname or "", port


def _away() -> IssuerError:
    return IssuerError(
        "The issuer of the identity token does not answer, so the token can't be proved.",
        code="issuer-away",
        remedy="Try again in a moment.",
        seconds=int(AWAY),
    )


def _wrong(what: str) -> IssuerError:
    return IssuerError(
        f"The issuer of the identity token {what}.",
        code="issuer-wrong",
        remedy="An operator looks at the publisher and at COUNTERSEAL_PRIVATE_ISSUERS.",
        seconds=int(AWAY),
    )

"""Having a seal time-stamped: which authority is asked, and what happens where none answers.

Rules:
- With the setting on, a report is sealed with a time stamp (PAdES B-T), or not issued at all: no
  seal without one takes its place silently.
- Authorities are asked in the order of the settings; the first whose answer holds is taken.
- They see the SHA-256 of a signature, never the report.
- What came out is checked against the roots of the settings before it is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.errors import InputError, LedgerError, OutsideError
from ledger.outside.http import new_client, post
from ledger.outside.timestamp import MAX_ANSWER_BYTES
from webui.publishing import read_authorities
from webui.sealed import check_seal
from webui.settings import SEAL_TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.stamp import Authorities
    from webui.wiring import Wiring

_QUERY: Final = "application/timestamp-query"
_REPLY: Final = "application/timestamp-reply"
_OK: Final = 200


def seal_stamp(wiring: Wiring) -> Callable[[bytes], bytes] | None:
    """What has a request (TimeStampReq, DER) answered; None where seals bear no time stamp.

    Raises:
        InputError: seals are to bear one, and no authority is named.
    """
    authorities = _authorities(wiring)
    if authorities is None:
        return None

    def ask(query: bytes) -> bytes:
        told = []
        for url in authorities.urls:
            try:
                with new_client() as client:
                    reply = post(client, url, query, media_type=_QUERY, most=MAX_ANSWER_BYTES)
            except LedgerError as error:
                told.append(f"{url}: {error.sentence}")
                continue
            if reply.status == _OK and reply.media_type.partition(";")[0].strip() == _REPLY:
                return reply.body
            told.append(f"{url}: status {reply.status} and no reply")
        raise _unavailable("; ".join(told))

    return ask


def check_time(wiring: Wiring, sealed: bytes) -> None:
    """Check the time stamp of a seal that was just made, where seals are to bear one.

    Raises:
        OutsideError: what the authority answered does not hold; nothing was issued.
    """
    authorities = _authorities(wiring)
    if authorities is None:
        return
    try:
        told = check_seal(sealed, wiring.seal()[1], authorities.roots)
    except LedgerError as error:
        raise _unavailable(error.sentence) from None
    if not told.stamped_at:
        raise _unavailable("the seal bears none")


def trusted_roots(wiring: Wiring) -> Authorities | None:
    """The authorities of the settings, whose roots a time stamp must lead to."""
    return read_authorities(wiring.settings)


def _authorities(wiring: Wiring) -> Authorities | None:
    if not wiring.settings.seal_timestamp:
        return None
    found = read_authorities(wiring.settings)
    if found is None:
        raise InputError(
            "Seals are to bear a time stamp, but no authority is named.",
            code="setting-invalid",
            remedy=f"Set COUNTERSEAL_TIMESTAMP_URLS, or {SEAL_TIMESTAMP} to no.",
        )
    return found


def _unavailable(why: str) -> OutsideError:
    return OutsideError(
        f"The seal could not be time-stamped: {why}.",
        code="seal-timestamp-unavailable",
        remedy=f"Nothing was issued. Try again later, or set {SEAL_TIMESTAMP} to no, which seals "
        "without a time stamp.",
    )

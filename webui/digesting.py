"""A digest of the access log for each day that is over, entered in the ledger by the service.

A day is cut where the last record made before its end stands; what another process writes later
falls into the next digest. Days without records are told by the digest after them. Where two
servers digest at once, the ledger takes one and refuses the other, which changes nothing.
"""

from __future__ import annotations

import logging
import threading
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from ledger.errors import ConflictError, LedgerError
from ledger.events.access import AccessDigested
from ledger.events.names import format_instant
from ledger.state.fold_access import NOTHING
from ledger.store.accesses import AccessHead, first_after, forget_origins, last_before
from ledger.store.database import reading, writing

if TYPE_CHECKING:
    from webui.wiring import Wiring

ORIGINS_KEPT: Final = timedelta(days=30)
SECONDS: Final = 600.0
_ONE_DAY: Final = timedelta(days=1)
_LOGGER = logging.getLogger("counterseal.accesses")


def digest_days(wiring: Wiring) -> list[int]:
    """Digest every day that is over and was not digested; the entries that say so.

    Raises:
        LedgerError: the database or the ledger can't be written; what was digested stands.
    """
    wiring.accesses.flush()
    entries = []
    while (event := _next(wiring)) is not None:
        key = f"access-digest/{event.day}/{event.last}"
        try:
            receipt = wiring.submitter.submit(wiring.service, event, key)
        except ConflictError:
            break
        if receipt.outcome != "allow":
            _LOGGER.error("the policy in force refuses the digest of the access log")
            break
        entries.append(receipt.sequence)
    return entries


def forget_old_origins(wiring: Wiring) -> int:
    """Forget where requests older than 30 days came from; how many."""
    before = format_instant(wiring.now() - ORIGINS_KEPT)
    with writing(wiring.engine) as connection:
        return forget_origins(connection, wiring.log.log_id, before)


def _next(wiring: Wiring) -> AccessDigested | None:
    """The digest of the next day with records, or of the days without any up to yesterday."""
    newest = wiring.reader.access_digest()
    head = AccessHead(newest.last, bytes.fromhex(newest.head)) if newest else None
    before = head or AccessHead(0, bytes.fromhex(NOTHING))
    yesterday = wiring.now().date() - _ONE_DAY
    with reading(wiring.engine) as connection:
        begins = first_after(connection, wiring.log.log_id, before.number)[:10]
        if newest is not None:
            since = date.fromisoformat(newest.day) + _ONE_DAY
        elif begins:
            since = date.fromisoformat(begins)
        else:
            return None
        if since > yesterday:
            return None
        day = min(max(date.fromisoformat(begins), since), yesterday) if begins else yesterday
        cut = last_before(
            connection, wiring.log.log_id, before.number, (day + _ONE_DAY).isoformat()
        )
    end = cut or before
    return AccessDigested(
        day=day.isoformat(),
        since=since.isoformat(),
        last=end.number,
        count=end.number - before.number,
        head=end.chain.hex(),
        previous=before.chain.hex(),
    )


class DigestClock:
    """Digests days that are over, in a thread of its own, while the service runs."""

    def __init__(self, wiring: Wiring, seconds: float = SECONDS) -> None:
        self._wiring = wiring
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counterseal-digests", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a digest under way is finished first."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                if not self._wiring.log.alarm:
                    digest_days(self._wiring)
                forget_old_origins(self._wiring)
            except LedgerError as error:
                _LOGGER.warning("the access log can't be digested now: %s", error.code)
            if self._stop.wait(self._seconds):
                return

"""Versions past their sunset are archived by the service, where the policy in force lets it.

Rules:

- Only what the calendar calls ready: its day is reached, and it runs nowhere. What still runs stays
  as it is; the calendar says so, and the ledger refuses to archive it whoever asks.
- The policy is asked first, without a record: where it wants people for it, nothing is tried, and
  the calendar says what is missing. So no refusals pile up.
- The key names the deprecation, so that two servers, or one that was restarted, archive once.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from ledger.errors import ConflictError, LedgerError
from ledger.events.model import VersionArchived
from policies import explain
from webui.life.retiring import calendar
from webui.naming import namer

if TYPE_CHECKING:
    from webui.life.retiring import Retiring
    from webui.wiring import Wiring

SECONDS: Final = 3600.0
REASON: Final = "Its sunset is past, and it runs nowhere"
_LOGGER = logging.getLogger("counterseal.sunset")


def archive_past_sunset(wiring: Wiring) -> list[int]:
    """Archive what is ready and allowed; the entries.

    Raises:
        LedgerError: the database or the ledger can't be written; what was archived stands.
    """
    entries = []
    for item in calendar(wiring).items:
        if not item.ready_to_archive:
            continue
        key = f"sunset/{item.entry}"
        try:
            if missing(wiring, item):
                continue
            receipt = wiring.submitter.submit(wiring.service, _archived(item), key)
        except ConflictError:
            continue  # it was deployed again, or archived, a moment ago
        if receipt.outcome == "allow":
            entries.append(receipt.sequence)
    return entries


def missing(wiring: Wiring, item: Retiring) -> tuple[str, ...]:
    """What the policy in force lacks for the service to archive a version; empty if nothing."""
    decision = wiring.submitter.preview(wiring.service, _archived(item))
    if decision.outcome == "allow":
        return ()
    return tuple(explain(decision, namer(wiring.reader))) or ("The policy refuses it.",)


def _archived(item: Retiring) -> VersionArchived:
    return VersionArchived(model=item.model, version=item.version, reason=REASON)


class SunsetClock:
    """Archives what is past its sunset, in a thread of its own, while the service runs."""

    def __init__(self, wiring: Wiring, seconds: float = SECONDS) -> None:
        self._wiring = wiring
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counterseal-sunset", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is being archived is finished first."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                if not self._wiring.log.alarm:
                    archive_past_sunset(self._wiring)
            except LedgerError as error:
                _LOGGER.warning("what is past its sunset can't be archived now: %s", error.code)
            if self._stop.wait(self._seconds):
                return

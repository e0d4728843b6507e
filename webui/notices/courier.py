"""The courier: a thread beside the server that plans notices and has them sent.

Rules:

* it only reads the log; an append never waits for it but for its short writes to its own tables;
* a channel has one task at a time, so that a slow one holds up nobody but itself;
* a delivery is taken before it is sent and settled afterwards; between the two a crash can double a
  message (its id is the same), and never lose one.
"""

from __future__ import annotations

import logging
import secrets
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ledger.errors import LedgerError
from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from ledger.store.notices import (
    DEAD,
    WAITING,
    due_deliveries,
    forget_settled,
    settle_delivery,
    take_delivery,
)
from webui.notices.backoff import wait_after
from webui.notices.outward import look_up
from webui.notices.plan import ALARMS, ENTRY, Planner
from webui.notices.sending import Outcome, Sender
from webui.notices.topics import MONTHLY
from webui.standing.alerts import TURNED

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.store.notices import Delivery
    from webui.notices.channels import Channels
    from webui.notices.outward import Resolve
    from webui.wiring import Wiring

SECONDS: Final = 2.0
LEASE: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=90)
_AT_ONCE: Final = 100
_MOST_CHANNELS_AT_ONCE: Final = 8
_LOOK_AT_RELEASES: Final = timedelta(minutes=1)
_TIDY: Final = timedelta(hours=24)
_LOGGER = logging.getLogger("counterseal.notices")


class Courier:
    """Plans and sends for one installation: ``turn`` once, or ``start`` and ``close`` a thread."""

    def __init__(
        self,
        wiring: Wiring,
        channels: Channels,
        *,
        seconds: float = SECONDS,
        resolve: Resolve = look_up,
    ) -> None:
        self._wiring = wiring
        self._channels = channels
        self._seconds = seconds
        self._planner = Planner(wiring, channels)
        self._sender = Sender(wiring, channels, resolve=resolve)
        self._pool = ThreadPoolExecutor(
            _MOST_CHANNELS_AT_ONCE, thread_name_prefix="counterseal-notice"
        )
        self._busy: dict[str, Future[None]] = {}
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._looked: datetime | None = None
        self._tidied: datetime | None = None
        self._told = ""

    def start(self) -> None:
        """Begin, where there is a channel."""
        if self._channels.names:
            self._thread = threading.Thread(
                target=self._run, name="counterseal-notices", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """Stop; what is being sent is finished first."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._sender.close()

    def turn(self) -> int:
        """Plan, send all that is due now once, and wait for it; how much was planned.

        Raises:
            LedgerError: the database failed.
        """
        planned = self._plan()
        wait(self._hand_out())
        return planned

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self._plan()
                self._hand_out()
                self._told = ""
            except LedgerError as error:
                if str(error) != self._told:
                    _LOGGER.error("notices can't be planned: %s", error)  # noqa: TRY400
                    self._told = str(error)
            except Exception:
                _LOGGER.exception("planning notices failed unexpectedly")

    def _plan(self) -> int:
        planned = self._planner.plan()
        now = self._wiring.now()
        if self._looked is None or now - self._looked >= _LOOK_AT_RELEASES:
            planned += self._planner.plan_waiting()
            self._looked = now
        if self._tidied is None or now - self._tidied >= _TIDY:
            before = format_instant(now - KEPT)
            with writing(self._wiring.engine) as connection:
                for prefix in (ENTRY, TURNED, f"{MONTHLY}/"):
                    forget_settled(connection, self._wiring.log.log_id, before, prefix)
            self._tidied = now
        return planned

    def _hand_out(self) -> list[Future[None]]:
        """Begin to send what is due, but on channels that are still at it."""
        wiring, begun = self._wiring, []
        now = format_instant(wiring.now())
        free = [name for name in self._channels.names if not self._is_busy(name)]
        only = ALARMS if wiring.log.alarm else ""
        with reading(wiring.engine) as connection:
            due = {
                name: due_deliveries(
                    connection, wiring.log.log_id, name, now, _AT_ONCE, prefix=only
                )
                for name in free
            }
        for name, deliveries in due.items():
            if deliveries:
                self._busy[name] = self._pool.submit(self._send_all, deliveries)
                begun.append(self._busy[name])
        return begun

    def _is_busy(self, name: str) -> bool:
        return name in self._busy and not self._busy[name].done()

    def _send_all(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            if self._stopped.is_set():
                return
            try:
                self._send(delivery)
            except LedgerError as error:
                _LOGGER.error("a notice stays where it was: %s", error)  # noqa: TRY400
                return
            except Exception:
                _LOGGER.exception("sending a notice failed unexpectedly")

    def _send(self, seen: Delivery) -> None:
        wiring, log_id = self._wiring, self._wiring.log.log_id
        lease = format_instant(wiring.now() + LEASE)
        with writing(wiring.engine) as connection:
            if not take_delivery(connection, log_id, seen, lease):
                return
        outcome = self._attempt(seen)
        now, due_at = wiring.now(), ""
        if outcome.state == WAITING:
            later = wait_after(seen.attempts + 1, secrets.randbelow(1000) / 1000)
            if later is None:
                outcome = Outcome(DEAD, outcome.failure)
            else:
                due_at = format_instant(now + later)
        if outcome.state == DEAD:
            _LOGGER.error(
                "notice %s to %s is given up: %s", seen.occasion, seen.channel, outcome.failure
            )
        with writing(wiring.engine) as connection:
            settle_delivery(
                connection,
                log_id,
                seen,
                state=outcome.state,
                now=format_instant(now),
                due_at=due_at,
                failure=outcome.failure,
            )

    def _attempt(self, seen: Delivery) -> Outcome:
        try:
            return self._sender.attempt(seen)
        except Exception as error:
            _LOGGER.exception("a notice could not be made")
            return Outcome(WAITING, f"It could not be made ({type(error).__name__}).")

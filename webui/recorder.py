"""The recorder of the access log: takes records from requests, writes them in batches beside them.

Rules:

* A request hands its record over and goes on; it never waits for the database. What waits is
  bounded (``MOST_WAITING``): where the line is full, a request waits for room up to
  ``PATIENCE_SECONDS`` and goes on without its record after that.
* Nothing is lost silently: how many records found no room is counted and written as a ``gap`` as
  soon as anything can be written. A recorder writes ``opened`` when it begins, a ``beat`` every
  hour and ``closed`` when it ends, so that a process that died with records in its line shows as
  one that was never closed.
* Attempts of nobody known (no token, a wrong password) are written one by one up to
  ``MOST_OF_NOBODY`` a minute; the rest of that minute becomes one record with their number, so that
  nobody can fill the database from outside.
* Records that can't be written are kept and tried again.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import deque
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ledger.core.access import Access
from ledger.errors import LedgerError
from ledger.events.names import format_instant, parse_instant
from ledger.store.accesses import append_accesses
from ledger.store.database import writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine

MOST_WAITING: Final = 10_000
PATIENCE_SECONDS: Final = 2.0
MOST_OF_NOBODY: Final = 60
AT_ONCE: Final = 500
SECONDS: Final = 0.25
BEAT: Final = timedelta(hours=1)
_TRY_AGAIN_SECONDS: Final = 1.0
_MINUTE: Final = len("2026-03-09T10:11")
_LOGGER = logging.getLogger("counterseal.accesses")


class Recorder:
    """Records of one process. Safe from several threads; its own begins with the first record.

    A record is durable when ``flush`` returns True after it, or a moment later by itself.
    """

    def __init__(
        self,
        engine: Engine,
        log_id: int,
        now: Callable[[], datetime],
        *,
        most_waiting: int = MOST_WAITING,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.name: Final = secrets.token_hex(8)
        self._engine = engine
        self._log_id = log_id
        self._now = now
        self._most = most_waiting
        self._patience = patience
        self._lock = threading.Condition()
        self._waiting: deque[tuple[Access, str]] = deque()
        self._writing = False
        self._lost = 0
        self._nobody: dict[str, int] = {}
        self._folded: Access | None = None
        self._thread: threading.Thread | None = None
        self._closing = False
        self._beat_at = ""
        # Records gather meanwhile, so that a busy server commits a few times a second.
        self._pause = threading.Event()

    def note(self, record: Access, origin: str = "") -> bool:
        """Take a record; ``origin`` is the keyed digest of where it came from.

        Returns whether it found room; where not, it is counted as lost.
        """
        record = replace(record, recorder=self.name)
        with self._lock:
            if self._closing:
                return False
            if self._thread is None:
                self._begin(record.at)
            if not record.actor and self._is_one_of_many(record):
                return True
            room = self._lock.wait_for(
                lambda: len(self._waiting) < self._most or self._closing, self._patience
            )
            if not room or self._closing:
                self._lost += 1
                return False
            self._waiting.append((record, origin))
            self._lock.notify_all()
        return True

    @property
    def lost(self) -> int:
        """How many records found no room and are not written as a gap yet."""
        return self._lost

    def flush(self, seconds: float = 10.0) -> bool:
        """Wait until everything taken so far is written; whether it is."""
        self._pause.set()
        with self._lock:
            self._unfold()
            self._lock.notify_all()
            return self._lock.wait_for(lambda: not (self._waiting or self._writing), seconds)

    def close(self) -> None:
        """Write what waits, say that this recorder is closed, and end its thread."""
        with self._lock:
            thread = self._thread
            if thread is None or self._closing:
                self._closing = True
                return
            self._unfold()
            self._waiting.append((self._own("closed", format_instant(self._now())), ""))
            self._closing = True
            self._lock.notify_all()
        self._pause.set()
        thread.join()

    def _begin(self, at: str) -> None:
        self._waiting.append((self._own("opened", at), ""))
        self._beat_at = at
        self._thread = threading.Thread(target=self._run, name="counterseal-accesses", daemon=True)
        self._thread.start()

    def _own(self, kind: str, at: str, many: int = 1) -> Access:
        return Access(at, kind, "", "", "", "", 0, many, self.name)

    def _is_one_of_many(self, record: Access) -> bool:
        """Whether an attempt of nobody is one too many to be written by itself this minute."""
        minute = record.at[:_MINUTE]
        if minute not in self._nobody:
            self._unfold()
            self._nobody = {minute: 0}
        self._nobody[minute] += 1
        if self._nobody[minute] <= MOST_OF_NOBODY:
            return False
        before = self._folded
        self._folded = (
            replace(record, route="", concerns="", many=1)
            if before is None
            else replace(before, many=before.many + 1)
        )
        return True

    def _unfold(self) -> None:
        if self._folded is not None:
            self._waiting.append((self._folded, ""))
            self._folded = None

    def _run(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._waiting or self._closing, BEAT.total_seconds())
                self._live()
                batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
                lost, self._writing = self._lost, True
                ends = self._closing and not self._waiting
            written = self._write(batch, lost)
            with self._lock:
                if written:
                    self._lost -= lost
                else:
                    self._waiting.extendleft(reversed(batch))
                self._writing = False
                self._lock.notify_all()
                if self._closing and not written:
                    number = len(self._waiting) + self._lost
                    _LOGGER.error("%s records of the access log could not be written", number)
                if ends or (self._closing and not written):
                    return
                if not written:
                    self._lock.wait(_TRY_AGAIN_SECONDS)
            self._pause.wait(SECONDS)
            self._pause.clear()

    def _live(self) -> None:
        """Say now and then that this recorder lives, so that silence can be told from an end."""
        if self._closing:
            return
        at = self._waiting[-1][0].at if self._waiting else format_instant(self._now())
        if parse_instant(at) - parse_instant(self._beat_at) >= BEAT:
            self._beat_at = at
            self._unfold()
            self._waiting.append((self._own("beat", self._beat_at), ""))

    def _write(self, batch: list[tuple[Access, str]], lost: int) -> bool:
        if lost:
            at = format_instant(self._now())
            batch = [(self._own("gap", at, lost), ""), *batch]
        if not batch:
            return True
        try:
            with writing(self._engine) as connection:
                append_accesses(connection, self._log_id, batch)
        except LedgerError as error:
            _LOGGER.warning("the access log can't be written now: %s", error.code)
            return False
        return True

"""Submit: the one door into the ledger.

Any number of threads call ``submit``; one thread of the process commits. It takes every command
that waits (in turn, see ``ledger.waiting``) inside one transaction that holds the log's head:
decide, sign, chain, hash, fold. Then one commit, one checkpoint and one move of the guard serve
them all (group commit, see ``ledger.commit``), and every caller gets a receipt. Other processes and
nodes may do the same on the same database.

Durability: a receipt is given only after the commit and after the guard moved. If either fails,
nothing is acknowledged. A caller who gets no answer in time is told that the outcome is not known;
the same command under the same idempotency key then finds out, at this process or any other.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from ledger import clock
from ledger.batch import Asked, Done
from ledger.commit import Committed, Committer, everybody_may, loader, unexpected
from ledger.erasing import NOTHING_BESIDE
from ledger.errors import BusyError, InDoubtError, InputError, IntegrityError, LedgerError
from ledger.events.entry import decode_entry
from ledger.events.names import format_instant
from ledger.events.screen import screen
from ledger.receipt import Receipt
from ledger.state.fold import Place, fold
from ledger.state.registry import Registry
from ledger.store.database import check_nothing_open, reading
from ledger.store.entries import checkpoint_covering, read_entries, read_head
from ledger.waiting import Unit, Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from ledger.allowance import Limits
    from ledger.commit import Refuse
    from ledger.erasing import Beside
    from ledger.events.actor import Actor
    from ledger.events.decision import Decision
    from ledger.events.event import Event
    from ledger.events.proof import Proof
    from ledger.log import Log
    from ledger.state.decide import Decide

_LOGGER = logging.getLogger("counterseal.submit")
MOST_IN_A_BATCH: Final = 1_000
# Longer than a commit is tried again, shorter than a client's patience.
ANSWER_SECONDS: Final = 45.0
__all__ = ["ANSWER_SECONDS", "MOST_IN_A_BATCH", "Receipt", "Submitter"]
_CONSEQUENCES: Final = ("release.granted", "release.lapsed")


class Submitter:
    """The committing thread of one log. ``submit`` is safe from any thread."""

    def __init__(
        self,
        log: Log,
        decide: Decide,
        *,
        now: Callable[[], datetime] = clock.now,
        waiting: Waiting | None = None,
        answer_seconds: float = ANSWER_SECONDS,
        refuse: Refuse = everybody_may,
        beside: Beside = NOTHING_BESIDE,
        limits: Limits | None = None,
        allowed: Collection[str] = (),
    ) -> None:
        self._allowed = frozenset(allowed)
        self._log = log
        self._decide = decide
        self._now = now
        self._answer_seconds = answer_seconds
        self._committer = Committer(log, decide, now, refuse=refuse, beside=beside, limits=limits)
        self._waiting = Waiting() if waiting is None else waiting
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(self, actor: Actor, event: Event, key: str = "") -> Receipt:
        """Ask that ``event`` happens; wait until it is durable or refused.

        Raises:
            UnknownSubjectError, ConflictError, InputError: it can't happen; nothing was recorded.
            ProofError: the asker's own proof does not hold; nothing was recorded.
            BusyError: too much waits; nothing was recorded.
            LimitError: the actor asked for too much in this hour; nothing was recorded.
            IntegrityError: the ledger is read-only.
            InDoubtError: whether it was recorded is not known; ask again with the same key.
            OutsideError: the database failed; nothing was recorded.
        """
        return self.submit_batch(actor, [Asked(event, key)])[0]

    def submit_batch(self, actor: Actor, asked: Sequence[Asked]) -> list[Receipt]:
        """Ask for several things at once: all are recorded (some perhaps as denials), or none.

        Raises:
            LedgerError: as ``submit``; ``numbers["line"]`` tells which command, from 0.
        """
        if self._log.alarm:
            raise IntegrityError(
                "The ledger is read-only: " + self._log.alarm, code="ledger-read-only"
            )
        if not asked:
            return []
        check_nothing_open(self._log.engine)
        self._screen(asked)
        unit = Unit(actor, tuple(asked))
        self._waiting.put(unit)
        self._ensure_thread()
        try:
            return unit.answer.result(self._answer_seconds)
        except TimeoutError:
            return self._late(unit)

    def _screen(self, asked: Sequence[Asked]) -> None:
        """Refuse what looks like personal data, in the thread of whoever asks."""
        for line, one in enumerate(asked):
            try:
                screen(one.event, self._allowed)
            except InputError as error:
                error.numbers["line"] = line
                raise

    def _late(self, unit: Unit) -> list[Receipt]:
        """The answer for who has waited too long."""
        if self._waiting.withdraw(unit):
            raise BusyError(
                "This waited too long for its turn; nothing was recorded.",
                remedy="Try again in a second.",
            )
        if unit.answer.done():
            return unit.answer.result()
        raise InDoubtError(
            "Recording takes too long; whether it happened is not known.",
            remedy="Ask again with the same idempotency key.",
        )

    def preview(self, actor: Actor, event: Event, proof: Proof | None = None) -> Decision:
        """Decide without acting: what the policy would say now. Nothing is recorded.

        Raises:
            UnknownSubjectError, ConflictError: the policy would allow it, but it can't happen.
        """
        with reading(self._log.engine) as connection:
            head = read_head(connection, self._log.log_id)
            registry = Registry(loader(connection, self._log.log_id, {}))
            registry.actor(actor.id)
            now = max(format_instant(self._now()), head.recorded_at)
            decision = self._decide(registry, event, actor, now, proof)
            if decision.allowed:
                fold(registry.fork(), event, Place(head.size, now, actor.id, proof))
            return decision

    def close(self) -> None:
        """Answer everything that waits, then stop the thread."""
        with self._start:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._waiting.close()
                thread.join()
                self._waiting.open()

    def _ensure_thread(self) -> None:
        thread = self._thread
        if thread is not None and thread.is_alive():
            return
        with self._start:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="counterseal-committer", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        while units := self._waiting.take():
            start = time.monotonic()
            try:
                self._answer(units)
            except BaseException as error:
                # The thread must not die of what nobody foresaw while callers wait for it.
                _LOGGER.exception("answering failed")
                _fail(units, unexpected(error))
            self._waiting.ended(units, time.monotonic() - start)

    def _answer(self, units: list[Unit]) -> None:
        """Commit, then tell every caller its fate."""
        try:
            done = self._committer.commit(units)
        except LedgerError as error:
            _LOGGER.exception("a commit failed: %s", error.sentence)
            _fail(units, error)
            return
        for place, unit in enumerate(units):
            if place in done.refused:
                unit.answer.set_exception(done.refused[place])
                continue
            try:
                receipts = [self._receipt(one, done) for one in done.taken[place]]
            except LedgerError as error:
                unit.answer.set_exception(error)
            else:
                unit.answer.set_result(receipts)

    def _receipt(self, done: Done, committed: Committed) -> Receipt:
        if done.replayed:
            return self._earlier_receipt(done.sequence)
        kinds = committed.kinds
        kind = kinds[done.sequence]
        return Receipt(
            outcome="deny" if kind == "access.denied" else "allow",
            sequence=done.sequence,
            kind=kind,
            recorded_at=done.recorded_at,
            leaf_hash=done.leaf_hash,
            decision=done.decision,
            consequences=tuple((entry, kinds[entry]) for entry in done.consequences),
            checkpoint=committed.note,
            replayed=False,
        )

    def _earlier_receipt(self, sequence: int) -> Receipt:
        """The receipt that was given for an entry, again."""
        log = self._log
        with reading(log.engine) as connection:
            rows = read_entries(connection, log.log_id, sequence, sequence + 100)
            note = checkpoint_covering(connection, log.log_id, sequence)
        entry = decode_entry(rows[0].envelope)
        consequences = []
        for row in rows[1:]:
            if row.kind not in _CONSEQUENCES:
                break
            consequences.append((row.sequence, row.kind))
        return Receipt(
            outcome=rows[0].outcome,
            sequence=sequence,
            kind=entry.kind,
            recorded_at=entry.recorded_at,
            leaf_hash=entry.leaf,
            decision=entry.decision,
            consequences=tuple(consequences),
            checkpoint=note or b"",
            replayed=True,
        )


def _fail(units: list[Unit], error: LedgerError) -> None:
    for unit in units:
        if not unit.answer.done():
            unit.answer.set_exception(error)

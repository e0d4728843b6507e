"""Submit: the one door into the ledger.

Any number of threads call ``submit``; one thread of the process commits. It takes every command
that waits, in turn, inside one transaction that holds the log's head: decide, sign, chain, hash,
fold. Then one commit, one checkpoint and one move of the guard serve them all (group commit), and
every caller gets a receipt. Other processes and nodes may do the same on the same database.

Durability: a receipt is given only after the commit and after the guard moved. If either fails,
nothing is acknowledged; after a failed move of the guard nothing more is accepted.
"""

from __future__ import annotations

import logging
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from ledger import clock
from ledger.batch import Asked, Batch, Done
from ledger.errors import BusyError, IntegrityError, LedgerError, OutsideError
from ledger.events.entry import decode_entry
from ledger.events.names import format_instant
from ledger.state.fold import Place, fold
from ledger.state.registry import Registry
from ledger.store import folded
from ledger.store.database import reading, writing
from ledger.store.entries import (
    advance_head,
    checkpoint_covering,
    insert_entries,
    lock_head,
    read_entries,
    read_head,
)
from ledger.store.idempotency import find_keys, insert_keys
from ledger.store.tiles import insert_full_tiles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from ledger.events.actor import Actor
    from ledger.events.decision import Decision
    from ledger.events.event import Event
    from ledger.log import Log
    from ledger.state.aggregates import Aggregate
    from ledger.state.decide import Decide
    from ledger.store.entries import Head

_LOGGER = logging.getLogger("counterseal.submit")
MOST_WAITING = 10_000
MOST_IN_A_COMMIT = 512
MOST_IN_A_BATCH = 1_000
MOST_CACHED = 50_000
_CONSEQUENCES = ("release.granted", "release.lapsed")


@dataclass(frozen=True)
class Receipt:
    """What a submitter keeps.

    ``outcome`` is ``allow`` or ``deny``; ``consequences`` are further entries that the command
    brought about, as (sequence, kind); ``checkpoint`` is the signed note that covers them all.
    ``replayed`` is True where the same command was recorded before under the same key.
    """

    outcome: str
    sequence: int
    kind: str
    recorded_at: str
    leaf_hash: bytes
    decision: Decision | None
    consequences: tuple[tuple[int, str], ...]
    checkpoint: bytes
    replayed: bool


@dataclass(frozen=True)
class _Unit:
    """The commands of one caller, who waits for the future."""

    actor: Actor
    asked: tuple[Asked, ...]
    answer: Future[list[Receipt]]


class Submitter:
    """The committing thread of one log. ``submit`` is safe from any thread."""

    def __init__(
        self, log: Log, decide: Decide, *, now: Callable[[], datetime] = clock.now
    ) -> None:
        self._log = log
        self._decide = decide
        self._now = now
        self._waiting: queue.Queue[_Unit | None] = queue.Queue(maxsize=MOST_WAITING)
        self._cache: dict[tuple[str, str], Aggregate] = {}
        self._cached_root = b""
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(self, actor: Actor, event: Event, key: str = "") -> Receipt:
        """Ask that ``event`` happens; wait until it is durable or refused.

        Raises:
            UnknownSubjectError, ConflictError, InputError: it can't happen; nothing was recorded.
            BusyError: too much waits.
            IntegrityError: the ledger is read-only.
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
        unit = _Unit(actor, tuple(asked), Future())
        self._ensure_thread()
        try:
            self._waiting.put_nowait(unit)
        except queue.Full:
            raise BusyError(
                "Too many commands wait to be recorded.", remedy="Try again in a second."
            ) from None
        return unit.answer.result()

    def preview(self, actor: Actor, event: Event) -> Decision:
        """Decide without acting: what the policy would say now. Nothing is recorded.

        Raises:
            UnknownSubjectError, ConflictError: the policy would allow it, but it can't happen.
        """
        with reading(self._log.engine) as connection:
            head = read_head(connection, self._log.log_id)
            registry = Registry(self._loader(connection))
            registry.actor(actor.id)
            now = max(format_instant(self._now()), head.recorded_at)
            decision = self._decide(registry, event, actor, now)
            if decision.allowed:
                fold(registry.fork(), event, Place(head.size, now, actor.id))
            return decision

    def close(self) -> None:
        """Answer everything that waits, then stop the thread."""
        with self._start:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join()

    def _ensure_thread(self) -> None:
        if self._thread is None:
            with self._start:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._run, name="counterseal-committer", daemon=True
                    )
                    self._thread.start()

    def _run(self) -> None:
        while True:
            unit = self._waiting.get()
            if unit is None:
                return
            units, stop = self._drain(unit)
            self._answer(units)
            if stop:
                return

    def _drain(self, first: _Unit) -> tuple[list[_Unit], bool]:
        """Everything that waits now, up to one commit's worth; never sleeps."""
        units = [first]
        commands = len(first.asked)
        while commands < MOST_IN_A_COMMIT:
            try:
                unit = self._waiting.get_nowait()
            except queue.Empty:
                break
            if unit is None:
                return units, True
            units.append(unit)
            commands += len(unit.asked)
        return units, False

    def _answer(self, units: list[_Unit]) -> None:
        """Commit, then tell every caller its fate."""
        refused: dict[int, LedgerError] = {}
        taken: dict[int, list[Done]] = {}
        try:
            note, rows = self._commit(units, taken, refused)
        except BaseException as error:
            failure = error if isinstance(error, LedgerError) else _unexpected(error)
            _LOGGER.exception("a commit failed: %s", failure.sentence)
            for unit in units:
                unit.answer.set_exception(failure)
            return
        for place, unit in enumerate(units):
            if place in refused:
                unit.answer.set_exception(refused[place])
                continue
            try:
                unit.answer.set_result([self._receipt(done, note, rows) for done in taken[place]])
            except LedgerError as error:
                unit.answer.set_exception(error)

    def _commit(
        self, units: list[_Unit], taken: dict[int, list[Done]], refused: dict[int, LedgerError]
    ) -> tuple[bytes, dict[int, str]]:
        log = self._log
        with writing(log.engine) as connection:
            old = lock_head(connection, log.log_id)
            if old.root != self._cached_root or len(self._cache) > MOST_CACHED:
                self._cache.clear()
            registry = Registry(self._loader(connection, self._cache))
            keys = [one.key_digest(unit.actor) for unit in units for one in unit.asked if one.key]
            batch = Batch(
                log,
                connection,
                old,
                registry=registry,
                decide=self._decide,
                now=self._now(),
                known_keys=find_keys(connection, log.log_id, keys),
            )
            for place, unit in enumerate(units):
                try:
                    taken[place] = batch.take(unit.actor, unit.asked)
                except LedgerError as error:
                    refused[place] = error
                except SQLAlchemyError:
                    raise
                except Exception as error:
                    _LOGGER.exception("a command failed unexpectedly")
                    refused[place] = _unexpected(error)
            if not batch.rows:
                self._cached_root = old.root
                return old.checkpoint, {}
            new = store_batch(log, connection, old, batch)
        for aggregate, _ in registry.changed():
            self._cache[aggregate.table, aggregate.key] = aggregate
        self._cached_root = new.root
        self._move_guard(old, new)
        return new.checkpoint, {row.sequence: row.kind for row in batch.rows}

    def _move_guard(self, old: Head, new: Head) -> None:
        try:
            self._log.advance_guard(old, new)
        except LedgerError as error:
            self._log.alarm = str(error)
            raise

    def _loader(
        self, connection: Connection, cache: dict[tuple[str, str], Aggregate] | None = None
    ) -> Callable[[str, str], Aggregate | None]:
        known = cache if cache is not None else {}

        def load(table: str, key: str) -> Aggregate | None:
            found = known.get((table, key))
            if found is None:
                found = folded.load(connection, self._log.log_id, table, key)
                if found is not None:
                    known[table, key] = found
            return found

        return load

    def _receipt(self, done: Done, note: bytes, rows: dict[int, str]) -> Receipt:
        if done.replayed:
            return self._earlier_receipt(done.sequence)
        kind = rows[done.sequence]
        return Receipt(
            outcome="deny" if kind == "access.denied" else "allow",
            sequence=done.sequence,
            kind=kind,
            recorded_at=done.recorded_at,
            leaf_hash=done.leaf_hash,
            decision=done.decision,
            consequences=tuple((entry, rows[entry]) for entry in done.consequences),
            checkpoint=note,
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


def store_batch(log: Log, connection: Connection, old: Head, batch: Batch) -> Head:
    """Store what a batch holds, in the transaction that holds the head; returns the new head."""
    new = batch.new_head()
    insert_entries(connection, log.log_id, batch.rows)
    insert_full_tiles(connection, log.log_id, old.size, [row.leaf_hash for row in batch.rows])
    keys = [(key, command, sequence) for key, (command, sequence) in batch.keys.items()]
    insert_keys(connection, log.log_id, keys)
    log.vault.store(connection, batch.records)
    rows = [folded.as_row(aggregate, as_of) for aggregate, as_of in batch.registry.changed()]
    folded.save(connection, log.log_id, rows)
    advance_head(connection, log.log_id, old.size, new)
    return new


def _unexpected(error: BaseException) -> OutsideError:
    failure = OutsideError(
        f"Recording failed: {type(error).__name__}.",
        remedy="Nothing was acknowledged; the log of the service says more.",
        code="commit-failed",
    )
    failure.__cause__ = error
    return failure

"""One commit: every command that was taken, in one transaction that holds the log's head.

Any number of threads, processes and nodes may commit to one database; the head's lock puts them in
a row. Rules:

* a conflict with another transaction, or a connection that is lost before COMMIT was sent, is tried
  again from the beginning, on the head as it then stands, for a bounded time;
* where COMMIT was sent and the answer never came, the outcome is read back, under the head's lock
  (so that a server that is still at work on it has finished): the entry that would be the last one
  is there with its very hash, which fixes everything before it, or it is not. Only then is anything
  answered or tried again. Who can't find out says so (``InDoubtError``);
* bytes are checked once more before they are stored: each entry against its leaf hash, the new
  head against its frontier, the checkpoint's signature under our own key, and a sample of the
  entries' signatures (all would cost three times the signing). A bit that flipped in memory, or a
  signer that signs with another key, must not become history. (In 2021 the certificate log Yeti
  2022 had to be given up because one bit of a stored leaf was not the one in its signed tree.)
* a receipt is given only after the commit and after the guard moved. When the guard's store fails,
  what was recorded is not acknowledged, and nothing more is recorded before the guard has answered
  and caught up. When the guard contradicts the log, nothing more is accepted.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from ledger.allowance import Limits
from ledger.batch import Batch, Done
from ledger.core.checkpoint import Checkpoint
from ledger.core.envelope import check_envelope, parse_envelope
from ledger.core.merkle import Frontier, leaf_hash
from ledger.core.signature import key_fingerprint
from ledger.drafts import drop_signed
from ledger.erasing import NOTHING_BESIDE, carry_out
from ledger.errors import BusyError, InDoubtError, IntegrityError, LedgerError, OutsideError
from ledger.events.privacy import SubjectErased
from ledger.state.registry import Registry
from ledger.store import folded
from ledger.store.database import writing
from ledger.store.entries import advance_head, insert_entries, leaf_hashes, lock_head
from ledger.store.fault import Fault, may_pass
from ledger.store.idempotency import find_keys, insert_keys
from ledger.store.tidy import forget_deleted
from ledger.store.tiles import insert_full_tiles

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from ledger.erasing import Beside
    from ledger.events.actor import Actor
    from ledger.log import Log
    from ledger.state.aggregates import Aggregate
    from ledger.state.decide import Decide
    from ledger.state.keys import KeyHistory
    from ledger.store.entries import Head, StoredEntry
    from ledger.waiting import Unit

    Refuse = Callable[[Connection, Collection[Actor]], Mapping[Actor, LedgerError]]

_LOGGER = logging.getLogger("counterseal.commit")
MOST_CACHED: Final = 50_000
# A server that is started again is back within seconds.
RETRY_SECONDS: Final = 15.0
_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.5
_SIGNATURES_CHECKED: Final = 8


@dataclass
class Committed:
    """What became of the units of one commit, by their place."""

    note: bytes = b""
    kinds: dict[int, str] = field(default_factory=dict)
    taken: dict[int, list[Done]] = field(default_factory=dict)
    refused: dict[int, LedgerError] = field(default_factory=dict)
    heads: tuple[Head, Head] | None = None

    @property
    def replays(self) -> bool:
        """Whether somebody is answered with an entry that was there before."""
        return any(done.replayed for some in self.taken.values() for done in some)


def everybody_may(connection: Connection, actors: Collection[Actor]) -> dict[Actor, LedgerError]:
    """Refuse nobody: for whoever knows at the time of asking who asks."""
    del connection, actors
    return {}


class Committer:
    """Commits for one log of one process. Used by one thread.

    ``refuse`` is asked within the transaction who of some actors may no longer act, and is told
    why: a credential that was good when they asked may be revoked by now.
    """

    def __init__(
        self,
        log: Log,
        decide: Decide,
        now: Callable[[], datetime],
        *,
        retry_seconds: float = RETRY_SECONDS,
        refuse: Refuse = everybody_may,
        beside: Beside = NOTHING_BESIDE,
        limits: Limits | None = None,
    ) -> None:
        self._log = log
        self._decide = decide
        self._now = now
        self._retry_seconds = retry_seconds
        self._refuse = refuse
        self._beside = beside
        self._limits = Limits() if limits is None else limits
        self._reachable = True
        self._cache: dict[tuple[str, str], Aggregate] = {}
        self._cached_root = b""

    def commit(self, units: Sequence[Unit]) -> Committed:
        """Record what the units ask, all or nothing of each; durable and promised on return.

        Raises:
            InDoubtError: whether anything was recorded is not known, or it is not promised yet.
            BusyError, OutsideError: nothing was recorded.
            IntegrityError: the log contradicts itself or its guard.
        """
        if self._log.alarm:
            raise IntegrityError(
                "The ledger is read-only: " + self._log.alarm, code="ledger-read-only"
            )
        self._log.ask_guard_again()
        try:
            done = self._persist(units)
        except LedgerError:
            self._cached_root = b""
            raise
        if done.heads is not None:
            old, new = done.heads
            self._promise(lambda: self._log.advance_guard(old, new))
            if SubjectErased.kind in done.kinds.values():
                forget_deleted(self._log.engine)
        elif done.replays:
            # Whoever recorded them may have died before the guard moved.
            self._promise(self._log.check_guard)
        return done

    def _persist(self, units: Sequence[Unit]) -> Committed:
        """Try until it is committed, or clear that it is not, or time is up."""
        patience = Patience(self._retry_seconds if self._reachable else 0.0)
        stale = True
        while True:
            try:
                done = self._try(units, patience)
            except OutsideError as error:
                lost = may_pass(error)
                # One more on a new connection, which may write again where old ones may not.
                fresh, stale = stale and error.code == Fault.READ_ONLY.value, False
                if fresh or (lost and patience.pause()):
                    _LOGGER.warning("a commit is tried again: %s", error.sentence)
                    continue
                if lost:
                    # While a server is away, everybody else is told at once.
                    self._reachable = False
                raise
            self._reachable = True
            if done is not None:
                return done
            if not patience.pause():
                raise OutsideError(
                    "The database failed each time that it was to commit.",
                    remedy="Nothing was recorded. Check the database's server, then try again.",
                    code=Fault.LOST.value,
                )

    def _try(self, units: Sequence[Unit], patience: Patience) -> Committed | None:
        """One transaction; None where its COMMIT went unanswered and it is not there."""
        done = Committed()
        try:
            with writing(self._log.engine) as connection:
                changed = self._fill(connection, units, done)
        except InDoubtError:
            if done.heads is None or self._log.engine.dialect.name == "sqlite":
                # A disk that failed to sync says nothing by what is read back from memory.
                raise
            self._cached_root = b""
            _LOGGER.warning("a commit went unanswered; reading back whether it is there")
            return done if self._find_out(done.heads[1], patience) else None
        for aggregate in changed:
            self._cache[aggregate.table, aggregate.key] = aggregate
        if done.heads is not None:
            self._cached_root = done.heads[1].root
        return done

    def _fill(
        self, connection: Connection, units: Sequence[Unit], done: Committed
    ) -> list[Aggregate]:
        """Everything between the lock and the COMMIT; returns what changed."""
        log = self._log
        old = lock_head(connection, log.log_id)
        if old.root != self._cached_root or len(self._cache) > MOST_CACHED:
            self._cache.clear()
            self._cached_root = old.root
        registry = Registry(loader(connection, log.log_id, self._cache))
        keys = [one.key_digest(unit.actor) for unit in units for one in unit.asked if one.key]
        batch = Batch(
            log,
            connection,
            old,
            registry=registry,
            decide=self._decide,
            now=self._now(),
            known_keys=find_keys(connection, log.log_id, keys),
            beside=self._beside,
            limits=self._limits,
        )
        refused = self._refuse(connection, {unit.actor for unit in units})
        for place, unit in enumerate(units):
            if unit.actor in refused:
                done.refused[place] = refused[unit.actor]
                continue
            try:
                done.taken[place] = batch.take(unit.actor, unit.asked)
            except LedgerError as error:
                done.refused[place] = error
            except SQLAlchemyError:
                raise
            except Exception as error:
                _LOGGER.exception("a command failed unexpectedly")
                done.refused[place] = unexpected(error)
        batch.allowance.save()
        done.note = old.checkpoint
        if batch.rows:
            new = store_batch(log, connection, old, batch)
            done.note, done.heads = new.checkpoint, (old, new)
            done.kinds = {row.sequence: row.kind for row in batch.rows}
        return [aggregate for aggregate, _ in registry.changed()]

    def _find_out(self, new: Head, patience: Patience) -> bool:
        """Whether the log holds the history that ends in ``new``, perhaps with more after it.

        Raises:
            InDoubtError: the database did not come back in time.
        """
        log = self._log
        while True:
            try:
                with writing(log.engine) as connection:
                    lock_head(connection, log.log_id)
                    found = leaf_hashes(connection, log.log_id, new.size - 1, new.size)
            except (BusyError, OutsideError) as error:
                passes = isinstance(error, InDoubtError) or may_pass(error)
                if passes and patience.pause():
                    continue
                self._reachable = not passes
                raise InDoubtError(
                    "The database failed while it committed, and did not come back in time.",
                    remedy="Ask again with the same idempotency key.",
                    code="commit-in-doubt",
                ) from error
            else:
                return found == [new.previous]

    def _promise(self, move: Callable[[], None]) -> None:
        """Move the guard; what it does not hold is not acknowledged."""
        patience = Patience(1.0)
        while True:
            try:
                move()
            except (BusyError, OutsideError) as error:
                move = self._log.check_guard
                if patience.pause():
                    continue
                self._log.guard_away = error.sentence
                raise InDoubtError(
                    f"It can't be promised. {error.sentence}",
                    remedy="It is recorded, but not acknowledged before the guard holds it. Ask "
                    "again with the same idempotency key.",
                    code="guard-failed",
                ) from error
            except LedgerError as error:
                self._log.alarm = str(error)
                raise
            else:
                return


class Patience:
    """Pauses that grow, up to a deadline."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._next = _FIRST_PAUSE

    def pause(self) -> bool:
        """Sleep; False instead where the time is up."""
        left = self._until - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(self._next, left))
        self._next = min(self._next * 2, _LONGEST_PAUSE)
        return True


def loader(
    connection: Connection, log_id: int, known: dict[tuple[str, str], Aggregate]
) -> Callable[[str, str], Aggregate | None]:
    """Aggregates from ``known``, else from the database; what was read is added to ``known``."""

    def load(table: str, key: str) -> Aggregate | None:
        found = known.get((table, key))
        if found is None:
            found = folded.load(connection, log_id, table, key)
            if found is not None:
                known[table, key] = found
        return found

    return load


def store_batch(log: Log, connection: Connection, old: Head, batch: Batch) -> Head:
    """Store what a batch holds, in the transaction that holds the head; returns the new head.

    Raises:
        IntegrityError, OutsideError: as ``check_rows`` and ``check_head``; nothing is stored.
    """
    check_rows(log.keys, batch.rows)
    try:
        new = batch.new_head()
    except Exception as error:
        told = f" ({error.sentence})" if isinstance(error, OutsideError) else ""
        raise _signer_failed(f"gave no signature for the checkpoint{told}") from error
    check_head(log, old, new)
    insert_entries(connection, log.log_id, batch.rows)
    insert_full_tiles(connection, log.log_id, old.size, [row.leaf_hash for row in batch.rows])
    keys = [(key, command, sequence) for key, (command, sequence) in batch.keys.items()]
    insert_keys(connection, log.log_id, keys)
    log.vault.store(connection, batch.records)
    carry_out(log, connection, batch.people.values(), batch.beside)
    drop_signed(log, connection, batch.signed.values())
    rows = [folded.as_row(aggregate, as_of) for aggregate, as_of in batch.registry.changed()]
    folded.save(connection, log.log_id, rows)
    advance_head(connection, log.log_id, old.size, new)
    return new


def check_rows(keys: KeyHistory, rows: Sequence[StoredEntry]) -> None:
    """Check the bytes that are about to be stored: every leaf hash, a sample of the signatures.

    Raises:
        IntegrityError: ``entry-changed``: bytes are not the ones that were hashed.
        OutsideError: ``signer-failed``: a signature is not one by this log's key.
    """
    for row in rows:
        if leaf_hash(row.envelope) != row.leaf_hash:
            raise IntegrityError(
                "An entry changed in memory between signing and storing; nothing was recorded.",
                code="entry-changed",
                remedy="Have the machine's memory tested.",
            )
    step = -(-len(rows) // _SIGNATURES_CHECKED)
    for row in (*rows[:-1:step], rows[-1]):
        public = keys.at("entries", row.sequence) or b""
        try:
            check_envelope(parse_envelope(row.envelope), {key_fingerprint(public): public})
        except LedgerError as error:
            raise _signer_failed("gave a signature that is not by the log's key") from error


def check_head(log: Log, old: Head, new: Head) -> None:
    """Check a head before it is stored: both frontiers, and our own checkpoint's signature.

    Raises:
        IntegrityError: ``head-damaged``: a frontier does not lead to its root.
        OutsideError: ``signer-failed``: the checkpoint is not signed by this log's key.
    """
    for head in (old, new):
        if Frontier.from_bytes(head.size, head.frontier).root() != head.root:
            raise IntegrityError(
                "The head of the log does not agree with itself; nothing was recorded.",
                remedy="Run `counterseal verify` to see what is damaged.",
                code="head-damaged",
            )
    try:
        signed = log.read_checkpoint(new.checkpoint)
    except LedgerError as error:
        raise _signer_failed("gave a checkpoint that is not signed by the log's key") from error
    if signed != Checkpoint(log.origin, new.size, new.root):
        raise IntegrityError(
            "The checkpoint is not of the new head; nothing was recorded.", code="head-damaged"
        )


def unexpected(error: BaseException) -> OutsideError:
    """What a caller is told of an error that nobody foresaw."""
    failure = OutsideError(
        f"Recording failed: {type(error).__name__}.",
        remedy="Nothing was acknowledged; the log of the service says more.",
        code="commit-failed",
    )
    failure.__cause__ = error
    return failure


def _signer_failed(what: str) -> OutsideError:
    return OutsideError(
        f"The signer {what}; nothing was recorded.",
        remedy="Check the key files, or the device or service that signs.",
        code="signer-failed",
    )

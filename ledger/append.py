"""Append statements that are ready: what they say was decided and folded by whoever brings them.

For many entries at once whose decisions are made already, such as an import. What is left for each
is what makes it an entry: its place, its signature, its hash and its row. They are stored by the
function that stores every commit, with the same checks, in one transaction that holds the log's
head; then the guard is moved. Nothing is acknowledged before.

Whoever brings them answers for what else an audit asks of an entry: each statement names a decision
of the policy in force, and ``fold`` leaves the registry as the entries one by one would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.batch import Batch
from ledger.commit import loader, store_batch
from ledger.errors import IntegrityError
from ledger.state.registry import Registry
from ledger.store import folded
from ledger.store.database import writing
from ledger.store.entries import lock_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from ledger.events.ready import Ready
    from ledger.log import Log
    from ledger.store.entries import Head, StoredEntry

    Fold = Callable[[Registry, Sequence[StoredEntry]], None]


def append_ready(
    log: Log, batches: Iterable[Sequence[Ready]], *, fold: Fold, now: datetime
) -> Head:
    """Append statements, all or none; durable and promised on return.

    Args:
        log: where to.
        batches: the statements in order; each batch ends in a checkpoint.
        fold: applies to the registry what these entries change.
        now: the time of the entries.

    Raises:
        IntegrityError: the log is read-only, or as ``ledger.commit.store_batch``.
        InputError: ``entry-too-large``.
        BusyError, OutsideError: nothing was recorded.
        InDoubtError: whether it was recorded is not known.
    """
    if log.alarm:
        raise IntegrityError("The ledger is read-only: " + log.alarm, code="ledger-read-only")
    rows: list[StoredEntry] = []
    with writing(log.engine) as connection:
        old = new = lock_head(connection, log.log_id)
        registry = Registry(loader(connection, log.log_id, {}))
        for statements in filter(None, batches):
            batch = Batch(log, connection, new, registry=registry, decide=None, now=now)
            batch.place(statements)
            new = store_batch(log, connection, new, batch)
            rows += batch.rows
        fold(registry, rows)
        changed = [folded.as_row(aggregate, as_of) for aggregate, as_of in registry.changed()]
        folded.save(connection, log.log_id, changed)
    if rows:
        log.advance_guard(old, new)
    return new

"""Entries, heads and checkpoints: append under the head's lock, read by range.

Durability and concurrency: ``lock_head`` must be called first in a writing transaction; whoever
holds it is the only writer of that log until the transaction ends. ``advance_head`` refuses when
the head is not the one that was locked.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, func, insert, select, update

from ledger.errors import InputError, IntegrityError
from ledger.store.conditions import conditions_of
from ledger.store.rows import insert_rows
from ledger.store.tables import checkpoint, entry, head, log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, CursorResult, Row, Select

    from ledger.store.conditions import Condition


LARGEST: Final = 2**63 - 1
"""What a BIGINT holds. Numbers come from addresses and proofs; a larger one is no row's."""
_LOOK_AHEAD: Final = (100, 1_000)


@dataclass(frozen=True)
class Head:
    """The log's end.

    ``size`` entries, ``previous`` the last leaf hash, ``frontier`` the roots of the complete
    subtrees from left to right, ``checkpoint`` the signed note over it.
    """

    size: int
    previous: bytes
    frontier: bytes
    root: bytes
    recorded_at: str
    checkpoint: bytes


@dataclass(frozen=True)
class StoredEntry:
    """A row of the log: the envelope and the columns by which it is found."""

    sequence: int
    kind: str
    recorded_at: str
    actor: str
    outcome: str
    model: str
    version: str
    environment: str
    leaf_hash: bytes
    envelope: bytes


# The values of a row, in the order of the columns after the log.
_VALUES: Final = attrgetter(*(field.name for field in fields(StoredEntry)))


@dataclass(frozen=True)
class Filter:
    """Which entries to find; an empty field does not filter. Times are RFC 3339 in UTC."""

    kinds: tuple[str, ...] = ()
    model: str = ""
    version: str = ""
    environment: str = ""
    actor: str = ""
    outcome: str = ""
    since: str = ""
    until: str = ""


# Built once: making a statement costs more than running it.
_HEAD: Final = select(head).where(head.c.log_id == bindparam("log_id"))
_LOCKED_HEAD: Final = _HEAD.with_for_update()
_MOVE_HEAD: Final = (
    update(head)
    .where(head.c.log_id == bindparam("of"), head.c.size == bindparam("old_size"))
    .values({field.name: bindparam(field.name) for field in fields(Head)})
)
_SPAN: Final = (
    entry.c.log_id == bindparam("log_id"),
    entry.c.sequence >= bindparam("start"),
    entry.c.sequence < bindparam("stop"),
)
_LEAVES: Final = select(entry.c.leaf_hash).where(*_SPAN).order_by(entry.c.sequence)


def find_log(connection: Connection, name: str) -> tuple[int, str] | None:
    """The id and origin of a log, or None."""
    row = connection.execute(select(log.c.log_id, log.c.origin).where(log.c.name == name)).first()
    return None if row is None else (row.log_id, row.origin)


def logs_there(connection: Connection) -> list[tuple[int, str, str]]:
    """Id, name and origin of every log of the database, the oldest first."""
    query = select(log.c.log_id, log.c.name, log.c.origin).order_by(log.c.log_id)
    return [(row.log_id, row.name, row.origin) for row in connection.execute(query)]


def insert_log(connection: Connection, log_id: int, name: str, origin: str, first: Head) -> None:
    """Make a log, empty."""
    connection.execute(insert(log).values(log_id=log_id, name=name, origin=origin))
    connection.execute(insert(head).values(log_id=log_id, **vars(first)))


def read_head(connection: Connection, log_id: int) -> Head:
    """The head as it stands."""
    return _head(connection, log_id, _HEAD)


def lock_head(connection: Connection, log_id: int) -> Head:
    """The head, held until the transaction ends (``SELECT ... FOR UPDATE`` where there is one)."""
    return _head(connection, log_id, _LOCKED_HEAD)


def _head(connection: Connection, log_id: int, query: Select[Any]) -> Head:
    row = connection.execute(query, {"log_id": log_id}).first()
    if row is None:
        raise IntegrityError("The log has no head.", code="head-missing")
    return Head(row.size, row.previous, row.frontier, row.root, row.recorded_at, row.checkpoint)


def insert_entries(connection: Connection, log_id: int, rows: Sequence[StoredEntry]) -> None:
    """Append rows; a sequence number that exists is refused by the primary key."""
    insert_rows(connection, entry, [(log_id, *_VALUES(row)) for row in rows])


def advance_head(connection: Connection, log_id: int, old_size: int, new: Head) -> None:
    """Move the head, from exactly ``old_size``, and keep its checkpoint.

    Raises:
        IntegrityError: the head moved although it was locked.
    """
    moved = connection.execute(_MOVE_HEAD, {"of": log_id, "old_size": old_size, **vars(new)})
    if moved.rowcount != 1:
        raise IntegrityError("The head moved while it was held.", code="head-moved")
    insert_rows(connection, checkpoint, [(log_id, new.size, new.checkpoint)])


def read_entries(connection: Connection, log_id: int, start: int, stop: int) -> list[StoredEntry]:
    """Entries ``start`` to ``stop - 1`` that exist, in order; none beyond what a column holds."""
    if start > LARGEST:
        return []
    stop = min(stop, LARGEST)
    query = (
        select(entry)
        .where(entry.c.log_id == log_id, entry.c.sequence >= start, entry.c.sequence < stop)
        .order_by(entry.c.sequence)
    )
    return [_stored(row) for row in connection.execute(query)]


def read_envelopes(connection: Connection, log_id: int, start: int, stop: int) -> list[bytes]:
    """The stored bytes of entries ``start`` to ``stop - 1`` that exist, in order."""
    query = (
        select(entry.c.envelope)
        .where(entry.c.log_id == log_id, entry.c.sequence >= start, entry.c.sequence < stop)
        .order_by(entry.c.sequence)
    )
    return list(connection.execute(query).scalars())


def has_entry_of_other_kind(
    connection: Connection, log_id: int, start: int, stop: int, kind: str
) -> bool:
    """Whether one of the entries ``start`` to ``stop - 1`` is not of this kind."""
    query = (
        select(entry.c.sequence)
        .where(
            entry.c.log_id == log_id,
            entry.c.sequence >= start,
            entry.c.sequence < stop,
            entry.c.kind != kind,
        )
        .limit(1)
    )
    return connection.execute(query).first() is not None


def leaf_hashes(connection: Connection, log_id: int, start: int, stop: int) -> list[bytes]:
    """Leaf hashes of entries ``start`` to ``stop - 1``, in order."""
    span = {"log_id": log_id, "start": start, "stop": stop}
    return list(connection.execute(_LEAVES, span).scalars())


def find_entries(
    connection: Connection,
    log_id: int,
    wanted: Filter,
    *,
    before: int | None,
    after: int | None,
    limit: int,
) -> list[StoredEntry]:
    """The newest entries that match, before ``before``; or, with ``after``, the oldest after it.

    Of several kinds each is asked for alone: for all at once, in order, SQLite reads the whole log.
    Of several conditions the one that fewest entries meet is looked up, and the others in its rows.
    """
    if limit < 1:
        raise InputError("A page holds at least one entry.", pointer="/limit")
    span = _span(connection, log_id, wanted, before, after)
    if span is None:
        return []
    order = entry.c.sequence.desc() if after is None else entry.c.sequence
    query = select(entry).where(entry.c.log_id == log_id, *span).order_by(order).limit(limit)
    found = []
    for kind in wanted.kinds or ("",):
        conditions = _narrowed(connection, log_id, conditions_of(wanted, kind), span)
        found += [_stored(row) for row in connection.execute(query.where(*conditions))]
    found.sort(key=lambda row: row.sequence, reverse=after is None)
    return found[:limit]


def _span(
    connection: Connection, log_id: int, wanted: Filter, before: int | None, after: int | None
) -> list[Any] | None:
    """Between which numbers to look; None where nothing can match.

    Entries never go back in time, so a span of time is one of numbers, in which they are in order.
    """
    bounds: list[Any] = []
    if wanted.since:
        first = _first_since(connection, log_id, wanted.since)
        if first is None:
            return None
        bounds.append(entry.c.sequence >= first)
    if wanted.until:
        beyond = _first_since(connection, log_id, wanted.until)
        if beyond is not None:
            bounds.append(entry.c.sequence < beyond)
    if before is not None:
        bounds.append(entry.c.sequence < before)
    if after is not None:
        bounds.append(entry.c.sequence > after)
    return bounds


def _first_since(connection: Connection, log_id: int, instant: str) -> int | None:
    """The number of the first entry that is not older than an instant."""
    query = (
        select(entry.c.sequence)
        .where(entry.c.log_id == log_id, entry.c.recorded_at >= instant)
        .order_by(entry.c.recorded_at, entry.c.sequence)
        .limit(1)
    )
    found: int | None = connection.execute(query).scalar()
    return found


@dataclass(frozen=True)
class Matches:
    """How many entries match; ``at_least``: there may be more that were not counted."""

    count: int
    at_least: bool


def count_entries(
    connection: Connection, log_id: int, wanted: Filter, *, most: int, newest: int
) -> Matches:
    """Count what matches, and never read much for it.

    What an index or the order of time answers alone is counted up to ``most``; with any other
    conditions, only the ``newest`` entries of the log are looked at.
    """
    size = read_head(connection, log_id).size
    if wanted == Filter():
        return Matches(size, at_least=False)
    span = _span(connection, log_id, wanted, size, None)
    if span is None:
        return Matches(0, at_least=False)
    asked = [conditions_of(wanted, kind) for kind in wanted.kinds or ("",)]
    first = 0 if all(map(_by_one_index, asked)) else max(0, size - newest)
    if first:
        span.append(entry.c.sequence >= first)
    found = 0
    for each in asked:
        conditions = _narrowed(connection, log_id, each, span)
        found += _count_up_to(connection, log_id, [*conditions, *span], most + 1 - found)
    return Matches(min(found, most), at_least=found > most or first > 0)


def _count_up_to(connection: Connection, log_id: int, conditions: Sequence[Any], most: int) -> int:
    few = select(entry.c.sequence).where(entry.c.log_id == log_id, *conditions).limit(most)
    return connection.execute(select(func.count()).select_from(few.subquery())).scalar_one()


def _narrowed(
    connection: Connection, log_id: int, conditions: Sequence[Condition], span: Sequence[Any]
) -> list[ColumnElement[bool]]:
    """The conditions, so that the one that fewest entries meet leads.

    PostgreSQL knows how often a value occurs. SQLite does not, and would as soon read everything
    that ran in production to find the three entries of a rare kind. So it is shown: each index is
    counted a little way, then further, until one of them ends.
    """
    indexed = [one for one in conditions if one.indexed]
    if connection.dialect.name != "sqlite" or len(indexed) <= 1:
        return [each for one in conditions for each in one.by_index()]
    leads = indexed[0]
    for most in _LOOK_AHEAD:
        counts = [
            _count_up_to(connection, log_id, [*one.by_index(), *span], most) for one in indexed
        ]
        leads = indexed[counts.index(min(counts))]
        if min(counts) < most:
            break
    return [
        each for one in conditions for each in (one.by_index() if one is leads else one.by_row())
    ]


def _by_one_index(conditions: Sequence[Condition]) -> bool:
    """Whether an index gives the matches and nothing besides, within any span of time."""
    return len(conditions) <= 1 and all(one.indexed for one in conditions)


def _stored(row: Row[Any]) -> StoredEntry:
    return StoredEntry(
        row.sequence,
        row.kind,
        row.recorded_at,
        row.actor,
        row.outcome,
        row.model,
        row.version,
        row.environment,
        row.leaf_hash,
        row.envelope,
    )


def read_checkpoints(
    connection: Connection, log_id: int, after: int, limit: int
) -> list[tuple[int, bytes]]:
    """Sizes and signed notes of the checkpoints after size ``after``, in order."""
    query = (
        select(checkpoint.c.size, checkpoint.c.note)
        .where(checkpoint.c.log_id == log_id, checkpoint.c.size > after)
        .order_by(checkpoint.c.size)
        .limit(limit)
    )
    return [(row.size, row.note) for row in connection.execute(query)]


def older_checkpoints(
    connection: Connection, log_id: int, before: int | None, limit: int
) -> list[tuple[int, bytes, str]]:
    """Size, signed note and the time of the last entry of checkpoints, newest first."""
    query = (
        select(checkpoint.c.size, checkpoint.c.note, entry.c.recorded_at)
        .outerjoin(
            entry,
            and_(entry.c.log_id == checkpoint.c.log_id, entry.c.sequence == checkpoint.c.size - 1),
        )
        .where(checkpoint.c.log_id == log_id)
        .order_by(checkpoint.c.size.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(checkpoint.c.size < before)
    return [(row.size, row.note, row.recorded_at or "") for row in connection.execute(query)]


def read_checkpoint_note(connection: Connection, log_id: int, size: int) -> bytes | None:
    """The signed note of the checkpoint of exactly this size, or None."""
    if size > LARGEST:
        return None
    query = select(checkpoint.c.note).where(
        checkpoint.c.log_id == log_id, checkpoint.c.size == size
    )
    note: bytes | None = connection.execute(query).scalar()
    return note


def recorded_times(
    connection: Connection, log_id: int, sequences: Sequence[int]
) -> list[tuple[int, str]]:
    """Number and time of some entries, in order; those that are not there are left out."""
    query = (
        select(entry.c.sequence, entry.c.recorded_at)
        .where(entry.c.log_id == log_id, entry.c.sequence.in_(sequences))
        .order_by(entry.c.sequence)
    )
    return [(row.sequence, row.recorded_at) for row in connection.execute(query)]


def checkpoint_covering(connection: Connection, log_id: int, sequence: int) -> bytes | None:
    """The first checkpoint whose tree holds the entry, or None."""
    query = (
        select(checkpoint.c.note)
        .where(checkpoint.c.log_id == log_id, checkpoint.c.size > sequence)
        .order_by(checkpoint.c.size)
        .limit(1)
    )
    note: bytes | None = connection.execute(query).scalar()
    return note


_SCAN: Final = (
    select(
        entry.c.sequence,
        entry.c.envelope,
        entry.c.leaf_hash,
        entry.c.kind,
        entry.c.recorded_at,
        entry.c.actor,
        entry.c.outcome,
        entry.c.model,
        entry.c.version,
        entry.c.environment,
    )
    .where(*_SPAN)
    .order_by(entry.c.sequence)
)


_SCAN_LEAVES: Final = _SCAN.with_only_columns(entry.c.sequence, entry.c.envelope, entry.c.leaf_hash)


def scan_entries(
    connection: Connection, log_id: int, start: int, stop: int
) -> list[tuple[Any, ...]]:
    """Rows ``start`` to ``stop - 1``, for walking over many.

    A row is sequence, envelope, leaf hash, and then kind, recorded_at, actor, outcome, model,
    version, environment. The driver's own tuples are given: rows of SQLAlchemy cost twice as much.
    """
    place = {"log_id": log_id, "start": start, "stop": stop}
    rows = _fetched(connection.execute(_SCAN, place))
    if all(type(row[1]) is bytes and type(row[2]) is bytes for row in rows):
        return rows
    # Somebody edited them by hand, and SQLite now holds text: what was tampered with must be read.
    return [(row[0], _as_bytes(row[1]), _as_bytes(row[2]), *row[3:]) for row in rows]


def scan_leaves(
    connection: Connection, log_id: int, start: int, stop: int
) -> list[tuple[Any, ...]]:
    """Sequence, envelope and leaf hash alone, as ``scan_entries`` gives them."""
    place = {"log_id": log_id, "start": start, "stop": stop}
    rows = _fetched(connection.execute(_SCAN_LEAVES, place))
    if all(type(row[1]) is bytes and type(row[2]) is bytes for row in rows):
        return rows
    return [(row[0], _as_bytes(row[1]), _as_bytes(row[2])) for row in rows]


def _fetched(result: CursorResult[Any]) -> list[tuple[Any, ...]]:
    cursor: Any = result.cursor
    return list(cursor.fetchall())


def _as_bytes(value: Any) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else bytes(value or b"")


def envelopes_of(
    connection: Connection, log_id: int, kinds: Sequence[str], before: int
) -> list[bytes]:
    """The envelopes of all entries of some kinds before entry ``before``, in order.

    One kind is asked for at a time: for several at once, in order, SQLite reads the whole log.
    """
    query = select(entry.c.sequence, entry.c.envelope).where(
        entry.c.log_id == log_id, entry.c.sequence < before
    )
    found: list[tuple[int, bytes]] = []
    for kind in kinds:
        rows = connection.execute(query.where(entry.c.kind == kind).order_by(entry.c.sequence))
        found.extend((row.sequence, row.envelope) for row in rows)
    return [envelope for _, envelope in sorted(found)]

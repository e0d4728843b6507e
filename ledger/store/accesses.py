"""The access log in the database: appended in batches, read by range, counted for its review.

Appending takes the row of its end, so that records of several processes form one chain; it never
waits for the ledger's own head, nor the other way round (but on SQLite, which has one writer).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, delete, func, insert, or_, select, update

from ledger.core.access import NOTHING, OF_THE_RECORDER, Access, chained
from ledger.store.dialect import dialect_of
from ledger.store.tables import access, access_head, access_origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

MOST_ON_A_PAGE: Final = 500
_FIELDS: Final = Access.__slots__


class StoredAccess(NamedTuple):
    """A record with its number and chain value."""

    number: int
    access: Access
    chain: bytes


class AccessFilter(NamedTuple):
    """Which records are wanted; empty text for any. Days are both included."""

    first_day: str = ""
    last_day: str = ""
    kind: str = ""
    actor: str = ""


class Volume(NamedTuple):
    """How often somebody did something of a kind, and how often outside working hours."""

    actor: str
    kind: str
    many: int
    after_hours: int


class AccessHead(NamedTuple):
    """The end of the access log: the number of its newest record (0: none), its chain value."""

    number: int
    chain: bytes


def append_accesses(
    connection: Connection, log_id: int, records: Sequence[tuple[Access, str]]
) -> AccessHead:
    """Append records, each with the digest of where it came from (empty: not known)."""
    head = _lock_end(connection, log_id)
    number, chain = head
    rows, origins = [], []
    for one, origin in records:
        number += 1
        chain = chained(chain, number, one)
        told = {name: getattr(one, name) for name in _FIELDS}
        rows.append({"log_id": log_id, "number": number, **told, "chain": chain})
        if origin:
            origins.append({"log_id": log_id, "number": number, "at": one.at, "digest": origin})
    connection.execute(insert(access), rows)
    if origins:
        connection.execute(insert(access_origin), origins)
    connection.execute(
        update(access_head).where(access_head.c.log_id == log_id).values(number=number, chain=chain)
    )
    return AccessHead(number, chain)


def _lock_end(connection: Connection, log_id: int) -> AccessHead:
    first = (
        dialect_of(connection).insert(access_head).values(log_id=log_id, number=0, chain=NOTHING)
    )
    connection.execute(first.on_conflict_do_nothing(index_elements=["log_id"]))
    query = select(access_head).where(access_head.c.log_id == log_id).with_for_update()
    row = connection.execute(query).one()
    return AccessHead(row.number, row.chain)


def access_end(connection: Connection, log_id: int) -> AccessHead | None:
    """The end of the access log, or None where nothing was ever recorded."""
    query = select(access_head).where(access_head.c.log_id == log_id)
    row = connection.execute(query).first()
    return None if row is None else AccessHead(row.number, row.chain)


def scan_accesses(
    connection: Connection, log_id: int, after: int, limit: int
) -> list[StoredAccess]:
    """Records in order, after a number."""
    query = (
        select(access)
        .where(access.c.log_id == log_id, access.c.number > after)
        .order_by(access.c.number)
        .limit(limit)
    )
    return [_stored(row) for row in connection.execute(query)]


def find_accesses(
    connection: Connection,
    log_id: int,
    wanted: AccessFilter,
    *,
    before: int | None = None,
    limit: int = 50,
) -> list[StoredAccess]:
    """Records that match, newest first; continues before a number."""
    query = _matching(select(access), log_id, wanted)
    if before is not None:
        query = query.where(access.c.number < before)
    query = query.order_by(access.c.number.desc()).limit(min(limit, MOST_ON_A_PAGE))
    return [_stored(row) for row in connection.execute(query)]


def last_before(connection: Connection, log_id: int, after: int, instant: str) -> AccessHead | None:
    """The record of highest number, after a number, that was made before an instant."""
    query = (
        select(access.c.number, access.c.chain)
        .where(access.c.log_id == log_id, access.c.number > after, access.c.at < instant)
        .order_by(access.c.number.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else AccessHead(row.number, row.chain)


def first_after(connection: Connection, log_id: int, after: int) -> str:
    """When the first record after a number was made; empty where there is none."""
    query = (
        select(access.c.at)
        .where(access.c.log_id == log_id, access.c.number > after)
        .order_by(access.c.number)
        .limit(1)
    )
    return connection.execute(query).scalar() or ""


def volumes(
    connection: Connection, log_id: int, wanted: AccessFilter, hours: tuple[int, int]
) -> list[Volume]:
    """How much each actor did of each kind; ``hours`` (UTC) are those in which people work."""
    hour = func.substr(access.c.at, 12, 2)
    outside = or_(hour < f"{hours[0]:02}", hour >= f"{hours[1]:02}")
    late = func.sum(access.c.many).filter(outside)
    query = _matching(
        select(access.c.actor, access.c.kind, func.sum(access.c.many), func.coalesce(late, 0)),
        log_id,
        wanted,
    ).where(access.c.kind.not_in(OF_THE_RECORDER))
    query = query.group_by(access.c.actor, access.c.kind)
    found = [
        Volume(actor, kind, int(many), int(outside_))
        for actor, kind, many, outside_ in connection.execute(query)
    ]
    return sorted(found, key=lambda one: (-one.many, one.actor, one.kind))


def by_day(connection: Connection, log_id: int, wanted: AccessFilter) -> dict[str, int]:
    """How many requests each day has."""
    day = func.substr(access.c.at, 1, 10)
    query = _matching(select(day, func.sum(access.c.many)), log_id, wanted)
    query = query.where(access.c.kind.not_in(OF_THE_RECORDER)).group_by(day).order_by(day)
    return {name: int(many) for name, many in connection.execute(query)}


def by_actor_and_day(
    connection: Connection, log_id: int, wanted: AccessFilter
) -> dict[tuple[str, str], int]:
    """How much each known actor did on each day."""
    day = func.substr(access.c.at, 1, 10)
    query = _matching(select(access.c.actor, day, func.sum(access.c.many)), log_id, wanted)
    query = query.where(access.c.actor != "").group_by(access.c.actor, day)
    return {(actor, name): int(many) for actor, name, many in connection.execute(query)}


def recorder_words(
    connection: Connection, log_id: int, wanted: AccessFilter, limit: int
) -> list[StoredAccess]:
    """What recorders said of themselves, oldest first."""
    query = _matching(select(access), log_id, wanted)
    query = query.where(access.c.kind.in_(OF_THE_RECORDER)).order_by(access.c.number).limit(limit)
    return [_stored(row) for row in connection.execute(query)]


def last_seen(connection: Connection, log_id: int, actors: Sequence[str]) -> dict[str, str]:
    """When actors were seen last, by their records."""
    found: dict[str, str] = {}
    for actor in actors:
        query = (
            select(access.c.at)
            .where(access.c.log_id == log_id, access.c.actor == actor)
            .order_by(access.c.number.desc())
            .limit(1)
        )
        at = connection.execute(query).scalar()
        if at is not None:
            found[actor] = at
    return found


def origins_of(connection: Connection, log_id: int, numbers: Sequence[int]) -> dict[int, str]:
    """The digests of where records came from, as far as they are kept."""
    query = select(access_origin.c.number, access_origin.c.digest).where(
        access_origin.c.log_id == log_id, access_origin.c.number.in_(numbers)
    )
    return {row.number: row.digest for row in connection.execute(query)}


def forget_origins(connection: Connection, log_id: int, before: str) -> int:
    """Forget where requests came from that were made before an instant; how many."""
    gone = delete(access_origin).where(
        access_origin.c.log_id == log_id, access_origin.c.at < before
    )
    return connection.execute(gone).rowcount


def _matching(query: Select[Any], log_id: int, wanted: AccessFilter) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [access.c.log_id == log_id]
    if wanted.first_day:
        conditions.append(access.c.at >= wanted.first_day)
    if wanted.last_day:
        conditions.append(access.c.at < f"{wanted.last_day}U")
    if wanted.kind:
        conditions.append(access.c.kind == wanted.kind)
    if wanted.actor:
        conditions.append(access.c.actor == wanted.actor)
    return query.where(and_(*conditions))


def _stored(row: Row[Any]) -> StoredAccess:
    told = {name: getattr(row, name) for name in _FIELDS}
    return StoredAccess(row.number, Access(**told), row.chain)

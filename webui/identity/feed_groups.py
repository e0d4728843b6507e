"""The groups of an identity provider, and who of those it tells of is in them.

What a group is called can be a person's name, so it is kept encrypted and found by HMAC-SHA256, as
people are (``webui.identity.feeds``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from webui.identity.tables import feed_group, feed_member

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Row

    from webui.wiring import Wiring


@dataclass(frozen=True)
class FedGroup:
    """A group. ``digest`` finds it by its name, ``other`` by the provider's own id."""

    feed: str
    group_id: str
    digest: str
    other: str | None
    told: str
    created_at: str
    changed_at: str


def find_group(wiring: Wiring, feed: str, **columns: str) -> FedGroup | None:
    """A group by one of the columns, or None."""
    query = select(feed_group).where(feed_group.c.feed == feed)
    for name, wanted in columns.items():
        query = query.where(feed_group.c[name] == wanted)
    with reading(wiring.engine) as connection:
        row = connection.execute(query).first()
    return None if row is None else _read(row)


def list_groups(wiring: Wiring, feed: str) -> list[FedGroup]:
    """All groups, in the order in which they came."""
    query = (
        select(feed_group)
        .where(feed_group.c.feed == feed)
        .order_by(feed_group.c.created_at, feed_group.c.group_id)
    )
    with reading(wiring.engine) as connection:
        return [_read(row) for row in connection.execute(query)]


def members_of(wiring: Wiring, feed: str, group_id: str) -> tuple[str, ...]:
    """Who is in a group, by id."""
    query = (
        select(feed_member.c.actor_id)
        .where(feed_member.c.feed == feed, feed_member.c.group_id == group_id)
        .order_by(feed_member.c.actor_id)
    )
    with reading(wiring.engine) as connection:
        return tuple(connection.execute(query).scalars())


def groups_of(wiring: Wiring, feed: str, actors: Collection[str]) -> dict[str, list[str]]:
    """The ids of the groups that people are in."""
    query = (
        select(feed_member.c.actor_id, feed_member.c.group_id)
        .where(feed_member.c.feed == feed, feed_member.c.actor_id.in_(actors))
        .order_by(feed_member.c.group_id)
    )
    found: dict[str, list[str]] = {one: [] for one in actors}
    with reading(wiring.engine) as connection:
        for actor_id, group_id in connection.execute(query):
            found[actor_id].append(group_id)
    return found


def keep_group(wiring: Wiring, group: FedGroup, members: Collection[str]) -> FedGroup:
    """Keep a group and who is in it, in place of what was kept of it."""
    kept = replace(group, changed_at=format_instant(wiring.now()))
    with writing(wiring.engine) as connection:
        _forget(connection, group.feed, group.group_id)
        connection.execute(insert(feed_group).values(**vars(kept)))
        place = {"feed": group.feed, "group_id": group.group_id}
        if rows := [{**place, "actor_id": one} for one in sorted(set(members))]:
            connection.execute(insert(feed_member), rows)
    return kept


def drop_group(wiring: Wiring, feed: str, group_id: str) -> None:
    """Forget a group."""
    with writing(wiring.engine) as connection:
        _forget(connection, feed, group_id)


def leave_groups(wiring: Wiring, feed: str, actor_id: str) -> None:
    """Take somebody out of every group."""
    with writing(wiring.engine) as connection:
        connection.execute(
            delete(feed_member).where(
                feed_member.c.feed == feed, feed_member.c.actor_id == actor_id
            )
        )


def _forget(connection: Connection, feed: str, group_id: str) -> None:
    for table in (feed_member, feed_group):
        connection.execute(delete(table).where(table.c.feed == feed, table.c.group_id == group_id))


def _read(row: Row[Any]) -> FedGroup:
    return FedGroup(**row._mapping)  # noqa: SLF001 (public in spite of its name)

"""Whom a feed of people tells of: a list, or an identity provider (SCIM), each under its own name.

A row says which enrolled person somebody is who is known to the feed by a key of its own (an id, an
address, a user name), kept as HMAC-SHA256. ``told`` is what the feed said of them, encrypted, or a
digest of it. A row may stand before its person is enrolled: then an import was interrupted, and the
next one goes on with the same id. Rows of whoever is erased go with everything else about them.

An account that a feed closed is marked as such; only such a one does the feed open again.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import orjson
from sqlalchemy import bindparam, delete, func, insert, select, update

from ledger.errors import OutsideError
from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from webui.identity.administrators import ADMINISTRATOR
from webui.identity.sealing import unseal
from webui.identity.sessions import revoke_sessions
from webui.identity.tables import account, feed_person, link, token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row

    from webui.wiring import Wiring

State = Literal["new", "active", "left", "gone"]
"""``new``: not all that joining takes is done. ``gone``: left, and the feed has dropped them."""
PROVIDERS: Final = "scim."
"""What the names of identity providers begin with; those of lists begin with ``list.``."""
_AT_ONCE: Final = 1_000
_TOLD: Final = feed_person.c.state.in_(("active", "left"))
_SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")


@dataclass(frozen=True)
class Fed:
    """Somebody whom a feed knows. ``digest`` finds them, ``other`` is a second such key."""

    feed: str
    actor_id: str
    digest: str
    other: str | None
    told: str
    state: State
    closed: bool
    created_at: str
    changed_at: str


def is_source(name: str) -> bool:
    """Whether a list can be called so."""
    return _SOURCE.fullmatch(name) is not None


def read_feed(wiring: Wiring, feed: str) -> dict[str, Fed]:
    """Everybody whom a feed knows, by digest."""
    with reading(wiring.engine) as connection:
        rows = connection.execute(select(feed_person).where(feed_person.c.feed == feed))
        return {row.digest: _read(row) for row in rows}


def find_fed(wiring: Wiring, feed: str, **columns: str) -> Fed | None:
    """Somebody of a feed by one of the columns, or None."""
    query = select(feed_person).where(feed_person.c.feed == feed)
    for name, wanted in columns.items():
        query = query.where(feed_person.c[name] == wanted)
    with reading(wiring.engine) as connection:
        row = connection.execute(query).first()
    return None if row is None else _read(row)


def told_of(wiring: Wiring, actor_id: str) -> list[dict[str, Any]]:
    """What feeds say of somebody, for a copy of their data: of a list only that it does."""
    query = select(feed_person).where(feed_person.c.actor_id == actor_id)
    with reading(wiring.engine) as connection:
        found = [_read(row) for row in connection.execute(query.order_by(feed_person.c.feed))]
    return [
        {
            "by": one.feed,
            "state": one.state,
            "since": one.created_at,
            "told": _opened(wiring, one) if one.feed.startswith(PROVIDERS) else None,
        }
        for one in found
    ]


def _opened(wiring: Wiring, one: Fed) -> Any:
    """None where the session key was replaced, by which nobody reads it any more."""
    with suppress(OutsideError):
        return orjson.loads(unseal(wiring, "people-feed", f"{one.feed}/{one.actor_id}", one.told))
    return None


def list_fed(wiring: Wiring, feed: str, *, start: int, count: int) -> list[Fed]:
    """Some of those whom a feed has not dropped, in the order in which they came."""
    query = (
        select(feed_person)
        .where(feed_person.c.feed == feed, _TOLD)
        .order_by(feed_person.c.created_at, feed_person.c.actor_id)
        .offset(start)
        .limit(count)
    )
    with reading(wiring.engine) as connection:
        return [_read(row) for row in connection.execute(query)]


def count_fed(wiring: Wiring, feed: str) -> int:
    """How many those are."""
    query = select(func.count()).select_from(feed_person)
    with reading(wiring.engine) as connection:
        return connection.execute(query.where(feed_person.c.feed == feed, _TOLD)).scalar_one()


def new_fed(wiring: Wiring, feed: str, actor_id: str, digest: str, told: str) -> Fed:
    """Somebody whom a feed begins to tell of, not kept yet."""
    now = format_instant(wiring.now())
    return Fed(feed, actor_id, digest, None, told, "new", False, now, now)


def keep_fed(wiring: Wiring, people: Iterable[Fed]) -> None:
    """Keep rows, new ones and changed ones, all or none."""
    now = format_instant(wiring.now())
    rows = [vars(replace(one, changed_at=now)) for one in people]
    with writing(wiring.engine) as connection:
        for at in range(0, len(rows), _AT_ONCE):
            _keep(connection, rows[at : at + _AT_ONCE])


def _keep(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    places = [{"one": row["feed"], "two": row["actor_id"]} for row in rows]
    at = (feed_person.c.feed == bindparam("one")) & (feed_person.c.actor_id == bindparam("two"))
    connection.execute(delete(feed_person).where(at), places)
    connection.execute(insert(feed_person), rows)


def addresses(wiring: Wiring) -> dict[str, str]:
    """Whose account is found under what, closed ones too."""
    with reading(wiring.engine) as connection:
        rows = connection.execute(select(account.c.email_lookup, account.c.actor_id))
        return {lookup: actor_id for lookup, actor_id in rows}  # noqa: C416 (rows are no pairs to mypy)


def close_account(wiring: Wiring, actor_id: str) -> bool:
    """End what opens a door to somebody: account, sessions, tokens, links; whether it was open."""
    now = format_instant(wiring.now())
    with writing(wiring.engine) as connection:
        changed = connection.execute(
            update(account)
            .where(account.c.actor_id == actor_id, account.c.disabled.is_(False))
            .values(disabled=True)
        )
        revoke_sessions(connection, wiring, actor_id)
        connection.execute(
            update(token)
            .where(token.c.actor_id == actor_id, token.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        connection.execute(
            update(link)
            .where(link.c.actor_id == actor_id, link.c.used_at.is_(None))
            .values(used_at=now)
        )
    return changed.rowcount == 1


def open_account(wiring: Wiring, actor_id: str) -> None:
    """Let somebody sign in again as they did; sessions and tokens that were ended stay so."""
    with writing(wiring.engine) as connection:
        connection.execute(
            update(account).where(account.c.actor_id == actor_id).values(disabled=False)
        )


def is_last_administrator(wiring: Wiring, actor_id: str) -> bool:
    """Whether somebody is an administrator, and nobody else could sign in and administer."""
    now = format_instant(wiring.now())
    holders = wiring.reader.holding(ADMINISTRATOR, now)
    if actor_id not in holders:
        return False
    others = [one for one in holders if one != actor_id]
    query = select(account.c.actor_id).where(
        account.c.actor_id.in_(others), account.c.disabled.is_(False)
    )
    with reading(wiring.engine) as connection:
        return connection.execute(query).first() is None


def _read(row: Row[Any]) -> Fed:
    return Fed(**row._mapping)  # noqa: SLF001 (public in spite of its name)

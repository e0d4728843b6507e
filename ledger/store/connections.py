"""Connections as rows: who is listened to, and every delivery that came from there.

Rules:

* a delivery is named by its connection and its own id, so the same is never kept twice;
* it is durable before it is answered; what it says is worked out afterwards;
* what it says is kept until it stands in the ledger; of what could not be read it stays, for a
  person to look at.

No row holds a secret in the clear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, insert, select, update

from ledger.errors import ConflictError
from ledger.store.dialect import dialect_of
from ledger.store.tables import connection as table
from ledger.store.tables import inbound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

WAITING: Final = "waiting"
RECORDED: Final = "recorded"
REFUSED: Final = "refused"
QUARANTINED: Final = "quarantined"
TEST: Final = "test"
IGNORED: Final = "ignored"
STATES: Final = (WAITING, RECORDED, REFUSED, QUARANTINED, TEST, IGNORED)


@dataclass(frozen=True)
class Source:
    """A connection. ``document`` says how deliveries are read, ``secret`` is sealed.

    ``heard_at``, ``refused_at`` and ``silence_told_at`` are empty until there is something to say.
    """

    name: str
    type: str
    actor: str
    document: str
    secret: str
    silent_hours: int
    created_at: str
    created_by: str
    heard_at: str = ""
    refused_at: str = ""
    silence_told_at: str = ""


@dataclass(frozen=True)
class Inbound:
    """One delivery and what became of it; ``entry`` is -1 where it led to none."""

    connection: str
    delivery: str
    received_at: str
    state: str
    body: bytes
    settled_at: str = ""
    entry: int = -1
    failure: str = ""


def insert_source(connection: Connection, log_id: int, made: Source) -> None:
    """Keep a new connection.

    Raises:
        ConflictError: there is one of this name.
    """
    if read_source(connection, log_id, made.name) is not None:
        raise ConflictError("There is a connection of this name.", pointer="/name")
    connection.execute(insert(table).values(log_id=log_id, **vars(made)))


def delete_source(connection: Connection, log_id: int, name: str) -> bool:
    """Remove a connection and its deliveries; whether there was one."""
    connection.execute(
        delete(inbound).where(inbound.c.log_id == log_id, inbound.c.connection == name)
    )
    gone = connection.execute(delete(table).where(table.c.log_id == log_id, table.c.name == name))
    return gone.rowcount == 1


def read_source(connection: Connection, log_id: int, name: str) -> Source | None:
    """The connection of a name."""
    query = select(table).where(table.c.log_id == log_id, table.c.name == name)
    row = connection.execute(query).first()
    return None if row is None else _source(row)


def read_sources(connection: Connection, log_id: int) -> list[Source]:
    """All connections, by name."""
    query = select(table).where(table.c.log_id == log_id).order_by(table.c.name)
    return [_source(row) for row in connection.execute(query)]


def note_source(connection: Connection, log_id: int, name: str, **at: str) -> None:
    """Note when something was heard of a connection, refused or told."""
    connection.execute(
        update(table).where(table.c.log_id == log_id, table.c.name == name).values(**at)
    )


def keep_inbound(connection: Connection, log_id: int, came: Inbound) -> bool:
    """Keep a delivery; False where it came before."""
    statement = dialect_of(connection).insert(inbound).on_conflict_do_nothing()
    kept = connection.execute(statement, {"log_id": log_id, **vars(came)})
    return bool(kept.rowcount == 1)


def waiting_inbound(connection: Connection, log_id: int, limit: int) -> list[Inbound]:
    """What waits, in the order in which it came."""
    query = (
        select(inbound)
        .where(inbound.c.log_id == log_id, inbound.c.state == WAITING)
        .order_by(inbound.c.received_at, inbound.c.delivery)
        .limit(limit)
    )
    return [_inbound(row) for row in connection.execute(query)]


def settle_inbound(connection: Connection, log_id: int, settled: Inbound) -> None:
    """Write down what became of a delivery that waited; its body is kept as it is given."""
    connection.execute(
        update(inbound)
        .where(
            inbound.c.log_id == log_id,
            inbound.c.connection == settled.connection,
            inbound.c.delivery == settled.delivery,
            inbound.c.state == WAITING,
        )
        .values(
            state=settled.state,
            settled_at=settled.settled_at,
            entry=settled.entry,
            failure=settled.failure,
            body=settled.body,
        )
    )


def let_wait_again(connection: Connection, log_id: int, name: str) -> int:
    """Let what was quarantined on a connection be read again; how many."""
    moved = connection.execute(
        update(inbound)
        .where(
            inbound.c.log_id == log_id,
            inbound.c.connection == name,
            inbound.c.state == QUARANTINED,
        )
        .values(state=WAITING, failure="", settled_at="")
    )
    return moved.rowcount


def newest_inbound(
    connection: Connection, log_id: int, states: Sequence[str], limit: int, *, name: str = ""
) -> list[Inbound]:
    """Deliveries in some states, the newest first; of one connection, or of all."""
    query = select(inbound).where(inbound.c.log_id == log_id, inbound.c.state.in_(states))
    if name:
        query = query.where(inbound.c.connection == name)
    query = query.order_by(inbound.c.received_at.desc()).limit(limit)
    return [_inbound(row) for row in connection.execute(query)]


def count_inbound(connection: Connection, log_id: int) -> dict[str, dict[str, int]]:
    """How many deliveries are in which state, by connection."""
    query = (
        select(inbound.c.connection, inbound.c.state, func.count())
        .where(inbound.c.log_id == log_id)
        .group_by(inbound.c.connection, inbound.c.state)
    )
    found: dict[str, dict[str, int]] = {}
    for name, state, number in connection.execute(query):
        found.setdefault(name, {})[state] = number
    return found


def forget_inbound(connection: Connection, log_id: int, before: str) -> int:
    """Forget what was settled before an instant, but what a person should look at; how many."""
    gone = connection.execute(
        delete(inbound).where(
            inbound.c.log_id == log_id,
            inbound.c.state.in_([RECORDED, REFUSED, TEST, IGNORED]),
            inbound.c.settled_at < before,
        )
    )
    return gone.rowcount


def _source(row: Row[Any]) -> Source:
    found = dict(row._mapping)  # noqa: SLF001 (rows are mappings by this name alone)
    found.pop("log_id")
    return Source(**found)


def _inbound(row: Row[Any]) -> Inbound:
    found = dict(row._mapping)  # noqa: SLF001 (as above)
    found.pop("log_id")
    return Inbound(**found)

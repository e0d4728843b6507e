"""The folded aggregates as rows: what pages, reports and decisions read, rebuilt from entries.

``as_of`` is the last entry that changed a row. The value is canonical JSON, so that a row that was
rebuilt can be compared byte for byte.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from ledger.core.encoding import canonical
from ledger.state.aggregates import Aggregate
from ledger.state.known import AGGREGATES
from ledger.store.tables import folded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

Kind = TypeVar("Kind", bound=Aggregate)

# Built once: making a statement costs more than running it.
_LOAD: Final = select(folded.c.value).where(
    folded.c.log_id == bindparam("log_id"),
    folded.c.kind == bindparam("kind"),
    folded.c.key == bindparam("key"),
)
_CLASSES: Final = {kind.table: kind for kind in AGGREGATES}


def as_row(aggregate: Aggregate, as_of: int) -> dict[str, Any]:
    """The row of an aggregate, without its log."""
    return {
        "kind": aggregate.table,
        "key": aggregate.key,
        "since": aggregate.since,
        "as_of": as_of,
        **aggregate.search()._asdict(),
        "value": canonical(aggregate.model_dump(mode="json")),
    }


def save(connection: Connection, log_id: int, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, or replace those of the same kind and key."""
    if not rows:
        return
    place = [{"log_id": log_id, **row} for row in rows]
    connection.execute(_save(connection.dialect.name), place)


@cache
def _save(dialect: str) -> sqlite.Insert | postgresql.Insert:
    """The statement of ``save``, built once."""
    statement = postgresql.insert(folded) if dialect == "postgresql" else sqlite.insert(folded)
    changed = {
        name: statement.excluded[name]
        for name in (
            "since",
            "as_of",
            "model",
            "version",
            "environment",
            "status",
            "actor",
            "value",
        )
    }
    return statement.on_conflict_do_update(index_elements=["log_id", "kind", "key"], set_=changed)


def load(connection: Connection, log_id: int, kind: str, key: str) -> Aggregate | None:
    """One aggregate, or None."""
    place = {"log_id": log_id, "kind": kind, "key": key}
    value: bytes | None = connection.execute(_LOAD, place).scalar()
    return None if value is None else _CLASSES[kind].model_validate_json(value)


def find(
    connection: Connection,
    log_id: int,
    kind: type[Kind],
    *,
    before: int | None = None,
    limit: int,
    **columns: str,
) -> list[Kind]:
    """Aggregates of a kind, newest first, by their search columns; ``before`` is a ``since``."""
    query = select(folded.c.value).where(folded.c.log_id == log_id, folded.c.kind == kind.table)
    for name, wanted in columns.items():
        if wanted:
            query = query.where(folded.c[name] == wanted)
    if before is not None:
        query = query.where(folded.c.since < before)
    query = query.order_by(folded.c.since.desc()).limit(limit)
    return [kind.model_validate_json(value) for value in connection.execute(query).scalars()]


def beginning(
    connection: Connection, log_id: int, kind: type[Kind], text: str, limit: int
) -> list[Kind]:
    """Aggregates of a kind whose key begins with a text, by key, from the primary key's index."""
    query = select(folded.c.key, folded.c.value).where(
        folded.c.log_id == log_id, folded.c.kind == kind.table, folded.c.key >= text
    )
    rows = connection.execute(query.order_by(folded.c.key).limit(limit)).all()
    return [kind.model_validate_json(row.value) for row in rows if row.key.startswith(text)]


def every(connection: Connection, log_id: int, kind: type[Kind]) -> tuple[Kind, ...]:
    """Every aggregate of a kind, by key: for kinds of which there are few."""
    query = select(folded.c.value).where(folded.c.log_id == log_id, folded.c.kind == kind.table)
    found = [kind.model_validate_json(value) for value in connection.execute(query).scalars()]
    return tuple(sorted(found, key=lambda one: one.key))


def keys(connection: Connection, log_id: int, kind: type[Aggregate], **columns: str) -> list[str]:
    """The keys alone of aggregates of a kind with these search columns, oldest first."""
    query = select(folded.c.key).where(folded.c.log_id == log_id, folded.c.kind == kind.table)
    for name, wanted in columns.items():
        query = query.where(folded.c[name] == wanted)
    return list(connection.execute(query.order_by(folded.c.since)).scalars())


def count(connection: Connection, log_id: int, kind: type[Aggregate], **columns: str) -> int:
    """How many aggregates of a kind have these search columns."""
    query = select(func.count()).select_from(folded)
    query = query.where(folded.c.log_id == log_id, folded.c.kind == kind.table)
    for name, wanted in columns.items():
        query = query.where(folded.c[name] == wanted)
    return connection.execute(query).scalar_one()


def read_rows(
    connection: Connection, log_id: int, after: tuple[str, str], limit: int
) -> list[dict[str, Any]]:
    """Rows in order of kind and key, after the given ones: for comparing with a rebuilt fold."""
    query = (
        select(folded)
        .where(
            folded.c.log_id == log_id,
            (folded.c.kind > after[0]) | ((folded.c.kind == after[0]) & (folded.c.key > after[1])),
        )
        .order_by(folded.c.kind, folded.c.key)
        .limit(limit)
    )
    return [
        {name: value for name, value in row.items() if name != "log_id"}
        for row in connection.execute(query).mappings()
    ]

"""Rows that no entry accounts for: beyond the head of a log, or before its beginning.

One statement each, so that a writer who moves the head meanwhile is not taken for damage.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, exists, func, or_, select

from ledger.core.tiles import TILE_HEIGHT
from ledger.store.tables import (
    checkpoint,
    cosignature,
    entry,
    folded,
    head,
    idempotency,
    publication,
    tile,
    timestamp,
    vault,
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Table

# Levels that full tiles of a log with fewer than 2**63 entries can have.
_LEVELS: Final = 7


def count_surplus(connection: Connection, log_id: int) -> dict[str, int]:
    """How many rows of each table lie outside the log, for those that have any."""
    size = select(head.c.size).where(head.c.log_id == log_id).scalar_subquery()
    found = {}
    for table, outside in _outside(size).items():
        # Counted apart, so that an index gives each where there is one.
        counts = [
            select(func.count())
            .select_from(table)
            .where(table.c.log_id == log_id, condition)
            .scalar_subquery()
            for condition in outside
        ]
        query = select(reduce(add, counts))
        found[table.name] = connection.execute(query).scalar_one()
    return {name: number for name, number in found.items() if number}


def _outside(size: ColumnElement[int]) -> dict[Table, tuple[ColumnElement[bool], ...]]:
    """Conditions of which at most one holds for a row, and none for a row of the log."""
    return {
        entry: (entry.c.sequence >= size, entry.c.sequence < 0),
        checkpoint: (checkpoint.c.size > size, checkpoint.c.size < 0),
        publication: (publication.c.size > size, publication.c.size < 0),
        idempotency: (or_(idempotency.c.sequence >= size, idempotency.c.sequence < 0),),
        vault: (vault.c.sequence >= size, vault.c.sequence < 0),
        folded: (or_(folded.c.as_of >= size, folded.c.as_of < 0),),
        tile: (_outside_tile(size),),
        cosignature: (~_published(cosignature),),
        timestamp: (~_published(timestamp),),
    }


def _published(table: Table) -> ColumnElement[bool]:
    """A row over a checkpoint that was published."""
    return exists().where(
        publication.c.log_id == table.c.log_id, publication.c.size == table.c.size
    )


def _outside_tile(size: ColumnElement[int]) -> ColumnElement[bool]:
    """A tile that the tree has not completed; spelt out per level, because levels are few."""
    whole = [
        and_(tile.c.level == level, tile.c.position >= size // 2 ** (TILE_HEIGHT * (level + 1)))
        for level in range(_LEVELS)
    ]
    return or_(tile.c.level < 0, tile.c.level >= _LEVELS, tile.c.position < 0, *whole)


def count_keys(connection: Connection, log_id: int, start: int, stop: int) -> int:
    """How many idempotency keys stand for the entries ``start`` to ``stop - 1``."""
    query = select(func.count()).where(
        idempotency.c.log_id == log_id,
        idempotency.c.sequence >= start,
        idempotency.c.sequence < stop,
    )
    return connection.execute(query).scalar_one()

"""The tree as C2SP tiles: full tiles are written once, partial ones are derived when asked for.

A partial tile of level 0 comes from the leaf hashes of the newest entries, one of a higher level
from the roots of the full tiles below it; so a proof never reads more than a few tiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, insert, select

from ledger.core.tiles import TILE_WIDTH, tile_root
from ledger.errors import IntegrityError
from ledger.store.entries import leaf_hashes
from ledger.store.tables import tile

if TYPE_CHECKING:
    from sqlalchemy import Connection


def insert_full_tiles(
    connection: Connection, log_id: int, old_size: int, leaves: list[bytes]
) -> None:
    """Write every tile that ``leaves``, appended to a tree of ``old_size``, complete."""
    level, start, hashes = 0, old_size, leaves
    while hashes:
        first = start // TILE_WIDTH
        head = start % TILE_WIDTH
        if head + len(hashes) < TILE_WIDTH:
            return
        if head:
            known = read_tile(connection, log_id, level, first, head)
            hashes = [known[place : place + 32] for place in range(0, len(known), 32)] + hashes
        full = len(hashes) // TILE_WIDTH
        roots = []
        rows = []
        for place in range(full):
            data = b"".join(hashes[place * TILE_WIDTH : (place + 1) * TILE_WIDTH])
            roots.append(tile_root(data))
            rows.append(
                {
                    "log_id": log_id,
                    "level": level,
                    "position": first + place,
                    "root": roots[-1],
                    "hashes": data,
                }
            )
        connection.execute(insert(tile), rows)
        level, start, hashes = level + 1, first, roots


# Built once: making a statement costs more than running it.
_TILE: Final = select(tile.c.hashes).where(
    tile.c.log_id == bindparam("log_id"),
    tile.c.level == bindparam("level"),
    tile.c.position == bindparam("position"),
)
_ROOTS: Final = (
    select(tile.c.root)
    .where(
        tile.c.log_id == bindparam("log_id"),
        tile.c.level == bindparam("level"),
        tile.c.position >= bindparam("start"),
        tile.c.position < bindparam("stop"),
    )
    .order_by(tile.c.position)
)


def read_tile(connection: Connection, log_id: int, level: int, position: int, width: int) -> bytes:
    """The first ``width`` hashes of a tile, 32 bytes each.

    Raises:
        IntegrityError: the tree does not hold them.
    """
    place = {"log_id": log_id, "level": level, "position": position}
    full: bytes | None = connection.execute(_TILE, place).scalar()
    if full is None:
        full = _partial(connection, log_id, level, position, width)
    found = full[: width * 32]
    if len(found) != width * 32:
        raise IntegrityError(
            "A tile of the tree is missing or short.",
            code="tile-missing",
            level=level,
            position=position,
        )
    return found


def _partial(connection: Connection, log_id: int, level: int, position: int, width: int) -> bytes:
    start = position * TILE_WIDTH
    if level == 0:
        return b"".join(leaf_hashes(connection, log_id, start, start + width))
    span = {"log_id": log_id, "level": level - 1, "start": start, "stop": start + width}
    return b"".join(connection.execute(_ROOTS, span).scalars())


def read_tiles(
    connection: Connection, log_id: int, level: int, start: int, limit: int
) -> list[tuple[int, bytes, bytes]]:
    """Position, root and hashes of stored tiles of a level, from ``start`` on."""
    query = (
        select(tile.c.position, tile.c.root, tile.c.hashes)
        .where(tile.c.log_id == log_id, tile.c.level == level, tile.c.position >= start)
        .order_by(tile.c.position)
        .limit(limit)
    )
    return [(row.position, row.root, row.hashes) for row in connection.execute(query)]


def count_tiles(connection: Connection, log_id: int) -> dict[int, int]:
    """How many full tiles are stored, by level."""
    query = select(tile.c.level, func.count()).where(tile.c.log_id == log_id).group_by(tile.c.level)
    return {row[0]: row[1] for row in connection.execute(query)}

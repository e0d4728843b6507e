"""The stored tiles of a log held against those that its entries give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.core.tiles import TILE_WIDTH
from ledger.store.database import reading
from ledger.store.tiles import read_tiles

if TYPE_CHECKING:
    from ledger.audit.found import Audit
    from ledger.log import Log

# Half a megabyte of a level: a query for each tile would cost as much as hashing its entries.
PAGE: Final = 64


class TileCheck:
    """Compares tiles as a walk tells them, in order on each level, a page of each in memory.

    A log's tiles are read ahead, so one that is told and not there is asked for once more: it may
    have been stored meanwhile.
    """

    def __init__(self, log: Log, found: Audit) -> None:
        self._log = log
        self._found = found
        self._ahead: dict[int, dict[int, tuple[bytes, bytes]]] = {}

    def compare(self, level: int, index: int, hashes: bytes, root: bytes) -> None:
        """Hold one full tile against the stored one (``treewalk.OnTile``)."""
        self._found.counts.tiles += 1
        ahead = self._ahead.get(level, {})
        if index not in ahead:
            ahead = self._ahead[level] = self._read(level, index)
        stored = ahead.pop(index, None)
        place = index * TILE_WIDTH ** (level + 1)
        if stored is None:
            sentence = f"Tile {index} of level {level} is missing."
            self._found.note("tile", place, "tile-missing", sentence)
        elif stored != (root, hashes):
            sentence = f"Tile {index} of level {level} is not what the entries give."
            self._found.note("tile", place, "tile-wrong", sentence)

    def _read(self, level: int, start: int) -> dict[int, tuple[bytes, bytes]]:
        with reading(self._log.engine) as connection:
            page = read_tiles(connection, self._log.log_id, level, start, PAGE)
        return {index: (root, hashes) for index, root, hashes in page}

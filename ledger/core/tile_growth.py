"""A tree as its tiles grow: leaf hashes in, tiles out (C2SP tlog-tiles).

All that is remembered is the right edge: at most 255 hashes of each level. A tile comes out when it
is full; the partial ones, which stand for one size only, when they are asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.core.digest import SHA256_BYTES
from ledger.core.tiles import TILE_HEIGHT, TILE_WIDTH, TileName, tile_root
from ledger.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class TileGrowth:
    """The right edge of a tree of ``size`` leaves, whose tiles below it are done."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytearray] = []

    @classmethod
    def resumed(cls, size: int, read: Callable[[int, int, int], bytes]) -> TileGrowth:
        """Go on from a tree of ``size``; ``read(level, index, width)`` gives its partial tiles.

        Raises:
            IntegrityError: a tile has not the length that its width asks for.
        """
        grown = cls()
        grown.size = size
        level = 0
        while size >> (TILE_HEIGHT * level):
            index, width = divmod(size >> (TILE_HEIGHT * level), TILE_WIDTH)
            hashes = read(level, index, width) if width else b""
            if len(hashes) != width * SHA256_BYTES:
                raise IntegrityError("A tile has not the length that its width asks for.")
            grown._edge.append(bytearray(hashes))
            level += 1
        return grown

    def extend(self, leaves: Iterable[bytes]) -> Iterator[tuple[TileName, bytes]]:
        """Append leaf hashes; gives every tile that they complete, lowest level first."""
        for leaf in leaves:
            self.size += 1
            yield from self._push(0, leaf)

    def _push(self, level: int, value: bytes) -> Iterator[tuple[TileName, bytes]]:
        if level == len(self._edge):
            self._edge.append(bytearray())
        edge = self._edge[level]
        edge += value
        if len(edge) == TILE_WIDTH * SHA256_BYTES:
            full = bytes(edge)
            edge.clear()
            index = (self.size >> (TILE_HEIGHT * (level + 1))) - 1
            yield TileName(level, index), full
            yield from self._push(level + 1, tile_root(full))

    def partial(self) -> Iterator[tuple[TileName, bytes]]:
        """The partial tiles of the tree as it stands, lowest level first; none is empty."""
        for level, edge in enumerate(self._edge):
            if edge:
                index = self.size >> (TILE_HEIGHT * (level + 1))
                yield TileName(level, index, len(edge) // SHA256_BYTES), bytes(edge)

"""A tree grown from its leaf hashes in order, telling every full tile on the way.

Memory is flat: of each level only the hashes since its last full tile are kept (C2SP tlog-tiles,
RFC 6962 section 2.1). Whoever verifies a log compares the tiles that this gives with those that
were stored, and the root at every size that was signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.core.merkle import Frontier
from ledger.core.tiles import TILE_HEIGHT, TILE_WIDTH, tile_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    OnTile = Callable[[int, int, bytes, bytes], None]


class TreeWalk:
    """The growing tree. ``on_tile(level, index, hashes, root)`` is told of each full tile."""

    def __init__(self, on_tile: OnTile) -> None:
        self._on_tile = on_tile
        self._leaves: list[bytes] = []
        self._inside = Frontier()
        self._above = Frontier()
        self._levels: list[list[bytes]] = []
        self._counts: list[int] = []

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._above.size * TILE_WIDTH + self._inside.size

    def frontier(self) -> Frontier:
        """The roots of the complete subtrees, largest first."""
        return Frontier(self.size, self._above.roots + self._inside.roots)

    def root(self) -> bytes:
        """The root over all leaves so far."""
        return self.frontier().root()

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add leaf hashes of 32 bytes, in order.

        Raises:
            InputError: ``not-a-hash`` for one that has not 32 bytes.
        """
        at = 0
        while at < len(leaves):
            taken = leaves[at : at + TILE_WIDTH - len(self._leaves)]
            at += len(taken)
            self._inside = self._inside.extend(taken)
            self._leaves.extend(taken)
            if len(self._leaves) == TILE_WIDTH:
                (root,) = self._inside.roots
                index = self._above.size
                self._on_tile(0, index, b"".join(self._leaves), root)
                self._above = self._above.push(root)
                self._leaves, self._inside = [], Frontier()
                self._lift(1, root)

    def edges(self) -> Iterator[tuple[int, int, bytes]]:
        """The partial tiles at the right edge: level, index and hashes of each."""
        levels = [self._leaves, *self._levels]
        for level, hashes in enumerate(levels):
            if hashes:
                index = (self.size >> (TILE_HEIGHT * level)) // TILE_WIDTH
                yield level, index, b"".join(hashes)

    def resume(self, size: int, read: Callable[[int, int, int], bytes]) -> None:
        """Stand where a tree of ``size`` leaves stands, from its tiles.

        ``read(level, index, width)`` gives the first ``width`` hashes of a tile. What is read is
        believed; the root must then be compared with one that was signed.
        """
        self._leaves = _hashes(read, 0, size)
        self._inside = Frontier().extend(self._leaves)
        self._levels, self._counts = [], []
        level, above = 1, size // TILE_WIDTH
        parts: list[tuple[bytes, ...]] = []
        while above:
            hashes = _hashes(read, level, above)
            parts.append(Frontier().extend(hashes).roots)
            self._levels.append(hashes)
            self._counts.append(above // TILE_WIDTH)
            level, above = level + 1, above // TILE_WIDTH
        roots = tuple(root for part in reversed(parts) for root in part)
        self._above = Frontier(size // TILE_WIDTH, roots)

    def _lift(self, level: int, digest: bytes) -> None:
        """Put the root of a full tile into the tile above it."""
        if level > len(self._levels):
            self._levels.append([])
            self._counts.append(0)
        hashes = self._levels[level - 1]
        hashes.append(digest)
        if len(hashes) == TILE_WIDTH:
            data = b"".join(hashes)
            root = tile_root(data)
            self._on_tile(level, self._counts[level - 1], data, root)
            self._counts[level - 1] += 1
            hashes.clear()
            self._lift(level + 1, root)


def _hashes(read: Callable[[int, int, int], bytes], level: int, count: int) -> list[bytes]:
    """The hashes of a level's right edge: those since its last full tile."""
    index, width = divmod(count, TILE_WIDTH)
    data = read(level, index, width) if width else b""
    return [data[at : at + 32] for at in range(0, len(data), 32)]

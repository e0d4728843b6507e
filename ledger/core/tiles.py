"""The tree as files that never change (C2SP tlog-tiles).

Rules:

* a tile holds up to 256 hashes of 32 bytes: hash ``i`` of tile ``n`` at level ``l`` is the root of
  the complete subtree of ``256**l`` leaves number ``256 * n + i``;
* a full tile is 8,192 bytes; a partial one is named by its width, is never empty and is never
  hashed upward;
* ``tile/<level>/<number>[.p/<width>]``, the number in groups of three digits, all but the last
  behind an ``x``: 1234067 is ``x001/x234/067``; entries are in ``tile/entries/<number>``;
* an entry bundle is up to 256 times a length of two bytes, big-endian, and an entry: so an entry
  has at most 65,535 bytes.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.core.digest import SHA256_BYTES
from ledger.core.merkle import node_hash
from ledger.errors import EncodingError, InputError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 256
TILE_BYTES: Final = TILE_WIDTH * SHA256_BYTES
MAX_ENTRY: Final = 65_535

_MAX_LEVEL: Final = 63
_MAX_NUMBER: Final = 2**63
_GROUP: Final = 1000
_LENGTH_BYTES: Final = 2
_TILES_KEPT: Final = 64
_PATH: Final = re.compile(
    r"tile/(entries|[0-9]|[1-9][0-9])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class TileName:
    """Which tile: its level (None for a bundle of entries), its number and its width, 1 to 256."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    def within(self, size: int) -> bool:
        """Whether the tree of ``size`` leaves holds all of its hashes or entries."""
        return self.index * TILE_WIDTH + self.width <= size >> (TILE_HEIGHT * (self.level or 0))

    def path(self) -> str:
        """The path below the log's prefix, without a leading slash."""
        if self.level is None:
            return entries_path(self.index, self.width)
        return tile_path(self.level, self.index, self.width)


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """The path of a tile of hashes.

    Raises:
        InputError: ``out-of-range`` for a level above 63, a negative number or a width that is not
            1 to 256.
    """
    if not 0 <= level <= _MAX_LEVEL:
        raise InputError("Tile levels are 0 to 63.", code="out-of-range")
    return f"tile/{level}/{_numbered(index, width)}"


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """The path of a bundle of entries.

    Raises:
        InputError: ``out-of-range``, as ``tile_path``.
    """
    return f"tile/entries/{_numbered(index, width)}"


def parse_tile_path(path: str) -> TileName:
    """Read a path; the inverse of ``tile_path`` and ``entries_path``.

    Raises:
        EncodingError: ``not-a-tile-path`` for anything that these two do not write.
    """
    found = _PATH.fullmatch(path)
    if found is not None:
        level, groups, width = found.groups()
        name = TileName(
            None if level == "entries" else int(level),
            int(groups.replace("/", "").replace("x", "")),
            TILE_WIDTH if width is None else int(width),
        )
        try:
            if name.path() == path:
                return name
        except InputError:
            pass
    raise EncodingError(
        "This is not the path of a tile.",
        code="not-a-tile-path",
        remedy="Write tile/<level>/<number>[.p/<width>] as C2SP tlog-tiles says.",
    )


def _numbered(index: int, width: int) -> str:
    if not 0 <= index < _MAX_NUMBER or not 1 <= width <= TILE_WIDTH:
        raise InputError("A tile has a number from 0 and a width of 1 to 256.", code="out-of-range")
    rest, last = divmod(index, _GROUP)
    groups = f"{last:03d}"
    while rest:
        rest, group = divmod(rest, _GROUP)
        groups = f"x{group:03d}/{groups}"
    return groups if width == TILE_WIDTH else f"{groups}.p/{width}"


def tiles_of(size: int, since: int = 0) -> Iterator[TileName]:
    """The tiles of hashes of the tree of ``size`` leaves that the tree of ``since`` has not.

    Level by level, each from the left, the partial one last. Bundles of entries have the numbers
    and widths of the tiles of level 0.
    """
    level, new, old = 0, size, since
    while new:
        for index in range(old // TILE_WIDTH, -(-new // TILE_WIDTH)):
            width = min(TILE_WIDTH, new - index * TILE_WIDTH)
            if index * TILE_WIDTH + width > old:
                yield TileName(level, index, width)
        level, new, old = level + 1, new >> TILE_HEIGHT, old >> TILE_HEIGHT


def tile_root(hashes: bytes) -> bytes:
    """The root of a full tile of 8,192 bytes, which is one hash of the tile above.

    Raises:
        IntegrityError: the tile is not full.
    """
    if len(hashes) != TILE_BYTES:
        raise IntegrityError("Only a full tile has a root.", bytes=len(hashes))
    return _levels(hashes)[TILE_HEIGHT][0]


def _levels(hashes: bytes) -> list[list[bytes]]:
    """The complete subtrees inside a tile: element ``r`` holds the roots over ``2**r`` hashes."""
    row = [hashes[at : at + SHA256_BYTES] for at in range(0, len(hashes), SHA256_BYTES)]
    rows = [row]
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        rows.append(row)
    return rows


class UpperTiles:
    """The subtrees inside tiles above level 0, kept for many readers of one growing tree.

    Few of them serve every proof: one of level 1 covers 65,536 leaves. What a tile holds up to a
    width never changes while the tree grows. Safe for use by several threads.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int, int], list[list[bytes]]] = {}

    def get(self, level: int, index: int, width: int) -> list[list[bytes]] | None:
        """What was kept of a tile of this width, or None."""
        return self._kept.get((level, index, width))

    def keep(self, level: int, index: int, width: int, rows: list[list[bytes]]) -> None:
        """Keep the subtrees of a tile; all others are forgotten where they are too many."""
        if len(self._kept) >= _TILES_KEPT:
            self._kept = {}
        self._kept[level, index, width] = rows


class TileReader:
    """The complete subtrees of one tree, read from its tiles.

    ``read(level, index, width)`` gives the ``width * 32`` bytes of a tile. Of a reader's tiles the
    last 64 used are kept, with the subtrees inside them; ``upper`` keeps some for other readers of
    the same log too. One thread at a time may use a reader. What ``read`` gives is believed: a
    proof that comes of it is checked against a signed root.
    """

    def __init__(
        self,
        read: Callable[[int, int, int], bytes],
        size: int,
        upper: UpperTiles | None = None,
    ) -> None:
        self._read = read
        self._size = size
        self._upper = upper
        self._kept: OrderedDict[tuple[int, int], list[list[bytes]]] = OrderedDict()

    def subtree(self, level: int, index: int) -> bytes:
        """The root of the complete subtree of ``2**level`` leaves number ``index``.

        Raises:
            InputError: ``out-of-range`` if the tree has no such complete subtree.
            IntegrityError: a tile has not the length that its width asks for.
        """
        if level < 0 or index < 0 or (index + 1) << level > self._size:
            raise InputError("The tree has no such complete subtree.", code="out-of-range")
        tile_level, inner = divmod(level, TILE_HEIGHT)
        number, place = divmod(index << inner, TILE_WIDTH)
        return self._tile(tile_level, number)[inner][place >> inner]

    def _tile(self, level: int, index: int) -> list[list[bytes]]:
        key = (level, index)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        width = min(TILE_WIDTH, (self._size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH)
        upper = self._upper if level else None
        rows = None if upper is None else upper.get(level, index, width)
        if rows is None:
            rows = self._subtrees(level, index, width)
            if upper is not None:
                upper.keep(level, index, width, rows)
        self._kept[key] = rows
        if len(self._kept) > _TILES_KEPT:
            self._kept.popitem(last=False)
        return rows

    def _subtrees(self, level: int, index: int, width: int) -> list[list[bytes]]:
        hashes = self._read(level, index, width)
        if len(hashes) != width * SHA256_BYTES:
            raise IntegrityError(
                "A tile has not the length that its width asks for.",
                level=level,
                index=index,
                width=width,
            )
        return _levels(hashes)


def entry_bundle(entries: Sequence[bytes]) -> bytes:
    """1 to 256 entries, each behind its length in two bytes, big-endian.

    Raises:
        EncodingError: ``too-large`` for an entry of more than 65,535 bytes, ``not-a-bundle`` for no
            entry or more than 256.
    """
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise EncodingError("A bundle holds 1 to 256 entries.", code="not-a-bundle")
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise EncodingError(f"An entry has at most {MAX_ENTRY} bytes.", code="too-large")
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def split_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle; the inverse of ``entry_bundle``.

    Raises:
        EncodingError: ``not-a-bundle`` if it is empty, cut off or has more than 256 entries.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) < TILE_WIDTH:
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if not entries or at != len(data):
        raise EncodingError("The bundle of entries is cut off or too long.", code="not-a-bundle")
    return entries

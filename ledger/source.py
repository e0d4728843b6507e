"""Where the tiles of a log are read from: a folder, a web server, or the live database.

``TileSource`` is all that a verifier, a mirror or a monitor needs of a log (C2SP tlog-tiles): its
newest checkpoint, its tiles and its bundles of entries. The sources themselves are in ``mirror``
(somebody's copy) and ``published`` (our own database).

Rules of every source:

* nothing is believed: a source answers with bytes of the right *form*, whether they are the right
  bytes is proved by whoever asked, against a signed root;
* ``width`` is that of a tree whose checkpoint was read, 256 or the width of its right edge; a
  source may cut it from the full tile where the partial one is gone;
* a source keeps no state between calls and may be used from several threads;
* ``SourceError`` says that the copy lacks or mangles something, ``OutsideError`` that it can't be
  reached just now, so that trying again may help: ``source-unreachable``, or ``database-failed``
  where it is the live database.

``TileReader(source.tile, size)`` gives proofs of a source; ``entries`` streams what it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from ledger.core.digest import SHA256_BYTES
from ledger.core.tiles import MAX_ENTRY, TILE_WIDTH, split_bundle
from ledger.errors import EncodingError, InputError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH_BYTES: Final = 2
MAX_BUNDLE_BYTES: Final = TILE_WIDTH * (LENGTH_BYTES + MAX_ENTRY)


class TileSource(Protocol):
    """The reading side of a log."""

    def checkpoint(self) -> bytes:
        """The newest signed note, byte for byte, of at most ``note.MAX_NOTE_BYTES``.

        Raises:
            SourceError: ``source-missing``, ``source-malformed``.
            OutsideError: it can't be reached.
        """
        ...

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first ``width`` hashes of a tile: exactly ``32 * width`` bytes.

        Raises:
            InputError: ``out-of-range`` for a name that no tile has.
            SourceError: ``source-missing``, ``source-malformed``.
            OutsideError: it can't be reached.
        """
        ...

    def bundle(self, index: int, width: int) -> bytes:
        """The first ``width`` entries from ``256 * index`` on, as ``tiles.entry_bundle`` has them.

        Raises:
            InputError: ``out-of-range`` for a name that no bundle has.
            SourceError: ``source-missing``, ``source-malformed``.
            OutsideError: it can't be reached.
        """
        ...


def entries(source: TileSource, start: int, stop: int, size: int | None = None) -> Iterator[bytes]:
    """The stored bytes of entries ``start`` to ``stop - 1``, a bundle in memory at a time.

    Args:
        source: where they are read from.
        start: the number of the first.
        stop: the number after the last.
        size: of the tree whose checkpoint was read, whose partial bundle the source holds;
            ``stop``, if it is not given.

    Raises:
        InputError: ``out-of-range`` if the numbers are not in order, at once.
        SourceError, OutsideError: as ``TileSource.bundle``, while it runs.
    """
    whole = stop if size is None else size
    if not 0 <= start <= stop <= whole:
        raise InputError("Entries run from 0 to the size of the tree.", code="out-of-range")
    return _entries(source, start, stop, whole)


def _entries(source: TileSource, start: int, stop: int, size: int) -> Iterator[bytes]:
    for index in range(start // TILE_WIDTH, -(-stop // TILE_WIDTH)):
        first = index * TILE_WIDTH
        bundle = split_bundle(source.bundle(index, min(TILE_WIDTH, size - first)))
        yield from bundle[max(0, start - first) : stop - first]


def cut_tile(data: bytes, width: int, name: str) -> bytes:
    """The first ``width`` hashes of what a source holds of a tile.

    Raises:
        SourceError: ``source-malformed`` if it has not that many, or is no tile.
    """
    if len(data) % SHA256_BYTES or not width * SHA256_BYTES <= len(data) <= TILE_WIDTH * 32:
        raise malformed(name)
    return data[: width * SHA256_BYTES]


def cut_bundle(data: bytes, width: int, name: str) -> bytes:
    """The first ``width`` entries of what a source holds of a bundle.

    Raises:
        SourceError: ``source-malformed`` if it has not that many, or is no bundle.
    """
    try:
        lengths = [len(entry) for entry in split_bundle(data)]
    except EncodingError:
        raise malformed(name) from None
    if len(lengths) < width:
        raise malformed(name)
    return data[: sum(lengths[:width]) + LENGTH_BYTES * width]


def missing(name: str) -> SourceError:
    """The error for something that a source should hold and does not."""
    return SourceError(
        f"The copy of the log lacks {name}.",
        code="source-missing",
        remedy="Export or fetch the log again; a copy that stays incomplete proves nothing.",
    )


def malformed(name: str) -> SourceError:
    """The error for something that a source holds in a form that it can't have."""
    return SourceError(
        f"The copy of the log has bytes for {name} that can't be it.",
        code="source-malformed",
        remedy="Compare with another copy: this one is damaged, or is not a log.",
    )

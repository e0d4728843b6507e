from __future__ import annotations

import pytest

from ledger.core.merkle import leaf_hash, root_of
from ledger.core.tiles import (
    TILE_WIDTH,
    TileName,
    TileReader,
    entries_path,
    entry_bundle,
    parse_tile_path,
    split_bundle,
    tile_path,
    tile_root,
)
from ledger.errors import EncodingError, InputError, IntegrityError

LEAVES = [leaf_hash(b"%d" % number) for number in range(70_000)]


def row(level: int) -> list[bytes]:
    if level == 0:
        return LEAVES
    below = row(level - 1)
    full = len(below) // TILE_WIDTH
    return [root_of(below[at * TILE_WIDTH : (at + 1) * TILE_WIDTH]) for at in range(full)]


ROWS = [row(0), row(1), row(2)]


class Shelf:
    """Tiles of the first 70,000 leaves, and the names of those that were asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, int]] = []

    def read(self, level: int, index: int, width: int) -> bytes:
        self.asked.append((level, index, width))
        return b"".join(ROWS[level][index * TILE_WIDTH : index * TILE_WIDTH + width])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("tile/0/000", TileName(0, 0)),
        ("tile/0/x001/x234/067", TileName(0, 1_234_067)),
        ("tile/0/273.p/112", TileName(0, 273, 112)),
        ("tile/1/001.p/17", TileName(1, 1, 17)),
        ("tile/2/000.p/1", TileName(2, 0, 1)),
        ("tile/63/x001/000", TileName(63, 1000)),
        ("tile/entries/x001/x234/067.p/255", TileName(None, 1_234_067, 255)),
        ("tile/entries/999", TileName(None, 999)),
    ],
)
def test_a_tile_has_the_path_that_c2sp_gives_it(path: str, name: TileName) -> None:
    assert name.path() == path
    assert parse_tile_path(path) == name


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/067",
        "tile/0/001/067",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/data/000",
        "tile/entries/../000",
        "tile/0/" + "\N{ARABIC-INDIC DIGIT ZERO}" * 3,
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/x001/x000/x000/x000/x000/x000/x000/000",
        "",
    ],
)
def test_another_way_to_name_a_tile_is_refused(path: str) -> None:
    with pytest.raises(EncodingError) as caught:
        parse_tile_path(path)
    assert caught.value.code == "not-a-tile-path"


@pytest.mark.parametrize(
    ("level", "index", "width"), [(64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)]
)
def test_a_tile_that_can_not_be_has_no_path(level: int, index: int, width: int) -> None:
    with pytest.raises(InputError):
        tile_path(level, index, width)


def test_bundles_have_no_empty_width() -> None:
    with pytest.raises(InputError):
        entries_path(0, 0)


def test_only_a_full_tile_has_a_root() -> None:
    assert tile_root(b"".join(LEAVES[:256])) == root_of(LEAVES[:256])
    for hashes in (b"", b"".join(LEAVES[:255]), b"".join(LEAVES[:257])):
        with pytest.raises(IntegrityError):
            tile_root(hashes)


@pytest.mark.parametrize("level", range(17))
def test_subtrees_of_every_level_come_out_of_the_tiles(level: int) -> None:
    reader = TileReader(Shelf().read, 70_000)
    last = (70_000 >> level) - 1
    for index in {0, last // 2, last}:
        assert reader.subtree(level, index) == root_of(
            LEAVES[index << level : (index + 1) << level]
        )


def test_partial_tiles_are_asked_for_by_the_width_that_the_size_gives() -> None:
    shelf = Shelf()
    reader = TileReader(shelf.read, 70_000)
    reader.subtree(0, 69_999)
    reader.subtree(8, 272)
    reader.subtree(16, 0)
    assert shelf.asked == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]


def test_a_tile_is_read_once_for_many_subtrees() -> None:
    shelf = Shelf()
    reader = TileReader(shelf.read, 70_000)
    for index in range(256):
        reader.subtree(0, index)
    assert shelf.asked == [(0, 0, 256)]


def test_only_the_last_64_tiles_are_kept() -> None:
    shelf = Shelf()
    reader = TileReader(shelf.read, 70_000)
    for tile in range(65):
        reader.subtree(0, tile * 256)
    reader.subtree(0, 64 * 256)
    assert len(shelf.asked) == 65
    reader.subtree(0, 0)
    assert shelf.asked[-1] == (0, 0, 256)
    assert len(shelf.asked) == 66


@pytest.mark.parametrize(("level", "index"), [(0, 70_000), (17, 0), (8, 273), (-1, 0), (0, -1)])
def test_a_subtree_that_is_not_complete_is_not_given(level: int, index: int) -> None:
    with pytest.raises(InputError):
        TileReader(Shelf().read, 70_000).subtree(level, index)


@pytest.mark.parametrize("change", [-32, -1, 1, 32])
def test_a_tile_of_the_wrong_length_is_an_integrity_error(change: int) -> None:
    reader = TileReader(lambda _level, _index, width: bytes(width * 32 + change), 300)
    with pytest.raises(IntegrityError) as caught:
        reader.subtree(0, 299)
    assert caught.value.numbers == {"level": 0, "index": 1, "width": 44}


def test_a_bundle_is_lengths_and_entries() -> None:
    assert entry_bundle([b"ab", b"", b"c"]) == b"\x00\x02ab\x00\x00\x00\x01c"
    assert split_bundle(b"\x00\x02ab\x00\x00\x00\x01c") == [b"ab", b"", b"c"]


def test_an_entry_may_have_65535_bytes_and_no_more() -> None:
    largest = b"e" * 65_535
    assert split_bundle(entry_bundle([largest])) == [largest]
    with pytest.raises(EncodingError) as caught:
        entry_bundle([largest + b"e"])
    assert caught.value.code == "too-large"


@pytest.mark.parametrize("count", [0, 257])
def test_a_bundle_holds_1_to_256_entries(count: int) -> None:
    with pytest.raises(EncodingError):
        entry_bundle([b"e"] * count)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"\x00\x01", b"\x00\x02a", b"\x00\x01a\x00", b"\x00\x00" * 257],
    ids=["empty", "half a length", "no entry", "cut off", "half a length at the end", "too many"],
)
def test_a_broken_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(EncodingError) as caught:
        split_bundle(data)
    assert caught.value.code == "not-a-bundle"

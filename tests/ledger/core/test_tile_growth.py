"""Tiles as they grow are the tiles of the tree, whatever the steps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.merkle import check_inclusion, leaf_hash, prove_inclusion, root_of
from ledger.core.tile_growth import TileGrowth
from ledger.core.tiles import TILE_WIDTH, TileName, TileReader, parse_tile_path, tiles_of
from ledger.errors import IntegrityError

LEAVES = [leaf_hash(b"%d" % number) for number in range(3 * 65_536 // 2)]
Tiles = dict[TileName, bytes]


def grown(size: int) -> Tiles:
    growth = TileGrowth()
    return {**dict(growth.extend(LEAVES[:size])), **dict(growth.partial())}


def defined(name: TileName) -> bytes:
    """The tile by the formula of the specification: roots of complete subtrees."""
    assert name.level is not None
    span = 256**name.level
    first = name.index * TILE_WIDTH
    return b"".join(
        root_of(LEAVES[place * span : (place + 1) * span])
        for place in range(first, first + name.width)
    )


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, len(LEAVES)])
def test_the_tiles_that_grow_are_those_that_the_specification_defines(size: int) -> None:
    made = grown(size)
    assert set(made) == set(tiles_of(size))
    assert all(made[name] == defined(name) for name in made)


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_growth_goes_on_from_any_size(first: int, more: int) -> None:
    begun = grown(first)
    growth = TileGrowth.resumed(
        first, lambda level, index, width: begun[TileName(level, index, width)]
    )
    new = {**dict(growth.extend(LEAVES[first : first + more])), **dict(growth.partial())}
    assert growth.size == first + more
    whole = grown(first + more)
    assert {**begun, **new}.items() >= whole.items()
    assert set(new) >= set(tiles_of(first + more, first))


def test_growth_does_not_go_on_from_a_tile_of_a_wrong_length() -> None:
    with pytest.raises(IntegrityError):
        TileGrowth.resumed(300, lambda level, index, width: b"\0" * 32)


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_a_tile_is_within_a_tree_exactly_if_the_tree_has_such_a_size_behind_it(
    size: int, number: int
) -> None:
    for level in range(6):
        hashes = size >> (8 * level)
        index, width = divmod(number, 256)
        assert TileName(level, index, width + 1).within(size) == (number < hashes)
    assert TileName(None, number // 256, number % 256 + 1).within(size) == (number < size)


@given(st.integers(1, 100_000), st.integers(0, 100_000))
def test_the_tiles_that_a_tree_gained_are_those_that_the_older_one_has_not(
    size: int, since: int
) -> None:
    old = min(size, since)
    assert set(tiles_of(size, old)) == set(tiles_of(size)) - set(tiles_of(old))
    assert all(name.within(size) for name in tiles_of(size))
    assert all(parse_tile_path(name.path()) == name for name in tiles_of(size))


def test_proofs_come_of_grown_tiles() -> None:
    size = 66_000
    made = grown(size)
    reader = TileReader(lambda level, index, width: made[TileName(level, index, width)], size)
    root = root_of(LEAVES[:size])
    for index in (0, 65_535, 65_536, size - 1):
        proof = prove_inclusion(index, size, reader.subtree)
        check_inclusion(LEAVES[index], index, size, proof, root)

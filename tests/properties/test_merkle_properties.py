from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from ledger.core.merkle import (
    Frontier,
    check_consistency,
    check_inclusion,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
)
from ledger.core.tiles import TILE_WIDTH, TileReader
from ledger.errors import ConsistencyError, InclusionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ENTRIES = st.lists(st.binary(max_size=20), min_size=1, max_size=70)
SIZES = st.integers(1, 3000) | st.sampled_from([255, 256, 257, 511, 512, 513, 2047, 2048, 2049])
LEAVES = [leaf_hash(b"%d" % number) for number in range(3000)]


def rfc6962_root(leaves: Sequence[bytes]) -> bytes:
    """The definition of section 2.1, as it is written."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(rfc6962_root(leaves[:split]), rfc6962_root(leaves[split:]))


def tile_reader(leaves: Sequence[bytes], size: int) -> TileReader:
    rows: list[Sequence[bytes]] = [leaves[:size]]
    while len(rows[-1]) >= TILE_WIDTH:
        below = rows[-1]
        rows.append(
            [
                rfc6962_root(below[at : at + TILE_WIDTH])
                for at in range(0, len(below) - TILE_WIDTH + 1, TILE_WIDTH)
            ]
        )

    def read(level: int, index: int, width: int) -> bytes:
        start = index * TILE_WIDTH
        return b"".join(rows[level][start : start + width])

    return TileReader(read, size)


def pymerkle_tree(entries: Sequence[bytes]) -> Any:
    tree = InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)
    return tree


@given(SIZES)
def test_the_frontier_has_the_root_that_the_definition_gives(size: int) -> None:
    assert root_of(LEAVES[:size]) == rfc6962_root(LEAVES[:size])


@given(ENTRIES)
def test_roots_are_those_of_pymerkle(entries: list[bytes]) -> None:
    tree = pymerkle_tree(entries)
    leaves = [leaf_hash(entry) for entry in entries]
    assert root_of(leaves) == tree.get_root()
    assert leaves[0] == tree.get_leaf(1)


@given(ENTRIES, st.data())
def test_inclusion_proofs_are_those_of_pymerkle(entries: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(entries)))
    index = data.draw(st.integers(0, size - 1))
    leaves = [leaf_hash(entry) for entry in entries]
    theirs = pymerkle_tree(entries).prove_inclusion(index + 1, size).path
    ours = prove_inclusion(index, size, plain(leaves))
    assert [leaves[index], *ours] == list(theirs)


def plain(leaves: Sequence[bytes]) -> Callable[[int, int], bytes]:
    return lambda level, index: rfc6962_root(leaves[index << level : (index + 1) << level])


@given(SIZES, st.data())
def test_consistency_is_proved_from_tiles(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))
    proof = prove_consistency(old, new, tile_reader(LEAVES, new).subtree)
    assert proof == prove_consistency(old, new, plain(LEAVES))
    check_consistency(old, new, root_of(LEAVES[:old]), root_of(LEAVES[:new]), proof)


@given(SIZES, st.data())
def test_inclusion_is_proved_from_tiles(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(index, size, tile_reader(LEAVES, size).subtree)
    check_inclusion(LEAVES[index], index, size, proof, root_of(LEAVES[:size]))


@given(st.integers(2, 300), st.data())
def test_a_changed_inclusion_proof_proves_nothing(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = list(prove_inclusion(index, size, plain(LEAVES)))
    place = data.draw(st.integers(0, len(proof) - 1))
    change = data.draw(st.sampled_from(["flip", "drop", "double", "cut", "swap"]))
    changed = changed_at(proof, place, change)
    if changed == proof:
        return
    with pytest.raises(InclusionError):
        check_inclusion(LEAVES[index], index, size, changed, root_of(LEAVES[:size]))


@given(st.integers(3, 300), st.data())
def test_a_changed_consistency_proof_proves_nothing(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    proof = list(prove_consistency(old, new, plain(LEAVES)))
    place = data.draw(st.integers(0, len(proof) - 1))
    change = data.draw(st.sampled_from(["flip", "drop", "double", "cut", "swap"]))
    changed = changed_at(proof, place, change)
    if changed == proof:
        return
    with pytest.raises(ConsistencyError):
        check_consistency(old, new, root_of(LEAVES[:old]), root_of(LEAVES[:new]), changed)


def changed_at(proof: list[bytes], place: int, change: str) -> list[bytes]:
    changed = list(proof)
    if change == "flip":
        changed[place] = bytes([changed[place][0] ^ 1]) + changed[place][1:]
    elif change == "drop":
        del changed[place]
    elif change == "double":
        changed.insert(place, changed[place])
    elif change == "cut":
        changed[place] = changed[place][:-1]
    else:
        changed[place], changed[place - 1] = changed[place - 1], changed[place]
    return changed


@given(st.integers(2, 300), st.data())
def test_a_proof_holds_for_no_other_leaf_number(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
    proof = prove_inclusion(index, size, plain(LEAVES))
    with pytest.raises(InclusionError):
        check_inclusion(LEAVES[index], other, size, proof, root_of(LEAVES[:size]))


def turns(index: int, size: int) -> list[bool]:
    """From the leaf to the root: is the sibling on the left? By the definition of section 2.1."""
    found: list[bool] = []
    while size > 1:
        split = 1 << ((size - 1).bit_length() - 1)
        found.append(index >= split)
        index, size = (index - split, size - split) if index >= split else (index, split)
    return found[::-1]


@given(st.integers(1, 300), st.integers(0, 600), st.data())
def test_a_wrong_size_alone_proves_nothing_false(
    size: int, other: int, data: st.DataObject
) -> None:
    """What pins a size is the checkpoint that signs it; the hashes pin the turns on the way up."""
    index = data.draw(st.integers(0, size - 1))
    proof, root = prove_inclusion(index, size, plain(LEAVES)), root_of(LEAVES[:size])
    same = index < other and turns(index, other) == turns(index, size)
    if same:
        check_inclusion(LEAVES[index], index, other, proof, root)
        return
    with pytest.raises(InclusionError):
        check_inclusion(LEAVES[index], index, other, proof, root)


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_a_stored_frontier_goes_on_where_it_stopped(first: int, second: int) -> None:
    frontier = Frontier().extend(LEAVES[:first])
    again = Frontier.from_bytes(first, frontier.to_bytes())
    assert again == frontier
    assert again.extend(LEAVES[first : first + second]) == Frontier().extend(
        LEAVES[: first + second]
    )

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.core.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    Frontier,
    check_consistency,
    check_inclusion,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
)
from ledger.errors import ConsistencyError, InclusionError, InputError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable

LEAVES = [leaf_hash(b"entry %d" % number) for number in range(70)]


def subtrees_of(leaves: list[bytes]) -> Callable[[int, int], bytes]:
    return lambda level, index: root_of(leaves[index << level : (index + 1) << level])


GET = subtrees_of(LEAVES)


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root_of([]) == EMPTY_ROOT == Frontier().root()


def test_a_tree_of_three_splits_after_two() -> None:
    a, b, c = LEAVES[:3]
    assert root_of([a, b, c]) == node_hash(node_hash(a, b), c)


def test_pushing_one_by_one_and_extending_at_once_agree() -> None:
    frontier = Frontier()
    for size, leaf in enumerate(LEAVES, start=1):
        frontier = frontier.push(leaf)
        assert frontier == Frontier().extend(LEAVES[:size])
        assert len(frontier.roots) == size.bit_count()


def test_a_frontier_is_a_value_that_pushing_does_not_change() -> None:
    before = Frontier().extend(LEAVES[:3])
    before.push(LEAVES[3])
    assert before.root() == root_of(LEAVES[:3])


def test_a_frontier_of_another_size_is_refused() -> None:
    data = Frontier().extend(LEAVES[:7]).to_bytes()
    assert Frontier.from_bytes(7, data).root() == root_of(LEAVES[:7])
    for size, stored in [(8, data), (3, data), (7, data[:-1]), (-1, data), (0, b"\x00" * 32)]:
        with pytest.raises(IntegrityError):
            Frontier.from_bytes(size, stored)


def test_data_is_not_taken_for_a_leaf_hash() -> None:
    with pytest.raises(InputError) as caught:
        Frontier().push(b"an entry, not its hash")
    assert caught.value.code == "not-a-hash"


def test_every_leaf_of_every_small_tree_is_proved() -> None:
    for size in range(1, 70):
        root = root_of(LEAVES[:size])
        for index in range(size):
            proof = prove_inclusion(index, size, GET)
            assert len(proof) <= (size - 1).bit_length()
            check_inclusion(LEAVES[index], index, size, proof, root)


def test_every_two_small_trees_are_proved_one_history() -> None:
    roots = [root_of(LEAVES[:size]) for size in range(70)]
    for new in range(70):
        for old in range(new + 1):
            proof = prove_consistency(old, new, GET)
            check_consistency(old, new, roots[old], roots[new], proof)


def test_a_fork_is_not_one_history() -> None:
    forked = [*LEAVES[:5], leaf_hash(b"another"), *LEAVES[6:20]]
    for old in range(6, 20):
        proof = prove_consistency(old, 20, subtrees_of(forked))
        with pytest.raises(ConsistencyError):
            check_consistency(old, 20, root_of(LEAVES[:old]), root_of(forked), proof)


def test_a_proof_asks_for_few_subtrees_however_large_the_tree() -> None:
    asked: list[tuple[int, int]] = []

    def get(level: int, index: int) -> bytes:
        asked.append((level, index))
        return leaf_hash(b"%d %d" % (level, index))

    size = 2**62 + 2**40 + 12345
    prove_inclusion(2**61 + 7, size, get)
    prove_consistency(2**61 + 7, size, get)
    assert len(asked) < 4 * 63
    assert all((index + 1) << level <= size for level, index in asked)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (0, MAX_SIZE + 1)])
def test_a_leaf_that_is_not_there_is_not_proved(index: int, size: int) -> None:
    with pytest.raises(InputError):
        prove_inclusion(index, size, GET)
    with pytest.raises(InclusionError):
        check_inclusion(LEAVES[0], index, size, (), LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(2, 1), (-1, 1), (1, MAX_SIZE + 1)])
def test_a_tree_does_not_shrink(old: int, new: int) -> None:
    with pytest.raises(InputError):
        prove_consistency(old, new, GET)
    with pytest.raises(ConsistencyError):
        check_consistency(old, new, LEAVES[0], LEAVES[0], ())


def test_a_proof_of_more_than_63_hashes_is_refused() -> None:
    with pytest.raises(InclusionError):
        check_inclusion(LEAVES[0], 0, MAX_SIZE, [LEAVES[1]] * 64, LEAVES[2])
    with pytest.raises(ConsistencyError):
        check_consistency(3, MAX_SIZE, LEAVES[0], LEAVES[1], [LEAVES[2]] * 64)


def test_every_tree_begins_with_the_one_empty_tree() -> None:
    check_consistency(0, 5, EMPTY_ROOT, root_of(LEAVES[:5]), ())
    with pytest.raises(ConsistencyError):
        check_consistency(0, 5, LEAVES[0], root_of(LEAVES[:5]), ())
    with pytest.raises(ConsistencyError):
        check_consistency(0, 5, EMPTY_ROOT, root_of(LEAVES[:5]), (LEAVES[0],))


def test_an_inner_node_does_not_pass_for_a_leaf() -> None:
    # Without the first bytes 0x00 and 0x01 the node over leaves 0 and 1 could be shown as a leaf.
    root = root_of(LEAVES[:4])
    node = node_hash(LEAVES[0], LEAVES[1])
    with pytest.raises(InclusionError):
        check_inclusion(node, 0, 4, (node_hash(LEAVES[2], LEAVES[3]),), root)
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node

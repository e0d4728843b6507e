"""Random trees, every proof of them: each holds, and with anything changed none does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.merkle import (
    check_consistency,
    check_inclusion,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
)
from ledger.errors import ConsistencyError, InclusionError
from ledger.standalone import verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def entries_of(size: int, salt: bytes) -> list[bytes]:
    return [b"%d %s" % (number, salt) for number in range(size)]


TREES = st.builds(entries_of, st.integers(1, 33), st.binary(max_size=4))


class Tree:
    """Leaves of a log, its roots at every size, and its complete subtrees."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.leaves = [leaf_hash(entry) for entry in entries]
        self.size = len(entries)
        self.roots = [root_of(self.leaves[:size]) for size in range(self.size + 1)]

    def get(self, level: int, index: int) -> bytes:
        if level == 0:
            return self.leaves[index]
        return node_hash(self.get(level - 1, 2 * index), self.get(level - 1, 2 * index + 1))


def changes(proof: tuple[bytes, ...], others: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    """The proof with one hash flipped, cut, left out, doubled, put in or moved."""
    for at, one in enumerate(proof):
        before, after = proof[:at], proof[at + 1 :]
        yield (*before, one[:-1] + bytes([one[-1] ^ 0x80]), *after)
        yield (*before, one[:-1], *after)
        yield before + after
        yield (*before, one, one, *after)
        if after and after[0] != one:
            yield (*before, after[0], one, *after[1:])
    for other in others:
        yield (*proof, other)
        yield (other, *proof)


def not_included(*claim: object) -> None:
    with pytest.raises(InclusionError):
        check_inclusion(*claim)  # type: ignore[arg-type]
    with pytest.raises(verify.Wrong):
        verify.check_inclusion(*claim)


@settings(max_examples=25, deadline=None)
@given(TREES)
def test_every_inclusion_proof_holds_and_none_that_was_changed(entries: list[bytes]) -> None:
    tree = Tree(entries)
    root = tree.roots[tree.size]
    for index, leaf in enumerate(tree.leaves):
        proof = prove_inclusion(index, tree.size, tree.get)
        check_inclusion(leaf, index, tree.size, proof, root)
        verify.check_inclusion(leaf, index, tree.size, proof, root)
        for changed in changes(proof, (leaf, root)):
            not_included(leaf, index, tree.size, changed, root)
        for other in {0, index - 1, index + 1, tree.size - 1, tree.size, -1} - {index}:
            not_included(leaf, other, tree.size, proof, root)
        not_included(root, index, tree.size, proof, leaf_hash(root))
        not_included(leaf_hash(leaf), index, tree.size, proof, root)
        # A size comes with its root, from one signed checkpoint.
        for size in range(1, tree.size):
            not_included(leaf, index, size, proof, tree.roots[size])


def not_consistent(old: int, new: int, before: bytes, after: bytes, proof: object) -> None:
    with pytest.raises(ConsistencyError):
        check_consistency(old, new, before, after, proof)  # type: ignore[arg-type]
    with pytest.raises(verify.Wrong):
        verify.check_consistency(old, before, new, after, proof)


@settings(max_examples=25, deadline=None)
@given(TREES)
def test_every_consistency_proof_holds_and_none_that_was_changed(entries: list[bytes]) -> None:
    tree = Tree(entries)
    for new in range(1, tree.size + 1):
        for old in range(1, new + 1):
            roots = (tree.roots[old], tree.roots[new])
            proof = prove_consistency(old, new, tree.get)
            check_consistency(old, new, *roots, proof)
            verify.check_consistency(old, roots[0], new, roots[1], proof)
            for changed in changes(proof, roots):
                not_consistent(old, new, *roots, changed)
            if old < new:
                not_consistent(old, new, roots[1], roots[0], proof)
                not_consistent(new, old, roots[1], roots[0], proof)
                not_consistent(old, new, leaf_hash(roots[0]), roots[1], proof)
                not_consistent(old, new, roots[0], leaf_hash(roots[1]), proof)
                # The same proof is of no other two sizes.
                for other in {1, old - 1, old + 1} - {0, old, new}:
                    not_consistent(other, new, tree.roots[other], roots[1], proof)


@settings(max_examples=25, deadline=None)
@given(TREES, st.data())
def test_two_histories_have_no_proof_between_them(
    entries: list[bytes], data: st.DataObject
) -> None:
    """One early leaf is another: neither's honest proof connects them."""
    tree = Tree(entries)
    changed = data.draw(st.integers(0, tree.size - 1), "changed")
    fork = Tree([*entries[:changed], b"something else", *entries[changed + 1 :]])
    for old in range(changed + 1, tree.size + 1):
        for prover in (tree, fork):
            proof = prove_consistency(old, tree.size, prover.get)
            not_consistent(old, tree.size, tree.roots[old], fork.roots[tree.size], proof)
            not_consistent(old, tree.size, fork.roots[old], tree.roots[tree.size], proof)

"""The way from a leaf to the root, as the entry page draws it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.merkle import leaf_hash, node_hash, root_of
from webui.pages.inclusion import climb


def _subtree_proof(leaves: list[bytes], index: int) -> list[bytes]:
    """RFC 6962 section 2.1.1, as it is written there."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*_subtree_proof(leaves[:split], index), root_of(leaves[split:])]
    return [*_subtree_proof(leaves[split:], index - split), root_of(leaves[:split])]


@given(st.integers(1, 70), st.data())
def test_the_last_step_is_the_root(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    steps = climb(leaves[index], index, size, _subtree_proof(leaves, index))
    reached = steps[-1].result if steps else leaves[index].hex()
    assert reached == root_of(leaves).hex()


@pytest.mark.parametrize(("index", "sides"), [(0, ["right", "right"]), (2, ["left"])])
def test_a_step_says_on_which_side_the_sibling_stands(index: int, sides: list[str]) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(3)]
    steps = climb(leaves[index], index, 3, _subtree_proof(leaves, index))
    assert [step.side for step in steps] == sides
    if index == 2:
        assert steps[0].sibling == node_hash(leaves[0], leaves[1]).hex()

"""The way from a leaf to the root, as the entry page draws it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.merkle import leaf_hash, node_hash, root_of
from webui.pages.audit_path import draw_path
from webui.pages.inclusion import climb
from webui.reports.scene_svg import to_svg


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


@given(st.integers(1, 70), st.data())
def test_each_hash_is_over_the_entries_that_it_is_said_to_cover(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    for step in climb(leaves[index], index, size, _subtree_proof(leaves, index)):
        for digest, covers in ((step.sibling, step.sibling_covers), (step.result, step.covers)):
            assert digest == root_of(leaves[covers.first : covers.last + 1]).hex()


def test_the_picture_shows_the_path_its_siblings_and_the_root() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(7)]
    steps = climb(leaves[5], 5, 7, _subtree_proof(leaves, 5))
    drawing = to_svg(draw_path(leaves[5].hex(), 5, steps))
    assert drawing.count("Supplied by the proof") == 3
    for word in (
        "leaf: entry 5",
        "entry 4",
        "4\u20135",
        "entry 6",
        "4\u20136",
        "0\u20133",
        "root over 0\u20136",
    ):
        assert f">{word}</text>" in drawing, word
    assert root_of(leaves).hex() in drawing


def test_the_only_entry_is_leaf_and_root() -> None:
    leaf = leaf_hash(b"")
    assert "leaf and root: entry 0" in to_svg(draw_path(leaf.hex(), 0, ()))

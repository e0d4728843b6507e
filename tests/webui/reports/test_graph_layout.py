"""Lineage graphs: left to right, nothing over anything, the same for the same graph."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from itertools import combinations

import pytest

from tests.webui.reports.samples import LONG_NAME, a_graph
from webui.reports.graph_layout import BOX_HEIGHT, BOX_WIDTH, Edge, Node, layout
from webui.reports.node_shape import NODE_LOOKS
from webui.reports.scene import Group, Path, Rect, Scene, Text, bounds
from webui.reports.scene_svg import to_svg
from webui.reports.text_width import ADVANCES, text_width, truncated

_DIGEST_OF_A_GRAPH = """
import hashlib
from tests.webui.reports.samples import a_graph
from webui.reports.graph_layout import layout
from webui.reports.scene_svg import to_svg
print(hashlib.sha256(to_svg(layout(*a_graph(40))).encode()).hexdigest())
"""


def _boxes(scene: Scene) -> dict[str, tuple[float, float, float, float]]:
    found = {}
    for item in scene.items:
        if isinstance(item, Group) and item.role.startswith("node "):
            box = bounds(item.items)
            assert box is not None
            found[item.title] = box
    return found


def _node(ident: str) -> Node:
    return Node(ident, ident, "", "version")


def test_no_box_lies_on_another_and_all_lie_within_the_scene() -> None:
    scene = layout(*a_graph(40))
    boxes = list(_boxes(scene).values())
    assert len(boxes) == 37
    for (left, top, right, bottom), (x0, y0, x1, y1) in combinations(boxes, 2):
        assert right < x0 or x1 < left or bottom < y0 or y1 < top
    for left, top, right, bottom in boxes:
        assert left >= 0
        assert top >= 0
        assert right <= scene.width
        assert bottom <= scene.height


def test_every_arrow_of_an_acyclic_graph_points_to_the_right() -> None:
    chain = [Edge("a", "b"), Edge("b", "c"), Edge("a", "c"), Edge("x", "c")]
    boxes = _boxes(layout([_node(name) for name in "abcx"], chain))
    at = {title.rpartition(" ")[2]: box[0] for title, box in boxes.items()}
    assert all(at[edge.source] < at[edge.target] for edge in chain)
    assert at["x"] == at["b"], "a source stands right before what was made of it"


def test_the_same_graph_gives_the_same_drawing_in_another_process() -> None:
    here = hashlib.sha256(to_svg(layout(*a_graph(40))).encode()).hexdigest()
    there = subprocess.run(
        [sys.executable, "-c", _DIGEST_OF_A_GRAPH], capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == here


def test_a_cycle_is_drawn_and_not_refused() -> None:
    nodes = [_node(name) for name in "abc"]
    edges = [Edge("a", "b"), Edge("b", "c"), Edge("c", "a", "parent of"), Edge("b", "b")]
    scene = layout(nodes, edges)
    arrows = [item for item in scene.items if isinstance(item, Group) and item.role == "edge"]
    assert len(arrows) == 4
    assert len(_boxes(scene)) == 3


def test_a_long_name_is_shortened_in_its_box_and_whole_in_its_title() -> None:
    scene = layout([Node("base", LONG_NAME, "", "base_model")], [])
    (group,) = (item for item in scene.items if isinstance(item, Group))
    (label,) = (t for t in group.items if isinstance(t, Text) and t.role == "node-label")
    assert label.text.endswith("…")
    assert text_width(label.text, label.size, bold=True) < BOX_WIDTH
    assert LONG_NAME in group.title


def test_every_kind_has_a_word_a_colour_and_an_outline_of_its_own() -> None:
    outlines = []
    for look in NODE_LOOKS.values():
        assert look.word
        outlines.append(look.outline)
    assert len(set(outlines)) == len(NODE_LOOKS) == len({look.ink for look in NODE_LOOKS.values()})
    for kind in NODE_LOOKS:
        scene = layout([Node("n", "name", "", kind)], [])
        (group,) = (item for item in scene.items if isinstance(item, Group))
        assert any(isinstance(item, Rect | Path) for item in group.items)
        texts = [item.text for item in group.items if isinstance(item, Text)]
        assert NODE_LOOKS[kind].word.upper() in texts


def test_what_is_no_graph_is_refused() -> None:
    for nodes, edges in (
        ([], []),
        ([_node("a"), _node("a")], []),
        ([_node("a")], [Edge("a", "b")]),
    ):
        with pytest.raises(ValueError, match=r"node"):
            layout(nodes, edges)


def test_a_node_that_nothing_leads_to_is_drawn_too() -> None:
    scene = layout([_node("a"), _node("b")], [])
    assert len(_boxes(scene)) == 2
    assert scene.height >= BOX_HEIGHT


def test_the_widths_assumed_are_those_of_ascii_and_never_less_than_the_face_of_the_pdf() -> None:
    from webui.reports.pdf.fonts import BOLD, SANS, advance

    assert len(ADVANCES) == 95
    for code, width in enumerate(ADVANCES, start=0x20):
        assert width >= advance(chr(code), SANS) - 1
        assert text_width(chr(code), 1000, bold=True) >= advance(chr(code), BOLD)


def test_a_text_is_cut_only_where_it_does_not_fit() -> None:
    assert truncated("short", 9, 100) == "short"
    cut = truncated("日本語" * 20, 9, 100)
    assert cut.endswith("…")
    assert text_width(cut, 9) <= 100

"""Drawings as SVG: well formed, escaped, without styles, the same each time."""

from __future__ import annotations

import re
from xml.etree.ElementTree import fromstring

import pytest

from tests.webui.reports.samples import HOSTILE, LONG_NAME, a_graph
from webui.reports.chart import chart_scene
from webui.reports.graph_layout import Edge, Node, layout
from webui.reports.model import Bar, Chart
from webui.reports.node_shape import outline
from webui.reports.scene import Group, Rect, Scene, Text
from webui.reports.scene_svg import NAMESPACE, to_svg

NS = f"{{{NAMESPACE}}}"


def test_a_graph_is_well_formed_svg_with_words_for_those_who_do_not_see_it() -> None:
    nodes, edges = a_graph(40)
    root = fromstring(to_svg(layout(nodes, edges, title="Lineage", description="Words")))
    assert root.tag == f"{NS}svg"
    assert root.findtext(f"{NS}title") == "Lineage"
    assert root.findtext(f"{NS}desc") == "Words"
    titles = [element.text or "" for element in root.iter(f"{NS}title")]
    assert all(any(node.label in title for title in titles) for node in nodes)


def test_no_element_has_a_style_or_a_handler_or_is_a_script() -> None:
    nodes, edges = a_graph(20)
    for element in fromstring(to_svg(layout(nodes, edges))).iter():
        assert element.tag.removeprefix(NS) in {
            "svg",
            "title",
            "desc",
            "g",
            "a",
            "rect",
            "path",
            "text",
        }
        assert "style" not in element.attrib
        assert not [name for name in element.attrib if name.startswith("on")]


def test_markup_in_a_label_stays_text() -> None:
    node = Node("n", HOSTILE, HOSTILE, "version", None)
    svg = to_svg(layout([node], [], title=HOSTILE))
    assert "<b>" not in svg
    assert "<img" not in svg
    assert fromstring(svg).findtext(f"{NS}title") == HOSTILE


@pytest.mark.parametrize(
    ("link", "is_followed"),
    [
        ("/versions/a@1?tab=x", True),
        ("https://example.org/a", True),
        ("#part", True),
        ("javascript:alert(1)", False),
        ("//example.org/a", False),
        ("data:text/html,x", False),
        ('/a"onclick="x', False),
    ],
)
def test_only_addresses_of_the_web_are_links(link: str, is_followed: bool) -> None:
    node = Node("n", "model 1", "", "version", link)
    anchors = list(fromstring(to_svg(layout([node], []))).iter(f"{NS}a"))
    assert [anchor.get("href") for anchor in anchors] == ([link] if is_followed else [])


def test_characters_that_xml_forbids_are_replaced() -> None:
    text = Text(0, 10, "a\x00b\x0bc\ud800d")
    scene = Scene(10, 10, (Group((text,), "t\x01"),))
    assert next(fromstring(to_svg(scene)).iter(f"{NS}text")).text == "a\ufffdb\ufffdc\ufffdd"


def test_an_equal_graph_is_drawn_equally() -> None:
    assert to_svg(layout(*a_graph(40))) == to_svg(layout(*a_graph(40)))


def test_no_two_nodes_overlap_and_all_lie_inside() -> None:
    nodes, edges = a_graph(60)
    scene = layout(nodes, edges)
    boxes = [
        (float(box.get("x", 0)), float(box.get("y", 0)))
        for box in fromstring(to_svg(scene)).iter(f"{NS}text")
        if box.get("class") == "node-label"
    ]
    assert len(boxes) == len(nodes) == len(set(boxes))
    assert all(0 < x < scene.width and 0 < y < scene.height for x, y in boxes)
    for number, (x, y) in enumerate(boxes):
        assert all(abs(x - u) > 100 or abs(y - v) >= 46 for u, v in boxes[number + 1 :])


def test_a_long_name_ends_in_an_ellipsis_and_stands_whole_in_the_title() -> None:
    svg = to_svg(layout([Node("n", LONG_NAME, "", "version", None)], []))
    root = fromstring(svg)
    label = next(text for text in root.iter(f"{NS}text") if text.get("class") == "node-label")
    assert (label.text or "").endswith("…")
    assert any(LONG_NAME in (title.text or "") for title in root.iter(f"{NS}title"))


def test_kinds_differ_by_word_and_by_shape() -> None:
    nodes = a_graph(8)[0]
    root = fromstring(to_svg(layout(nodes, [])))
    words = [text.text for text in root.iter(f"{NS}text") if text.get("class") == "node-kind"]
    assert len(set(words)) == 7
    shapes = [Scene(20, 20, outline(node.kind, 0, 0, 20, 20)) for node in nodes]
    colourless = {re.sub(r"#[0-9a-f]{6}", "", to_svg(shape)) for shape in shapes}
    assert len(colourless) == 7


def test_a_cycle_and_an_edge_to_itself_are_drawn() -> None:
    nodes = [Node(name, name, "", "version", None) for name in "ab"]
    edges = [Edge("a", "b"), Edge("b", "a"), Edge("a", "a", "parent of")]
    root = fromstring(to_svg(layout(nodes, edges)))
    assert len([group for group in root.iter(f"{NS}g") if group.get("class") == "edge"]) == 3


@pytest.mark.parametrize(
    ("nodes", "edges"),
    [
        ([], []),
        ([Node("a", "a", "", "version", None)] * 2, []),
        ([Node("a", "a", "", "version", None)], [Edge("a", "b")]),
    ],
)
def test_a_graph_that_does_not_hold_together_is_refused(
    nodes: list[Node], edges: list[Edge]
) -> None:
    with pytest.raises(ValueError, match="graph"):
        layout(nodes, edges)


@pytest.mark.parametrize("shape", ["bars", "columns"])
def test_every_bar_says_its_name_and_number(shape: str) -> None:
    chart = Chart((Bar("Failed", 2, "fail"), Bar("Passed", 1400, "pass")), "Verdicts", shape)  # type: ignore[arg-type]
    texts = " ".join(
        text.text or "" for text in fromstring(to_svg(chart_scene(chart))).iter(f"{NS}text")
    )
    for part in ("Failed", "Passed", "2", "1,400", "✓", "✗"):
        assert part in texts


def test_a_chart_of_nothing_but_zeros_is_drawn() -> None:
    scene = chart_scene(Chart((Bar("a", 0), Bar("b", 0)), "None"))
    assert not [item for item in scene.items if isinstance(item, Rect) and item.width > 0]

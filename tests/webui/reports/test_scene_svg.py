"""The SVG of a scene: well-formed, without styles, and data in it stays data."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring

import pytest

from tests.webui.reports.samples import HOSTILE, a_graph
from webui.reports.graph_layout import layout
from webui.reports.scene import Group, Pen, Rect, Scene, Step, Text, bounds, line
from webui.reports.scene_svg import NAMESPACE, number, to_svg

BOX = Rect(0, 0, 10, 10, Pen("#ffffff"))
UNSAFE = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/x",
    "/\\evil.example/x",
    "vbscript:x",
    "https://example.org/\"onload='x'",
)


def _painted(scene: Scene) -> Element:
    return fromstring(to_svg(scene))


def _scene(*items: Group | Rect | Text) -> Scene:
    return Scene(100, 50, items, "A title", "A description")


def test_a_graph_is_well_formed_and_has_no_style_and_no_script() -> None:
    root = _painted(layout(*a_graph(40)))
    assert root.tag == f"{{{NAMESPACE}}}svg"
    for element in root.iter():
        assert "style" not in element.attrib
        assert not [name for name in element.attrib if name.lower().startswith("on")]
        assert element.tag.rpartition("}")[2] in {
            *("svg", "title", "desc", "g", "a", "rect", "path", "text"),
        }


def test_markup_in_a_label_is_shown_as_text() -> None:
    root = _painted(_scene(Group((Text(1, 9, HOSTILE),), HOSTILE)))
    assert root.findtext(f".//{{{NAMESPACE}}}text") == HOSTILE
    assert root.findtext(f".//{{{NAMESPACE}}}g/{{{NAMESPACE}}}title") == HOSTILE
    assert root.find(f".//{{{NAMESPACE}}}img") is None


@pytest.mark.parametrize("link", UNSAFE)
def test_a_link_that_could_run_or_leave_unseen_is_not_drawn(link: str) -> None:
    root = _painted(_scene(Group((BOX,), "box", link)))
    assert root.find(f".//{{{NAMESPACE}}}a") is None
    assert root.find(f".//{{{NAMESPACE}}}rect") is not None


@pytest.mark.parametrize("link", ["/models/churn", "#entry-7", "https://example.org/a?b=c&d=e"])
def test_a_link_to_a_page_is_drawn_as_it_is(link: str) -> None:
    found = _painted(_scene(Group((BOX,), "box", link))).find(f".//{{{NAMESPACE}}}a")
    assert found is not None
    assert found.get("href") == link


def test_characters_that_xml_forbids_are_replaced() -> None:
    root = _painted(_scene(Text(1, 9, "a\x00b\x1b\ud800c")))
    assert root.findtext(f".//{{{NAMESPACE}}}text") == "a\ufffdb\ufffd\ufffdc"


def test_title_and_description_come_first_for_those_who_cannot_see() -> None:
    root = _painted(_scene(BOX))
    assert [(element.tag.rpartition("}")[2], element.text) for element in root][:2] == [
        ("title", "A title"),
        ("desc", "A description"),
    ]
    assert root.get("role") == "img"


def test_a_scene_with_links_is_a_group_so_that_they_can_be_reached() -> None:
    assert _painted(_scene(Group((BOX,), "box", "/x"))).get("role") == "group"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.001, "0"), (1, "1"), (100, "100"), (1.5, "1.5"), (2.346, "2.35")],
)
def test_lengths_are_written_short_and_alike(value: float, text: str) -> None:
    assert number(value) == text


def test_the_bounds_of_a_group_hold_all_its_shapes() -> None:
    inner = line((5, -3), (40, 8), pen=Pen(None, "#000000"))
    assert bounds((Group((BOX, inner)), Text(900, 900, "x"))) == (0, -3, 40, 10)
    assert bounds((Text(1, 1, "x"),)) is None
    assert inner.steps[0] == Step("M", ((5, -3),))

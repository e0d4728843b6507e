"""Charts: every bar says its name, its number and, for a verdict, its sign."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import fromstring

import pytest

from webui.reports.chart import chart_scene
from webui.reports.model import Bar, Chart
from webui.reports.scene import Rect
from webui.reports.scene_svg import NAMESPACE, to_svg

if TYPE_CHECKING:
    from webui.reports.model import ChartShape


@pytest.mark.parametrize("shape", ["bars", "columns"])
def test_every_bar_says_its_name_its_number_and_its_sign(shape: ChartShape) -> None:
    chart = Chart((Bar("Failed", 2, "fail"), Bar("Passed", 1400, "pass")), "Verdicts", shape)
    drawn = fromstring(to_svg(chart_scene(chart)))
    texts = {element.text for element in drawn.iter(f"{{{NAMESPACE}}}text")}
    assert texts == {"✗ Failed", "2", "✓ Passed", "1,400"}


def test_a_chart_of_nothing_but_zeros_has_no_bars() -> None:
    scene = chart_scene(Chart((Bar("a", 0), Bar("b", 0)), "None"))
    assert not [item for item in scene.items if isinstance(item, Rect) and item.width > 0]


def test_the_longest_bar_has_the_highest_number() -> None:
    scene = chart_scene(Chart((Bar("a", 5), Bar("b", 10)), "Two"))
    first, second = (item.width for item in scene.items if isinstance(item, Rect))
    assert second == pytest.approx(2 * first)

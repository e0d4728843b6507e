"""A metric through the versions of a model: only what was measured alike stands in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import fromstring

from tests.webui.pages.pages_read import PageRead
from webui.reports.points import Point, Points, history_scene, points_scene
from webui.reports.scene import Rect
from webui.reports.scene_svg import NAMESPACE, to_svg

if TYPE_CHECKING:
    from tests.webui.life.conftest import Town


def test_a_series_is_one_metric_on_one_data_set(town: Town) -> None:
    found = town.api("ana").get("/models/triage/metrics").json["series"]
    assert [(one["name"], one["data_set"]) for one in found] == [
        ("accuracy", "holdout"), ("roc_auc", "holdout"),
    ]  # fmt: skip
    assert [(point["version"], point["value"]) for point in found[0]["points"]] == [
        ("1.0.0", "0.942"), ("1.1.0", "0.951"),
    ]  # fmt: skip
    assert town.api("ana").get("/models/nobody/metrics").status_code == 404


def test_the_models_page_draws_it_with_a_table_beside(town: Town) -> None:
    client = town.seeded.browser("chi")
    page = client.get("/models/triage").text
    assert PageRead(page).faults() == []
    assert "accuracy on holdout (higher is better)" in page
    assert "Accuracy on holdout as a table" in page
    assert "Metrics through the versions" not in client.get("/models/churn").text


def test_every_point_says_its_number_where_there_is_room() -> None:
    group = Points("m", (Point("1.0.0", 0.5, "0.5", 0.4, 0.6), Point("1.1.0", 0.5, "0.5")))
    for scene in (points_scene([group], "t"), history_scene(group)):
        drawn = fromstring(to_svg(scene))
        texts = [element.text for element in drawn.iter(f"{{{NAMESPACE}}}text")]
        assert texts.count("0.5") == 2
        assert {"1.0.0", "1.1.0"} <= set(texts)
        assert scene.description.count("0.5") == 2


def test_a_higher_value_stands_higher() -> None:
    scene = history_scene(Points("m", (Point("a", 1, "1"), Point("b", 2, "2"))))
    low, high = (item.y for item in scene.items if isinstance(item, Rect))
    assert high < low

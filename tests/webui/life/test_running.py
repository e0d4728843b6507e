"""What ran at an instant, and what a stamp on a prediction leads back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import InputError
from ledger.events.names import format_instant, parse_instant
from tests.webui.pages.pages_read import PageRead
from webui.life.running import moment_of, ran_at, timeline
from webui.reports.timeline_scene import timeline_scene

if TYPE_CHECKING:
    from tests.webui.life.conftest import Town


@pytest.mark.parametrize(
    ("time", "version"),
    [
        ("2026-03-12T05:59:00Z", None),
        ("2026-03-12T12:00:00Z", "1.0.0"),
        ("2026-03-14 15:00", "1.1.0"),
        ("2026-03-14T16:00:00+01:00", "1.1.0"),
        ("2026-03-15 05:00", "1.0.0"),
        ("2030-01-01", "1.0.0"),
    ],
)
def test_what_ran_then_is_told(town: Town, time: str, version: str | None) -> None:
    query = {"environment": "production", "time": time}
    found = town.api("ana").get("/models/triage/ran-at", query_string=query).json
    assert (found["ran"] and found["ran"]["deployment"]["version"]) == version


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01", "9999-12-31T23:59:59-23:59", ""])
def test_what_is_no_time_is_refused(town: Town, time: str) -> None:
    with pytest.raises(InputError, match="no time"):
        moment_of(time)
    query = {"environment": "production", "time": time}
    assert town.api("ana").get("/models/triage/ran-at", query_string=query).status_code == 422


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seconds=st.integers(-86_400, 20 * 86_400))
def test_at_each_instant_runs_what_the_timeline_says(town: Town, seconds: int) -> None:
    from datetime import timedelta

    reader = town.seeded.house.wiring.reader
    items = [one.deployment for one in timeline(reader, "triage").items]
    at = format_instant(parse_instant(items[0].at) + timedelta(seconds=seconds))
    alive = [one for one in items if one.at <= at and (one.ended_at is None or at < one.ended_at)]
    found = ran_at(reader, "triage", "production", at).ran
    assert ([found.deployment] if found else []) == alive


def test_a_stamp_leads_back_to_everything(town: Town) -> None:
    api = town.api("ana")
    stamps = [one["stamp"] for one in api.get("/models/triage/timeline").json["items"]]
    assert len(stamps) == 3
    found = api.get(f"/trace/{stamps[1]}").json
    assert found["version"]["version"] == "1.1.0"
    assert found["version"]["data_sets"][0]["name"] == "customers"
    assert {one["actor"] for one in found["approvals"]} == {town.seeded.bo, town.seeded.chi}
    number = found["deployment"]["since"]
    assert api.get(f"/trace/{number}").json == found


@pytest.mark.parametrize(
    ("stamp", "status"),
    [
        ("cs-1", 422),
        ("nonsense", 422),
        ("0", 404),
        ("99999", 404),
        ("cs-{n}-0000000000000000", 404),
    ],
)
def test_a_stamp_that_was_misread_is_found_out(town: Town, stamp: str, status: int) -> None:
    api = town.api("ana")
    number = api.get("/models/triage/timeline").json["items"][0]["deployment"]["since"]
    assert api.get(f"/trace/{stamp.format(n=number)}").status_code == status


def test_the_pages_answer_and_draw(town: Town) -> None:
    client = town.seeded.browser("chi")
    asked = "environment=production&time=2026-03-14T15:00"
    page = client.get(f"/models/triage/timeline?{asked}").text
    assert PageRead(page).faults() == []
    assert "triage 1.1.0</a></strong> ran in production" in page
    nothing = client.get("/models/triage/timeline?environment=production&time=2020-01-01T00:00")
    assert "nothing of triage ran in production" in nothing.text
    assert PageRead(client.get("/models/churn/timeline").text).faults() == []
    stamp = town.api("ana").get("/models/triage/timeline").json["items"][0]["stamp"]
    traced = client.get(f"/deployments/trace?stamp={stamp}").text
    assert PageRead(traced).faults() == []
    assert "customers 2026.02" in traced
    assert PageRead(client.get("/deployments/trace").text).faults() == []
    assert client.get("/deployments/trace?stamp=x").status_code == 422


def test_the_drawing_has_a_bar_for_each_deployment(town: Town) -> None:
    items = [one.deployment for one in timeline(town.seeded.house.wiring.reader, "triage").items]
    scene = timeline_scene(items, "2026-03-20T00:00:00.000000Z")
    assert scene is not None
    assert scene.description.count("production:") == 3
    assert timeline_scene([], "2026-03-20T00:00:00.000000Z") is None
    assert timeline_scene(items[:1], items[0].at) is not None

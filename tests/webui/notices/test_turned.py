"""Verdicts that turned are told to whoever subscribed: once, together, and not too often."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.webui.seed import live
from webui.standing.follower import Follower

if TYPE_CHECKING:
    from tests.webui.notices.conftest import Office

TITLE = "Verdict of a control turned: SOC 2"


def _told(office: Office) -> list[dict[str, Any]]:
    """What the pipeline was told of SOC 2 so far."""
    office.courier.turn()
    found = [json.loads(post.body) for post in office.hooks.posts]
    return [one for one in found if one["title"] == TITLE]


def test_verdicts_are_told_together_once_and_after_an_hour_of_quiet(office: Office) -> None:
    office.subscribe(office.house.administrator, "verdict", channel="pipeline")
    follower = Follower(office.wiring)
    follower.catch_up()
    assert _told(office) == [], "a first look alarms nobody"

    live(office.seeded)
    follower.catch_up()
    follower.catch_up()
    assert len(_told(office)) == 1
    assert len(_told(office)) == 1
    (told,) = _told(office)
    assert "from not exercised to" in told["sentence"]
    assert told["link"].endswith("/controls?framework=soc2")

    office.house.enrol("Yan")
    follower.catch_up()
    assert len(_told(office)) == 1

    office.house.clock.move(days=400)
    office.house.enrol("Zoe")
    follower.catch_up()
    assert len(_told(office)) == 2, "what left the days that are looked at turned verdicts"
    office.house.clock.move(minutes=30)
    office.house.enrol("Ute", "", "data_scientist")
    follower.catch_up()
    assert len(_told(office)) == 2, "within the hour nothing more is told"
    office.house.clock.move(minutes=40)
    office.house.enrol("Vic")
    follower.catch_up()
    last = _told(office)
    assert len(last) == 3, "after the hour it is, with the next entry"
    assert "CC6.2" in last[-1]["sentence"] or "CC6.3" in last[-1]["sentence"]

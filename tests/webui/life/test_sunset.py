"""What is past its sunset and runs nowhere is archived by the service, where the policy lets it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from ledger.events.entry import decode_entry
from policies import document_digest
from policies.bundle import compose
from policies.shipped import shipped_bundle, shipped_policy
from tests.webui.api.company import a_version, found
from tests.webui.house import copied
from tests.webui.life.test_retiring import asking
from webui.life.retiring import calendar
from webui.life.sunset import SunsetClock, archive_past_sunset, missing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.webui.api.company import Company


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """churn 1.0.0 runs in staging and 1.1.0 nowhere; both end on 10 April."""
    house = copied(tmp_path / "home")
    made = found(house)
    made.deployed()
    second = a_version("1.1.0")
    second["artifact"] |= {"sha256": "11" * 32}
    made.scientist.submit("version.registered", second)
    for version in ("1.0.0", "1.1.0"):
        ended = {"model": "churn", "version": version, "cause": "quality", "reason": "Weak"}
        answer = made.lead.submit("version.deprecated", {**ended, "effective_on": "2026-04-10"})
        assert answer.status_code == 201
    yield made
    house.wiring.close()


def test_only_what_is_past_its_day_and_runs_nowhere_is_archived_once(company: Company) -> None:
    house = company.house
    assert archive_past_sunset(house.wiring) == []
    house.clock.move(days=40)
    (entry,) = archive_past_sunset(house.wiring)
    told = house.wiring.reader.tell(entry)
    event = decode_entry(told.row.envelope).event
    assert (event.kind, event.facts()["version"]) == ("version.archived", "1.1.0")
    assert decode_entry(told.row.envelope).actor.id == house.wiring.service.id
    assert house.wiring.reader.version("churn", "1.0.0").state == "deprecated", "it still runs"
    size = house.size
    assert archive_past_sunset(house.wiring) == []
    assert house.size == size, "nothing is recorded of what can't be archived yet"
    (running,) = house.wiring.reader.running("churn")
    stop = {"model": "churn", "environment": "staging", "deployment": running.since}
    assert asking(company, "operations").submit("deployment.stopped", stop).status_code == 201
    assert len(archive_past_sunset(house.wiring)) == 1


def test_where_the_policy_wants_people_for_it_nothing_is_tried_and_the_page_says_why(
    company: Company,
) -> None:
    house = company.house
    document = compose(shipped_policy(), [shipped_bundle("strict-four-eyes")])
    change = {
        "policy": document.id,
        "digest": document_digest(document),
        "previous": house.wiring.reader.policy()[0].digest,
        "document": document.canonical(),
    }
    root = house.api(house.token(house.administrator))
    assert root.submit("policy.activated", change).status_code == 201
    house.clock.move(days=40)
    size = house.size
    assert archive_past_sunset(house.wiring) == []
    assert house.size == size
    (ready,) = (one for one in calendar(house.wiring).items if one.ready_to_archive)
    assert any("approval" in sentence for sentence in missing(house.wiring, ready))


def test_the_clock_archives_by_itself_and_stops(company: Company) -> None:
    house = company.house
    house.clock.move(days=40)
    clock = SunsetClock(house.wiring, seconds=3600)
    clock.start()
    for _ in range(600):
        if house.wiring.reader.version("churn", "1.1.0").state == "archived":
            break
        time.sleep(0.05)
    clock.stop()
    assert house.wiring.reader.version("churn", "1.1.0").state == "archived"

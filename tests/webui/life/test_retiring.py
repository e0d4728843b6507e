"""The calendar of deprecations, acknowledgements, archiving, and what is obsolete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.webui.api.company import Company, a_model, a_version, found
from tests.webui.house import build
from tests.webui.pages.pages_read import PageRead
from tests.webui.seed import PASSWORD, Seeded
from webui.identity.accounts import create_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.webui.house import Api


@pytest.fixture
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """churn 1.0.0 runs in staging and ends in April; 1.1.0 never ran; both have bytes of their own."""
    house = build(tmp_path_factory.mktemp("retiring") / "home")
    made = found(house)
    made.deployed()
    made.scientist.submit("model.registered", a_model(made.scientist_id, "offers"))
    second = a_version("1.1.0")
    second["artifact"] |= {"sha256": "11" * 32, "size_bytes": 1_000}
    made.scientist.submit("version.registered", second)
    ended = {"model": "churn", "version": "1.0.0", "cause": "superseded", "replacement": "1.1.0"}
    ended |= {"effective_on": "2026-04-10", "reason": "Newer"}
    assert made.lead.submit("version.deprecated", ended).status_code == 201
    yield made
    house.wiring.close()


def asking(company: Company, role: str = "compliance") -> Api:
    """Whoever holds a role, with a token of now."""
    (holder,) = company.house.wiring.reader.holders(role)
    return company.house.api(company.house.token(holder))


def one(company: Company) -> dict[str, Any]:
    (item,) = asking(company).get("/deprecations").json["items"]
    found: dict[str, Any] = item
    return found


def test_the_calendar_counts_down_and_names_who_still_uses_it(company: Company) -> None:
    item = one(company)
    assert (item["sunset"], item["days_left"], item["notice_days"]) == ("2026-04-10", 32, 32)
    assert item["environments"] == ["staging"]
    assert item["replacement"] == "1.1.0"
    assert len(item["owed"]) == 2, "owner and requester, and whoever deployed it"
    company.house.clock.move(days=40)
    later = one(company)
    assert later["days_left"] == -8
    assert not later["ready_to_archive"], "it still runs"


def test_acknowledging_is_an_entry_and_happens_once(company: Company) -> None:
    of = {"model": "churn", "version": "1.0.0"}
    done = company.scientist.submit("deprecation.acknowledged", {**of, "note": "In May"})
    assert done.status_code == 201
    assert company.scientist.submit("deprecation.acknowledged", of).status_code == 409
    assert company.nobody.submit("deprecation.acknowledged", of).status_code == 403
    other = {**of, "version": "1.1.0"}
    assert company.scientist.submit("deprecation.acknowledged", other).status_code == 409
    item = one(company)
    assert [said["actor"] for said in item["acknowledged"]] == [company.scientist_id]
    assert company.scientist_id not in item["owed"]
    assert len(item["owed"]) == 1


def test_what_is_obsolete_is_told_with_sizes_and_shared_bytes_once(company: Company) -> None:
    assert company.officer.get("/obsolete").json == {"items": [], "bytes": 0}
    third = a_version("1.2.0")
    third["artifact"] |= {"sha256": "11" * 32, "size_bytes": 1_000}
    company.scientist.submit("version.registered", third)
    company.house.clock.move(days=200)
    items = asking(company).get("/obsolete").json
    assert [(item["version"], item["why"], item["counted"]) for item in items["items"]] == [
        ("1.1.0", "never_released", 0)
    ], "1.2.0 is the newest and has the same bytes; 1.0.0 still runs"
    operator = asking(company, "operations")
    run = operator.get("/running").json["items"][0]["since"]
    stop = {"model": "churn", "environment": "staging", "deployment": run}
    assert operator.submit("deployment.stopped", stop).status_code == 201
    items = operator.get("/obsolete").json
    assert ("1.0.0", "past_sunset", 48213) in [
        (item["version"], item["why"], item["counted"]) for item in items["items"]
    ]
    assert items["bytes"] == 48213


def test_the_page_acknowledges_and_archives(company: Company) -> None:
    house = company.house
    for name, role in (("ana", "data_scientist"), ("leo", "ml_lead")):
        actor = house.enrol(name, f"{name}@example.org", role)
        create_account(house.wiring, actor, PASSWORD)
    seeded = Seeded(house, "", "", "", 0)
    leo = seeded.browser("leo")
    page = leo.get("/deprecations").text
    assert PageRead(page).faults() == []
    assert "32 days left" in page
    place = "/deprecations/churn/1.0.0"
    assert seeded.post(leo, f"{place}/acknowledge", "/deprecations").status_code == 302
    assert "Acknowledge<span" not in leo.get("/deprecations").text
    early = seeded.post(leo, f"{place}/archive", "/deprecations")
    assert early.status_code == 409, "it still runs"
    run = house.wiring.reader.running("churn")[0].since
    stop = {"model": "churn", "environment": "staging", "deployment": run}
    assert company.lead.submit("deployment.stopped", stop).status_code == 201
    assert seeded.post(leo, f"{place}/archive", "/deprecations").status_code == 302
    assert company.lead.get("/models/churn/versions/1.0.0").json["state"] == "archived"
    page = leo.get("/deprecations").text
    assert "No version is deprecated." in page
    assert PageRead(page).faults() == []
    again = {"model": "churn", "version": "1.0.0", "environment": "staging", "artifact": "5e" * 32}
    assert company.operator.submit("deployment.recorded", again).status_code in {403, 409}

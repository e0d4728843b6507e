"""The button that puts the last approved version back, and what it passes over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.webui.api.company import Company, a_model, a_version, found
from tests.webui.house import build
from tests.webui.pages.pages_read import PageRead
from tests.webui.seed import PASSWORD, Seeded
from webui.identity.accounts import create_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.webui.life.conftest import Town


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """churn in staging: 1.0.0 to 1.3.0 ran one after the other."""
    house = build(tmp_path_factory.mktemp("back") / "home")
    made = found(house)
    made.scientist.submit("model.registered", a_model(made.scientist_id))
    for number in range(4):
        version, digest = f"1.{number}.0", f"{number}a" * 32
        fields = a_version(version)
        fields["artifact"] |= {"sha256": digest}
        fields["data_sets"][0] |= {"version": f"2026.0{number + 1}"}
        made.scientist.submit("version.registered", fields)
        of = {"model": "churn", "version": version, "environment": "staging"}
        asked = made.scientist.submit("release.requested", of).json["sequence"]
        made.lead.submit("release.approved", {"release": asked, "artifact": digest})
        run = made.operator.submit("deployment.recorded", {**of, "artifact": digest})
        assert run.status_code == 201, run.text
    yield made
    house.wiring.close()


def test_what_may_not_run_again_is_passed_over_and_it_is_said_why(company: Company) -> None:
    api = company.scientist
    where = "/models/churn/fallback?environment=staging"
    assert api.get(where).json["version"] == "1.2.0"
    recall = {"data_set": "customers", "only": "2026.03", "cause": "quality", "reason": "Bad"}
    assert company.officer.submit("recall.placed", recall).status_code == 201
    assert api.get(where).json["version"] == "1.1.0"
    ended = {"model": "churn", "version": "1.1.0", "cause": "quality", "effective_on": "2026-04-01"}
    assert company.lead.submit("version.deprecated", {**ended, "reason": "Old"}).status_code == 201
    told = api.get(where).json
    assert (told["running"], told["version"]) == ("1.3.0", "1.0.0")
    reasons = {one["version"]: one["reason"] for one in told["passed_over"]}
    assert set(reasons) == {"1.1.0", "1.2.0"}
    assert "recalls it" in reasons["1.2.0"]
    assert reasons["1.1.0"] == "it is deprecated"


def test_where_nothing_runs_nothing_is_put_back(company: Company) -> None:
    told = company.scientist.get("/models/churn/fallback?environment=production").json
    assert (told["running"], told["version"]) == (None, None)
    assert company.scientist.get("/models/nobody/fallback?environment=x").status_code == 404


def test_what_the_page_no_longer_offers_is_not_put_back(town: Town) -> None:
    seeded = town.seeded
    bo = seeded.browser("bo")
    page = bo.get("/models/triage").text
    assert PageRead(page).faults() == []
    assert "Nothing to roll back to: 1.1.0: it is deprecated" in page
    fields = {"environment": "production", "version": "1.1.0", "cause": "quality"}
    refused = seeded.post(bo, "/models/triage/rollback", "/models/triage", **fields, reason="x")
    assert refused.status_code == 409
    assert len(town.api("ana").get("/models/triage/timeline").json["items"]) == 3


def test_one_click_asks_the_policy_and_the_history_keeps_both(company: Company) -> None:

    house = company.house
    mail = {"ana": "data_scientist", "bo": "ml_lead"}
    ids = {name: house.enrol(name, f"{name}@example.org", role) for name, role in mail.items()}
    for one in ids.values():
        create_account(house.wiring, one, PASSWORD)
    seeded = Seeded(house, ids["ana"], ids["bo"], "", 0)
    back = {"environment": "staging", "version": "1.0.0", "cause": "incident", "reason": "Down"}
    ana = seeded.browser("ana")
    assert seeded.post(ana, "/models/churn/rollback", "/models/churn", **back).status_code == 403
    bo = seeded.browser("bo")
    page = bo.get("/models/churn").text
    assert PageRead(page).faults() == []
    assert "Put 1.0.0 back" in page
    assert seeded.post(bo, "/models/churn/rollback", "/models/churn", **back).status_code == 302
    runs = company.scientist.get("/models/churn/timeline").json["items"]
    assert [one["deployment"]["status"] for one in runs][-2:] == ["rolled_back", "running"]
    assert company.scientist.get("/running?model=churn").json["items"][0]["version"] == "1.0.0"

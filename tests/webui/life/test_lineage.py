"""Lineage up and down, impact, and a recall that blocks what descends from it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.webui.api.company import ARTIFACT, Company, a_model, a_version, found
from tests.webui.house import build
from tests.webui.pages.pages_read import PageRead
from webui.life.lineage import recalls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.webui.life.conftest import Town


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A base model from elsewhere, churn made from it, offers made from churn."""
    house = build(tmp_path_factory.mktemp("lineage") / "home")
    made = found(house)
    for name in ("churn", "offers"):
        made.scientist.submit("model.registered", a_model(made.scientist_id, name))
    for version, model, parent in (
        ("1.0.0", "churn", ("resnet", "7")),
        ("1.1.0", "churn", ("churn", "1.0.0")),
        ("1.0.0", "offers", ("churn", "1.1.0")),
        ("2.0.0", "offers", None),
    ):
        fields = a_version(version, model)
        if parent:
            of = {"model": parent[0], "version": parent[1], "relation": "base_model"}
            fields |= {"parents": [of]}
        else:
            fields["data_sets"][0] |= {"name": "orders", "version": "4"}
        assert made.scientist.submit("version.registered", fields).status_code == 201
    yield made
    house.wiring.close()


def released(company: Company, version: str, model: str) -> dict[str, Any]:
    of = {"model": model, "version": version, "environment": "staging"}
    asked = company.scientist.submit("release.requested", of)
    vote = {"release": asked.json["sequence"], "artifact": ARTIFACT}
    assert company.lead.submit("release.approved", vote).status_code == 201
    return {**of, "artifact": ARTIFACT}


def ids(answer: Any) -> set[str]:
    return {thing["id"] for thing in answer["things"]}


def test_up_and_down_go_as_many_steps_as_asked_for(company: Company) -> None:
    api = company.scientist
    up = api.get("/lineage?of=version:offers@1.0.0&direction=up&depth=2").json
    assert {"version:churn@1.1.0", "version:churn@1.0.0"} <= ids(up)
    assert "version:resnet@7" not in ids(up)
    further = api.get("/lineage?of=version:offers@1.0.0&direction=up&depth=3").json
    (outside,) = [one for one in further["things"] if one["id"] == "version:resnet@7"]
    assert outside["external"]
    assert outside["entry"] is None
    down = api.get("/lineage?of=version:resnet@7&direction=down&depth=20").json
    assert {one["label"] for one in down["things"]} == {
        "resnet@7", "churn@1.0.0", "churn@1.1.0", "offers@1.0.0",
    }  # fmt: skip
    (arrow,) = [one for one in down["arrows"] if one["source"] == "version:resnet@7"]
    assert arrow["weak"] == ["unknown_parent"]


def test_impact_names_versions_environments_and_owners(company: Company) -> None:
    run = released(company, "1.0.0", "offers")
    company.operator.submit("deployment.recorded", run)
    told = company.scientist.get("/impact?of=version:resnet@7").json
    assert [(one["model"], one["version"], one["direct"]) for one in told["versions"]] == [
        ("churn", "1.0.0", True), ("churn", "1.1.0", False), ("offers", "1.0.0", False),
    ]  # fmt: skip
    assert told["environments"] == ["staging"]
    assert told["owners"] == [company.scientist_id]
    every = company.scientist.get("/impact?of=data:customers").json
    assert len(every["versions"]) == 3


def test_a_recall_blocks_descendants_at_once_and_whynot_says_so(company: Company) -> None:
    run = released(company, "1.1.0", "churn")
    apart = released(company, "2.0.0", "offers")
    recall = {"model": "resnet", "only": "7", "cause": "licence", "reason": "Withdrawn upstream"}
    assert company.scientist.submit("recall.placed", recall).status_code == 403
    placed = company.officer.submit("recall.placed", recall)
    assert placed.status_code == 201, placed.text
    refused = company.operator.submit("deployment.recorded", run)
    assert refused.status_code == 403
    assert "Nothing that the version was made from is recalled" in str(refused.json)
    wanted = {key: run[key] for key in ("model", "version", "environment")}
    unmet = company.operator.post("/why-not", json=wanted).json["unmet"]
    assert {one["requirement"] for one in unmet} == {"not-recalled"}
    assert company.operator.submit("deployment.recorded", apart).status_code == 201
    told = company.scientist.get("/impact?of=version:resnet@7").json
    assert told["recalls"] == [placed.json["sequence"]]
    down = company.scientist.get("/lineage?of=version:resnet@7&direction=down").json
    assert all(one["recalls"] for one in down["things"] if one["kind"] == "version")
    assert len(company.scientist.get("/recalls?status=in_force").json["items"]) == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("of=nonsense", 422),
        ("of=data:nobody@1", 404),
        ("of=code:00", 404),
        ("", 422),
        ("of=data:customers&depth=99", 422),
        ("of=data:customers&direction=left", 422),
    ],
)
def test_what_names_nothing_is_refused(company: Company, query: str, status: int) -> None:
    assert company.scientist.get(f"/lineage?{query}").status_code == status


def test_the_page_draws_recalls_and_lifts(town: Town) -> None:
    seeded = town.seeded
    client = seeded.browser("chi")
    of = "of=data:customers@2026.02"
    page = client.get(f"/lineage?{of}").text
    assert PageRead(page).faults() == []
    assert "<svg" in page
    assert "versions that descend from it: 4" in page
    fields = {"material": "data:customers@2026.02", "scope": "one", "cause": "privacy"}
    done = seeded.post(client, "/lineage/recall", f"/lineage?{of}", **fields, reason="Consent")
    assert done.status_code == 302, done.text
    page = client.get(f"/lineage?{of}").text
    assert "RECALLED" in page
    assert PageRead(page).faults() == []
    number = recalls(seeded.house.wiring.reader)[0].since
    own = seeded.post(client, f"/lineage/recalls/{number}/lift", "/lineage", reason="Mine")
    assert own.status_code == 403
    assert PageRead(client.get("/lineage").text).faults() == []
    assert client.get("/lineage?of=x").status_code == 422
    pdf = client.get(f"/lineage.pdf?{of}&direction=down")
    assert pdf.data.startswith(b"%PDF")
    for path in ("/models", "/models/triage/1.0.0", f"/ledger/{number}"):
        assert PageRead(client.get(path).text).faults() == []

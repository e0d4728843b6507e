"""What monitoring sees against approval: a table and a line, and a review where the policy owes one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from policies import document_digest
from policies.bundle import compose
from policies.shipped import shipped_bundle, shipped_policy
from tests.webui.api.company import Company, found
from tests.webui.house import build
from tests.webui.life.test_retiring import asking
from tests.webui.pages.pages_read import PageRead
from tests.webui.seed import PASSWORD, Seeded
from webui.cli.main import main
from webui.client.commands.drifting import _told
from webui.identity.accounts import create_account

if TYPE_CHECKING:
    from collections.abc import Iterator


def seen(value: str, data_set: str = "live") -> dict[str, Any]:
    metric = {
        "name": "accuracy", "value": value, "data_set": data_set,
        "held_out": False, "higher_is_better": True,
    }  # fmt: skip
    return {
        "model": "churn", "version": "1.0.0", "phase": "monitoring",
        "environment": "staging", "metrics": [metric],
    }  # fmt: skip


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """churn 1.0.0 runs in staging, approved with an accuracy of 0.931, under the bundle of the AI Act."""
    house = build(tmp_path_factory.mktemp("drifting") / "home")
    made = found(house)
    made.deployed()
    document = compose(shipped_policy(), [shipped_bundle("eu-ai-act-high-risk")])
    change = {
        "policy": document.id,
        "digest": document_digest(document),
        "previous": house.wiring.reader.policy()[0].digest,
        "document": document.canonical(),
    }
    root = house.api(house.token(house.administrator))
    answer = root.submit("policy.activated", change)
    assert answer.status_code == 201, answer.text
    for value in ("0.925", "0.90", "0.85", "0.84"):
        house.clock.move(days=1)
        assert asking(made, "operations").submit("metrics.observed", seen(value)).status_code == 201
    yield made
    house.wiring.close()


def test_it_is_told_how_much_worse_and_which_observation_owed_a_review(company: Company) -> None:
    (item,) = asking(company).get("/models/churn/drift").json["items"]
    assert (item["approved"], item["drift"]) == ("0.931", "0.091")
    assert [one["value"] for one in item["observed"]] == ["0.925", "0.90", "0.85", "0.84"]
    review = item["review"]
    assert review["status"] == "required"
    assert review["of"] == item["observed"][2]["entry"], "the one after it owed none again"
    assert len(company.house.wiring.reader.reviews(model="churn")) == 1
    assert asking(company).get("/models/nobody/drift").status_code == 404


def test_the_models_page_shows_it_as_table_and_line(company: Company) -> None:
    house = company.house
    create_account(house.wiring, house.enrol("Chi", "chi@example.org", "compliance"), PASSWORD)
    page = Seeded(house, "", "", "", 0).browser("chi").get("/models/churn").text
    assert PageRead(page).faults() == []
    assert "Accuracy in staging as a table" in page
    assert "at approval" in page
    assert "0.091" in page
    assert "owed by 2026-03" in page


def test_the_command_says_what_is_measured_before_it_asks() -> None:
    words = ("observe", "churn", "1.0.0", "--in", "staging", "--metric")
    wrong = CliRunner().invoke(main, (*words, "accuracy"), prog_name="counterseal")
    assert wrong.exit_code != 0
    assert "NAME=VALUE" in wrong.output
    stray = CliRunner().invoke(
        main, (*words, "accuracy=0.9", "--lower-is-better", "mae"), prog_name="counterseal"
    )
    assert "which no --metric does" in stray.output


def test_the_command_tells_each_metric_in_a_sentence(company: Company) -> None:
    found_ = asking(company, "operations").get("/models/churn/drift").json
    (line,) = _told(found_)
    assert line.startswith(
        "1.0.0 in staging: accuracy 0.84, at approval 0.931, worse by 0.091; a review is required"
    )
    assert list(_told({"items": []})) == ["Monitoring told nothing of what runs."]
    unknown = json.loads(json.dumps(found_))
    unknown["items"][0] |= {"approved": None, "drift": None, "review": None}
    assert list(_told(unknown)) == [
        "1.0.0 in staging: accuracy 0.84; nothing was measured at approval"
    ]

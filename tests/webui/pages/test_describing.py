"""The schema of metadata and what sources say, on pages and over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.webui.api.company import a_version
from tests.webui.seed import Seeded, seed

if TYPE_CHECKING:
    from tests.webui.house import House

SCHEMA = """\
format: metadata/1
fields:
  - {name: market, of: version, type: choice, title: Market, choices: [eu, uk], required_from: low}
  - {name: cost_centre, of: model, type: text, title: Cost centre, help: Who pays}
"""
VERSION = "/models/churn/1.4.0"


@pytest.fixture
def seeded(house: House) -> Seeded:
    return seed(house)


def in_force(seeded: Seeded, text: str = SCHEMA, act: str = "activate") -> tuple[int, str]:
    answer = seeded.post(seeded.browser("chi"), "/schema", "/schema", document=text, act=act)
    return answer.status_code, answer.get_data(as_text=True)


def test_a_schema_is_checked_then_put_in_force(seeded: Seeded) -> None:
    browser = seeded.browser("chi")
    assert "market" in browser.get("/schema").text, "an example to begin with"
    size = seeded.house.wiring.log.head().size
    status, page = in_force(seeded, act="check")
    assert (status, seeded.house.wiring.log.head().size) == (200, size)
    assert "2 fields" in page
    status, page = in_force(seeded, SCHEMA.replace("choice,", "choise,"))
    assert status == 422
    assert "line 3" in page
    assert in_force(seeded)[0] == 302
    page = browser.get("/schema").text
    assert "from low risk" in page
    assert "Cost centre" in page


def test_what_is_missing_is_said_then_disputed_then_decided(seeded: Seeded) -> None:
    in_force(seeded)
    browser, address = seeded.browser("ana"), browser_of(seeded)
    assert "missing: market" in browser.get(address).text
    said = seeded.post(browser, f"{address}/metadata", address, **{"field:market": "eu"})
    assert said.status_code == 302, said.text
    assert "missing: market" not in browser.get(address).text
    machine = seeded.house.api(seeded.house.token(seeded.ana))
    other = {**of(seeded), "source": "mlflow", "values": {"market": "uk"}}
    assert machine.submit("metadata.stated", other).status_code == 201
    page = browser.get(address).text
    assert "sources disagree: market" in page
    assert "mlflow" in page
    entries = {one["entry"] for one in machine.get(api(seeded)).json["fields"][0]["said"]}
    decided = seeded.post(
        browser,
        f"{address}/metadata/settle",
        address,
        field="market",
        value="uk",
        statements=" ".join(map(str, sorted(entries))),
        reason="The contract says so",
    )
    assert decided.status_code == 302, decided.text
    found = machine.get(api(seeded)).json
    assert (found["disputed"], found["missing"]) == ([], [])
    assert found["fields"][0]["value"] == "uk"
    assert "decided by" in browser.get(address).text


def test_nothing_is_said_by_an_empty_form_and_a_wrong_value_is_told(seeded: Seeded) -> None:
    in_force(seeded)
    browser, address = seeded.browser("ana"), browser_of(seeded)
    assert seeded.post(browser, f"{address}/metadata", address).status_code == 422
    wrong = seeded.post(browser, f"{address}/metadata", address, **{"field:market": "mars"})
    assert wrong.status_code == 422
    assert "Write one of eu, uk" in wrong.text


def test_a_model_has_fields_of_its_own(seeded: Seeded) -> None:
    in_force(seeded)
    browser = seeded.browser("ana")
    fields = {"field:cost_centre": "4711"}
    said = seeded.post(browser, "/models/churn/metadata", "/models/churn", **fields)
    assert said.status_code == 302, said.text
    assert "4711" in browser.get("/models/churn").text
    assert "required and missing" not in browser.get("/models/churn").text


def test_registering_without_a_field_is_refused_with_its_name(seeded: Seeded) -> None:
    in_force(seeded)
    api_of = seeded.house.api(seeded.house.token(seeded.ana))
    told = api_of.submit("version.registered", a_version("9.0.0"))
    assert told.status_code == 403
    assert "never recorded: market" in told.text
    with_it = {**a_version("9.0.0"), "metadata": {"market": "uk"}}
    assert api_of.submit("version.registered", with_it).status_code == 201


def of(seeded: Seeded) -> dict[str, str]:
    version = seeded.house.wiring.reader.versions("churn", limit=1)[0]
    return {"model": version.model, "version": version.version}


def browser_of(seeded: Seeded) -> str:
    return f"/models/churn/{of(seeded)['version']}"


def api(seeded: Seeded) -> str:
    return f"/models/churn/versions/{of(seeded)['version']}/metadata"

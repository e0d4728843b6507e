"""A list of what a source shows, handed in over the API: matched one to one, the rest recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ledger.events.entry import decode_entry
from webui.client.errors import InvalidError, NotAllowedError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.client.conftest import Command, Served


def running(version: str, environment: str = "staging") -> dict[str, str]:
    return {"thing": "deployment", "model": "churn", "version": version, "name": environment}


@pytest.fixture
def told(run: Command, tmp_path: Path) -> Any:
    def hand_in(source: str, items: Any, *words: str) -> Any:
        (tmp_path / "items.json").write_text(json.dumps(items))
        done = run("inventory", source, str(tmp_path / "items.json"), "--json", *words)
        return done.exit_code, json.loads(done.stdout)

    return hand_in


def test_a_deployment_that_nobody_recorded_is_found_once(served: Served, told: Any) -> None:
    served.released("3.0.0")
    fields = {"model": "churn", "version": "3.0.0", "environment": "staging", "artifact": "5e" * 32}
    assert served.company.operator.submit("deployment.recorded", fields).status_code == 201
    assert told("cluster", [running("3.0.0")])[0] == 0
    code, dry = told("cluster", [running("3.0.0"), running("3.0.0", "production")], "--dry-run")
    assert (code, dry["coverage"], dry.get("entry")) == (1, "50.0 %", None)
    size = served.company.house.size
    code, found = told("cluster", [running("3.0.0"), running("3.0.0", "production")])
    (shadow,) = found["unexplained"]
    assert (code, shadow["change"], shadow["name"]) == (1, "deployment_seen", "production")
    assert served.company.house.size == size + 2
    entry = served.company.house.wiring.reader.tell(shadow["entry"]["sequence"])
    event = decode_entry(entry.row.envelope).event
    assert (event.told_by, event.registry) == ("feed", "cluster")
    assert told("cluster", [running("3.0.0"), running("3.0.0", "production")])[0] == 0
    (source,) = (
        one for one in served.client().get("/inventories")["items"] if one["source"] == "cluster"
    )
    assert (source["listed"], source["unexplained"], source["coverage"]) == (2, 1, "50.0 %")


def test_a_list_of_what_runs_names_what_differs_in_its_environments(
    served: Served, told: Any
) -> None:
    served.released("5.0.0")
    fields = {"model": "churn", "version": "5.0.0", "environment": "staging", "artifact": "5e" * 32}
    receipt = served.company.operator.submit("deployment.recorded", fields).json
    entry = receipt["sequence"]

    def differing(items: list[dict[str, str]], *words: str) -> Any:
        found = told("whole", items, *words)[1]
        row = served.company.house.wiring.reader.tell(found["entry"]).row
        event = decode_entry(row.envelope).event
        told_of = [(one.how, one.version, one.deployment) for one in event.differing or ()]
        return event.environments, told_of

    same = running("5.0.0") | {"artifact": "5e" * 32}
    assert differing([same]) == (("staging",), [])
    other = running("5.0.0") | {"artifact": "00" * 32}
    assert differing([other]) == (("staging",), [("other_artifact", "5.0.0", entry)])
    assert differing([running("6.0.0"), running("6.0.0", "lab")]) == (
        ("lab", "staging"),
        [("other_version", "6.0.0", entry), ("unexplained", "6.0.0", None)],
    )
    assert differing([], "--environment", "staging") == (
        ("staging",),
        [("unlisted", "5.0.0", entry)],
    )
    assert differing([{"thing": "model", "model": "churn"}]) == (None, [])


def test_foreign_names_are_written_as_the_ledger_writes_them(told: Any) -> None:
    item = {
        "thing": "version",
        "model": "Fraud Model",
        "version": "3",
        "at": "2026-01-01T00:00:00+01:00",
    }
    _, found = told("names", [item], "--dry-run")
    (one,) = found["unexplained"]
    assert (one["model"][:12], one["version"]) == ("fraud-model-", "3.0.0")


@pytest.mark.parametrize(
    "item",
    [
        {"thing": "version", "model": "churn"},
        {"thing": "alias", "model": "churn", "version": "1.0.0"},
        {"thing": "tag", "model": "churn", "ref": "churn@v1.0.0", "object": "0" * 40},
        {"thing": "model", "model": "churn", "ref": "x"},
        {"thing": "planet", "model": "churn"},
        {"thing": "model", "model": "churn", "artifact": "00" * 32},
        {"thing": "tag", "means": "version_created", "model": "c", "ref": "r", "object": "0" * 40},
    ],
)
def test_a_thing_that_says_too_little_keeps_all_out(served: Served, item: Any) -> None:
    size = served.company.house.size
    body = {"source": "odd", "items": [{"thing": "model", "model": "other"}, item]}
    with pytest.raises(InvalidError, match="items/1"):
        served.client().ask("inventories", body=body)
    assert served.company.house.size == size


def test_a_source_has_a_short_name(served: Served) -> None:
    with pytest.raises(InvalidError, match="source"):
        served.client().ask("inventories", body={"source": "No Name", "items": []})


def test_a_token_of_another_model_tells_nothing(served: Served) -> None:
    from webui.identity.scope import TokenScope

    house = served.company.house
    actor = house.enrol("Narrow", "", "pipeline", actor_type="workload")
    narrow = house.token(actor, TokenScope(kinds="*", models=("other",)))
    size = house.size
    body = {"source": "odd", "items": [{"thing": "model", "model": "unheard"}]}
    with pytest.raises(NotAllowedError):
        served.client(narrow).ask("inventories", body=body)
    assert house.size == size


def test_what_is_no_list_is_told(run: Command, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{]")
    assert run("inventory", "s", str(tmp_path / "x.json")).exit_code == 2

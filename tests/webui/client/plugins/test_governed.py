"""The plugin asks before what is protected, tells the rest, and lets nothing past it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.webui.api.company import a_version

if TYPE_CHECKING:
    from tests.webui.client.plugins.conftest import Mlflow

FACTS = {name: a_version()[name] for name in ("data_sets", "code", "metrics")}


@pytest.fixture(scope="module")
def story(mlflow: Mlflow) -> dict[str, Any]:
    return dict(mlflow.run("governed.py", json.dumps(FACTS)))


@pytest.fixture(scope="module")
def told(mlflow: Mlflow, story: dict[str, Any]) -> list[dict[str, Any]]:
    return mlflow.told()


def test_a_protected_alias_is_refused_with_the_policys_sentence(story: dict[str, Any]) -> None:
    code, said = story["champion"]
    assert code == "PERMISSION_DENIED"
    assert said.startswith("The policy refuses this: ")
    assert "release" in said
    assert story["stage"][0] == "PERMISSION_DENIED"
    assert "champion" not in story["aliases"]


def test_a_version_whose_bytes_are_not_known_is_deployed_nowhere(story: dict[str, Any]) -> None:
    assert story["unread"][0] == "PERMISSION_DENIED"
    assert "no such version" in story["unread"][1]


def test_a_refusal_is_an_entry(told: list[dict[str, Any]]) -> None:
    denied = [one for one in told if one["kind"] == "access.denied"]
    assert {one["attempted"] for one in denied} == {"deployment.recorded"}
    assert {one["environment"] for one in denied} == {"production", "staging"}


def test_models_versions_aliases_and_tags_are_told(told: list[dict[str, Any]]) -> None:
    (model,) = (
        one for one in told if one["kind"] == "model.registered" and "fraud" in one["model"]
    )
    assert model["risk_tier"] == "medium"
    version = next(one for one in told if one["kind"] == "version.registered")
    assert (version["model"], version["version"]) == (model["model"], "1.0.0")
    assert version["artifact"]["format"] == "mlflow_model"
    assert version["code"]["commit"] == FACTS["code"]["commit"]
    changes = [one for one in told if one["kind"] == "registry.changed"]
    assert ("version_created", "2.0.0") in {(one["change"], one.get("version")) for one in changes}
    assert ("alias_set", "candidate") in {(one["change"], one.get("name")) for one in changes}
    assert ("model_tag_set", "team") in {(one["change"], one.get("name")) for one in changes}
    assert "prompt_changed" in {one["change"] for one in changes}
    assert not any("value" in one or "by" in one for one in changes)


def test_while_the_ledger_is_away_protected_changes_are_refused_and_others_wait(
    story: dict[str, Any],
) -> None:
    assert story["away"][0] == "PERMISSION_DENIED"
    assert "can't be asked" in story["away"][1]
    assert story["team"] == "fraud"
    assert len(story["kept"]) == 1


def test_what_is_told_later_is_in_the_ledger_before_anything_is_asked(mlflow: Mlflow) -> None:
    later = replace(mlflow, more={"COUNTERSEAL_MLFLOW_TELL": "later"})
    seen = later.run("later.py", json.dumps(FACTS))
    assert "release" in seen["said"]
    told = [one for one in mlflow.told() if "later" in one.get("model", "")]
    versions = [one["version"] for one in told if one["kind"] == "version.registered"]
    assert versions == [f"{number}.0.0" for number in range(1, 31)]
    changes = [(one["change"], one.get("version")) for one in told if "change" in one]
    assert changes == [("version_created", "31.0.0"), ("alias_set", "30.0.0")]


def test_what_the_store_can_do_and_the_plugin_does_not_know_stops_it(mlflow: Mlflow) -> None:
    found = mlflow.run("unknown.py")
    assert found["known"] == [[], []]
    assert "promote_model_version" in found["newer"]

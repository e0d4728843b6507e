"""OSCAL of a report: trestle reads it, it says what the verdicts say, and it is the same each time."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from policies.controls.shipped import FRAMEWORKS, shipped_framework
from tests.tools import trestle
from tests.webui.reports.assemble.year import WHOLE_YEAR, context, told
from webui.reports.assemble import assembled, basis_of
from webui.reports.oscal import assessment_results, component_definition
from webui.reports.rows_csv import COLUMNS, rows_csv

if TYPE_CHECKING:
    from pathlib import Path

    from webui.reports.assemble.basis import Basis

STORY = told()
DIGEST = "ab" * 32


def basis(framework: str) -> Basis:
    return basis_of(framework, WHOLE_YEAR, STORY.history(), context(STORY, framework))


def written(framework: str) -> bytes:
    found = basis(framework)
    return assessment_results(found, assembled(found), DIGEST)


def result_of(data: bytes) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(data)["assessment-results"]["results"][0]
    return result


def test_trestle_accepts_results_and_component_definition(tmp_path: Path) -> None:
    definition = component_definition(
        shipped_framework("soc2"), "ledger.example.org/models", "2026-11-20T00:00:00Z"
    )
    said = trestle.judged(
        tmp_path, {"assessment-results": written("soc2"), "component-definition": definition}
    )
    assert said.count("VALID") == 2
    assert "INVALID" not in said


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_component_definition_names_every_control_once(framework: str) -> None:
    made = json.loads(
        component_definition(shipped_framework(framework), "x/y", "2026-11-20T00:00:00Z")
    )
    (component,) = made["component-definition"]["components"]
    (implementation,) = component["control-implementations"]
    named = [one["control-id"] for one in implementation["implemented-requirements"]]
    assert named == [one.id for one in shipped_framework(framework).controls]


def test_trestle_names_what_is_no_oscal(tmp_path: Path) -> None:
    wrong = written("soc2").replace(b'"not-satisfied"', b'"failed"')
    assert "state" in trestle.judged(tmp_path, {"assessment-results": wrong})


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_control_has_one_finding_that_says_its_verdict(framework: str) -> None:
    found = basis(framework)
    result = result_of(written(framework))
    states = {item["target"]["target-id"]: item["target"]["status"] for item in result["findings"]}
    for control in found.assessment.results:
        if control.verdict == "not_applicable":
            assert control.control.id not in states
            assert control.control.id in result["remarks"]
            continue
        said = states[control.control.id]
        assert (said["state"] == "satisfied") == (control.verdict == "pass")
        assert (said["reason"] == "fail") == (control.verdict == "fail")
    observed = {item["uuid"] for item in result["observations"]}
    related = [
        one["observation-uuid"]
        for item in result["findings"]
        for one in item["related-observations"]
    ]
    assert sorted(related) == sorted(observed)


def test_the_same_report_gives_the_same_bytes_and_another_root_other_names() -> None:
    assert written("soc2") == written("soc2")
    names = {item["uuid"] for item in result_of(written("soc2"))["observations"]}
    others = {item["uuid"] for item in result_of(written("hipaa"))["observations"]}
    assert not names & others


def test_rows_are_the_whole_population_with_no_name_in_it() -> None:
    changes = basis("soc2").material.changes
    rows = list(csv.reader(io.StringIO(rows_csv(changes).decode())))
    assert tuple(rows[0]) == COLUMNS
    assert [int(row[0]) for row in rows[1:]] == [change.entry for change in changes]
    assert "Ana" not in rows_csv(changes).decode()

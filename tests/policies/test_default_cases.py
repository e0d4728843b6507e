"""The shipped policy comes with its cases: all come out, nothing is unseen, no mutant survives."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from policies.cases import load_cases
from policies.doctor import examine
from policies.mutate import mutate
from policies.stage import set_stages
from policies.trial import survivors, try_cases
from tests.world import SHIPPED, shipped_policy

if TYPE_CHECKING:
    from policies.stage import Stage

FILES = sorted((SHIPPED.parent / "cases").glob("*.yaml"))


@cache
def stages(*names: str) -> list[Stage]:
    found: list[Stage] = []
    for file in FILES:
        if not names or file.name in names:
            read, lines = load_cases(file.read_text(encoding="utf-8"), file.name)
            found += set_stages(read, lines, shipped_policy(), file.name)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_case_comes_out_as_expected(file) -> None:  # noqa: ANN001
    trial = try_cases(shipped_policy(), stages(file.name))
    assert [(one.stage.expected.id, one.problems) for one in trial.failures] == []
    assert trial.cases > 10


def test_every_rule_is_seen_met_and_unmet_and_every_when_true_false_and_not_known() -> None:
    trial = try_cases(shipped_policy(), stages())
    assert [what for _, what in trial.coverage.missing(shipped_policy())] == []


def test_no_mutant_survives() -> None:
    number, left = survivors(shipped_policy(), stages())
    assert [(one.place, one.what) for one in left] == []
    assert number == len(list(mutate(shipped_policy()))) > 200


def test_without_a_file_of_cases_mutants_of_its_rules_survive() -> None:
    others = stages(
        "bypasses.yaml",
        "changes.yaml",
        "exceptions.yaml",
        "people.yaml",
        "recalls.yaml",
        "releases.yaml",
        "versions.yaml",
    )
    _, left = survivors(shipped_policy(), others)
    assert {one.kind for one in left} >= {"deployment.recorded", "key.rotated"}
    assert not {one.kind for one in left} & {"role.granted", "release.granted"}


def test_every_requirement_is_mutated() -> None:
    places = {one.place for one in mutate(shipped_policy()) if one.what == "dropped"}
    assert places == {
        f"{gate.id}/{item.id}" for gate in shipped_policy().gates for item in gate.require
    }


def test_the_doctor_finds_no_error_in_the_shipped_policy() -> None:
    found = examine(shipped_policy())
    assert {one.level for one in found} <= {"note"}

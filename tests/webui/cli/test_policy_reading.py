"""policy test, check, explain and diff, as a person runs them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.past import begun
from tests.world import SHIPPED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.cli.conftest import Run

TEXT = SHIPPED.read_text(encoding="utf-8")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A copy of the shipped policy with its cases."""
    return shutil.copytree(SHIPPED.parent, tmp_path / "bundle")


def changed(folder: Path, old: str, new: str) -> Path:
    file = folder / "policy.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def test_the_shipped_cases_pass_and_leave_no_survivor(bundle: Path, run: Run) -> None:
    told = run("policy", "test", str(bundle), "--mutate")
    assert told.exit_code == 0, told.output
    assert "cases, none of them not as expected" in told.stdout
    assert "mutants, none survived" in told.stdout


def test_a_weakened_policy_fails_its_cases_with_file_and_line(bundle: Path, run: Run) -> None:
    changed(bundle, "accuracy >= 0.90\n", "accuracy >= 0.80\n")
    told = run("policy", "test", str(bundle))
    assert told.exit_code == 1
    case = "a-classifier-just-below-its-limit-is-refused"
    (line,) = (one for one in told.stdout.splitlines() if case in one)
    file, number, *_ = line.split(":")
    assert file.endswith("releases.yaml")
    source = (bundle / "cases" / "releases.yaml").read_text(encoding="utf-8").splitlines()
    assert source[int(number) - 1] == f"  - id: {case}"


def test_survivors_are_told_with_the_line_of_their_rule(bundle: Path, run: Run) -> None:
    (bundle / "cases" / "deployments.yaml").unlink()
    told = run("policy", "test", str(bundle), "--mutate", "--json")
    assert told.exit_code == 1
    (said,) = json.loads(told.stdout)
    assert said["failures"] == []
    within = next(one for one in said["survivors"] if "P30D" in one["what"])
    assert within["place"] == "deploy/approved-bytes"
    assert "within: P30D" in TEXT.splitlines()[within["line"] - 1]
    assert any(one["what"] == "stop/who was never met" for one in said["unseen"])


def test_a_folder_without_cases_is_refused(run: Run, tmp_path: Path) -> None:
    told = run("policy", "test", str(tmp_path))
    assert told.exit_code == 2
    assert "There are no cases under" in told.stderr


def test_check_tells_errors_with_file_and_line_and_exits_with_one(bundle: Path, run: Run) -> None:
    assert run("policy", "check", str(bundle / "policy.yaml")).exit_code == 0
    file = changed(
        bundle, "when: directory.administrators > 0", "when: directory.administrators < 0"
    )
    told = run("policy", "check", str(file))
    assert told.exit_code == 1
    first = told.stdout.splitlines()[0]
    assert first.startswith(f"{file}:")
    assert "error: enrol never applies" in first
    line = int(first.split(":")[1])
    assert "administrators < 0" in file.read_text(encoding="utf-8").splitlines()[line - 1]


def test_check_of_what_cant_be_read_exits_with_one(bundle: Path, run: Run) -> None:
    file = changed(bundle, "any_role: [operations, pipeline]", "any_role: [operation, pipeline]")
    told = run("policy", "check", str(file))
    assert told.exit_code == 1
    assert "There is no role operation" in told.stdout
    said = json.loads(run("policy", "check", str(file), "--json").stdout)
    assert said[0]["level"] == "error"
    assert said[0]["line"] > 200


def test_check_holds_seats_against_a_home(bundle: Path, run: Run, tmp_path: Path) -> None:
    past = begun(tmp_path)
    past.wiring.close()
    file = str(bundle / "policy.yaml")
    assert "dead-seats" not in run("policy", "check", file).stdout
    home = str(tmp_path / "home")
    assert "dead-seats" not in run("policy", "check", file, "--home", home).stdout
    changed(bundle, "at_least: 2\n", "at_least: 5\n")
    told = run("policy", "check", file, "--home", home)
    assert told.exit_code == 1
    assert "release-production/review needs 5 approvals" in told.stdout


def test_explain_tells_a_file_and_the_policy_in_force(
    bundle: Path, installed: Run, run: Run
) -> None:
    told = run("policy", "explain", str(bundle / "policy.yaml"))
    assert told.exit_code == 0
    assert (
        "A release to production\nBefore release.granted where the environment is production:\n"
        in told.stdout
    )
    assert run("policy", "explain").stdout == told.stdout


def test_diff_says_which_way_each_gate_goes(bundle: Path, run: Run) -> None:
    file = changed(bundle, "within: P30D", "within: P60D")
    told = run("policy", "diff", str(SHIPPED), str(file))
    assert told.exit_code == 0
    assert told.stdout.startswith("deploy: looser\n")
    assert "unless an exception is open [looser]" in told.stdout
    said = json.loads(run("policy", "diff", str(SHIPPED), str(file), "--json").stdout)
    assert said["gates"] == {"deploy": "looser"}
    assert run("policy", "diff", str(SHIPPED), str(SHIPPED)).stdout == "They mean the same.\n"

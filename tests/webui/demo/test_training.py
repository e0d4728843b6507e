"""The workshop of the demonstration really trains, from real commits, and goes on where it was."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import subprocess
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from ledger.errors import OutsideError
from webui.demo.recipes import PROGRESSION, SCREENING, recipes
from webui.demo.training import Run, Workshop

if TYPE_CHECKING:
    from pathlib import Path

WEAK, TREE, FOREST, LOGISTIC, LINE, _, RIDGE = recipes(date(2026, 3, 9))


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    made = Workshop(tmp_path_factory.mktemp("workshop"))
    made.open()
    return made


@pytest.fixture(scope="module")
def runs(workshop: Workshop) -> dict[str, Run]:
    return {
        recipe.tag: workshop.train(recipe, workshop.commit(recipe))
        for recipe in (WEAK, FOREST, LOGISTIC, RIDGE)
    }


def held_out(run: Run) -> tuple[list[dict[str, float]], list[float]]:
    with (run.folder / "held-out.csv").open(encoding="ascii", newline="") as file:
        rows = [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]
    return rows, [row.pop("target") for row in rows]


def leaf(tree: dict[str, Any], columns: list[str], row: dict[str, float]) -> list[float]:
    """Walk a tree; scikit-learn compares measurements in single precision."""
    place = 0
    while tree["left"][place] != -1:
        value = single(row[columns[tree["column"][place]]])
        below = value <= tree["threshold"][place]
        place = tree["left" if below else "right"][place]
    return list(tree["value"][place])


def single(value: float) -> float:
    import struct

    return float(struct.unpack("f", struct.pack("f", value))[0])


def accuracy(run: Run) -> str:
    """The accuracy, computed again from model.json and held-out.csv alone."""
    model = json.loads((run.folder / "model.json").read_text())
    rows, targets = held_out(run)
    right = 0
    for row, target in zip(rows, targets, strict=True):
        if "trees" in model:
            votes = [leaf(tree, model["columns"], row) for tree in model["trees"]]
            share = [sum(vote[place] for vote in votes) for place in (0, 1)]
            said = model["classes"][share.index(max(share))]
        else:
            weighed = model["intercept"] + sum(
                weight * (row[name] - mean) / scale
                for name, weight, mean, scale in zip(
                    model["columns"],
                    model["coefficients"],
                    model["mean"],
                    model["scale"],
                    strict=True,
                )
            )
            said = model["classes"][1 if weighed > 0 else 0]
        right += said == target
    return f"{right / len(rows):.6f}"


def test_a_stranger_gets_the_same_accuracy_from_the_plain_files(runs: dict[str, Run]) -> None:
    for recipe in (WEAK, FOREST, LOGISTIC):
        assert accuracy(runs[recipe.tag]) == runs[recipe.tag].metric("accuracy")


def test_a_stranger_gets_the_same_error_of_the_regression(runs: dict[str, Run]) -> None:
    run = runs[RIDGE.tag]
    model = json.loads((run.folder / "model.json").read_text())
    rows, targets = held_out(run)
    error = math.fsum(
        abs(
            model["intercept"]
            + sum(w * row[c] for c, w in zip(model["columns"], model["coefficients"], strict=True))
            - target
        )
        for row, target in zip(rows, targets, strict=True)
    )
    assert f"{error / len(rows):.6f}" == run.metric("mae")


def test_the_weak_version_is_below_the_threshold_and_the_others_are_not(
    runs: dict[str, Run],
) -> None:
    assert float(runs[WEAK.tag].metric("accuracy")) < 0.90
    assert float(runs[FOREST.tag].metric("accuracy")) >= 0.90
    assert float(runs[LOGISTIC.tag].metric("accuracy")) >= 0.90


def test_what_a_run_says_of_its_files_is_true(runs: dict[str, Run]) -> None:
    for run in runs.values():
        for part in ("artifact", "train", "held_out"):
            said = run.said[part]
            data = (run.folder / said["file"]).read_bytes()
            assert said["sha256"] == hashlib.sha256(data).hexdigest()
            assert said["size_bytes"] == len(data)
        assert run.said["held_out"]["rows"] == len(held_out(run)[1])


def test_every_version_is_a_commit_by_a_neutral_author(
    workshop: Workshop, runs: dict[str, Run]
) -> None:
    told = subprocess.run(
        ["git", "log", "--format=%H %an %ae"],
        cwd=workshop.repository,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.splitlines()
    assert sorted(told) == sorted(
        f"{run.commit} demo demo@example.invalid" for run in runs.values()
    )


def test_a_finished_run_is_not_made_again(workshop: Workshop, runs: dict[str, Run]) -> None:
    workshop.open()
    again = workshop.train(WEAK, workshop.commit(WEAK))
    assert again == runs[WEAK.tag]


def test_the_same_recipe_gives_the_same_bytes(tmp_path: Path, runs: dict[str, Run]) -> None:
    other = Workshop(tmp_path)
    other.open()
    run = other.train(FOREST, other.commit(FOREST))
    assert run.sha256 == runs[FOREST.tag].sha256


def test_a_recipe_that_can_not_be_trained_leaves_no_run(workshop: Workshop) -> None:
    broken = replace(WEAK, version="9.9.9", options={"max_depth": -1})
    with pytest.raises(OutsideError, match="max_depth") as caught:
        workshop.train(broken, workshop.commit(broken))
    assert caught.value.code == "training-failed"
    assert not (workshop.runs / SCREENING / "9.9.9" / "run.json").exists()


def test_git_of_the_person_who_runs_it_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = tmp_path / "config"
    hooks.write_text("[user]\n\tname = Somebody\n[commit]\n\tgpgsign = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(hooks))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    made = Workshop(tmp_path / "workshop")
    made.open()
    assert len(made.commit(LINE)) == 40
    assert not (tmp_path / "elsewhere").exists()


def test_the_versions_of_the_second_model_are_named_by_the_day() -> None:
    named = [recipe.version for recipe in recipes(date(2027, 1, 2)) if recipe.model == PROGRESSION]
    assert named == ["2027.01.02", "2027.01.02.2", "2027.01.02.3"]

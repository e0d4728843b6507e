"""Every benchmark runs; here with so little work that its figures mean nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bench import append, decide, engines, http, population, replay, report, verify
from bench.installation import installation
from ledger.audit import audit

if TYPE_CHECKING:
    from pathlib import Path


def names(capsys: pytest.CaptureFixture[str]) -> list[str]:
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line["bench"] for line in found]


def test_appending_is_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append, "BATCH", 5)
    with installation() as bench:
        append.one_by_one(bench, number=3)
        append.by_threads(bench, threads=2, each=2)
        append.in_batches(bench)
    assert names(capsys) == ["append.one_by_one", "append.threads", "append.batches"]


def test_appending_what_is_ready_leaves_a_log_that_verifies(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append, "ROUNDS", 2)
    with installation() as bench:
        append.ready(bench, 5)
        assert audit(bench.wiring.log).problems == []
    assert names(capsys) == ["append.ready"]


def test_an_installation_is_made_where_it_is_wanted_and_gone_afterwards(tmp_path: Path) -> None:
    with installation(folder=tmp_path) as bench:
        assert bench.wiring.settings.home.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_deciding_is_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decide, "DECISIONS", 10)
    monkeypatch.setattr(decide, "ROUNDS", 2)
    decide.run([""])
    assert names(capsys) == ["decide.with_sentences", "decide.replay", *["decide.by_case"] * 2]


@pytest.mark.parametrize("seed", [1])
def test_a_random_ledger_is_decided_again_without_a_difference(seed: int) -> None:
    found = replay.again(4_000, seed)
    assert found["entries"] >= 4_000
    assert found["differ"] == 0
    assert found["same"] > 2_000
    assert found["refusals"] > 500
    assert found["kinds"] >= 20


def test_deciding_is_measured_beside_other_engines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "DECISIONS", 10)
    monkeypatch.setattr(engines, "TURNS", 1)
    engines.run([""])
    assert names(capsys) == ["engines.decide"] * 3


def test_http_is_measured_beside_its_peer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "CLIENTS", 2)
    monkeypatch.setattr(http, "EACH", 3)
    http.run([""])
    assert names(capsys) == [
        "http.peer_unsigned_rows",
        "http.one_per_request",
        "http.ratio",
        "http.batches",
    ]


def test_verifying_is_measured_in_speed_and_in_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "ROUNDS", 1)
    monkeypatch.setattr(verify, "BARE_SIGNATURES", 50)
    verify.speed(tmp_path / "speed", 500)
    verify.compared(tmp_path, (300, 600))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    limits = ["limit.ed25519_verify.sodium", "limit.ed25519_verify.openssl"]
    speed = [*limits, "verify.full", "verify.decisions_again", "verify.tree_only"]
    memory = ["verify.memory.full"] * 2 + ["verify.memory.tree_only"] * 2
    assert [line["bench"] for line in lines] == speed + memory
    assert all(line["largest_mib"] > 10 for line in lines[5:])


def test_reporting_is_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "ENTRIES", 500)
    report.run([""])
    assert names(capsys) == ["report", "report", "report"]


def test_a_benchmark_that_does_not_exist_is_refused_before_anything_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "reads", "speed"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "no such benchmark: speed"


def test_help_names_every_benchmark() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--help"], capture_output=True, text=True, check=True
    )
    for name in (
        "append",
        "decide",
        "engines",
        "http",
        "verify",
        "report",
        "reads",
        "peers",
        "--million",
    ):
        assert name in done.stdout


def test_a_large_log_is_built_by_hand(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.big", str(tmp_path / "home"), "200"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert (told["bench"], told["entries"]) == ("big.build", 200)
    assert (tmp_path / "home" / "ledger.db").exists()


def test_a_report_over_a_population_is_measured_beside_the_bare_canvas(
    capsys: pytest.CaptureFixture[str],
) -> None:
    population.compared(changes=6, turns=1)
    population.memory(6)
    assert names(capsys) == ["report.population", "report.memory"]

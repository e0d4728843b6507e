"""Peers are measured beside ours, and those that can't be are named."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from bench.peer import (
    Guarantees,
    MissingPeerError,
    Turn,
    TurnError,
    node_with,
    program,
    ran,
    read_turn,
)
from bench.peers import PEERS, Git, Hypercore, bare_syncs, compared, run, tell

if TYPE_CHECKING:
    from pathlib import Path


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_git_is_measured_beside_ours_on_the_same_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(tmp_path, [Git()], turns=1, number=20) == []
    found = {(line["bench"], line.get("peer")): line for line in lines(capsys)}
    assert found["limit.fsync", None]["payload_bytes"] > 500
    for measure in ("append_one", "append_batch", "verify"):
        assert found[f"peers.{measure}", "counterseal"]["to_ours"] == 1
    for measure in ("append_one", "verify"):
        git = found[f"peers.{measure}", "git commit -S"]
        assert git["signed"] == "each commit, Ed25519 (ssh-keygen)"
        assert git["per_second"] > 0
        assert git["to_ours"] > 0
    assert list(tmp_path.iterdir()) == []


def test_the_limit_of_the_disk_is_measured_where_the_logs_are(tmp_path: Path) -> None:
    assert bare_syncs(tmp_path, 3) > 0
    assert list(tmp_path.iterdir()) == []


def test_a_peer_that_can_not_be_had_is_named_and_the_run_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("bench.peers.PEERS", (Git, Hypercore))
    monkeypatch.setattr("bench.peers.TURNS", 1)
    with pytest.raises(SystemExit, match="not measured: git commit -S, hypercore"):
        run(tmp_path / "peers")
    missing = {line["peer"]: line["why"] for line in lines(capsys) if "why" in line}
    assert missing == {
        "git commit -S": "this machine has no git",
        "hypercore": "this machine has no node",
    }


class Failing:
    name = "failing"
    guarantees = Guarantees("no", "no", "no", "no", "no")

    def set_up(self, folder: Path) -> None:
        del folder

    def turn(self, work: Path, payload: bytes, number: int) -> Turn:
        del work, payload, number
        raise TurnError("it broke")


def test_a_peer_that_fails_is_named_and_the_others_are_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(tmp_path, [Failing()], turns=1, number=2) == ["failing"]
    found = lines(capsys)
    assert {"bench": "peers.failed", "peer": "failing", "why": "it broke"} in found
    assert any(line.get("peer") == "counterseal" for line in found)


def test_ratios_are_of_the_same_turn(capsys: pytest.CaptureFixture[str]) -> None:
    ours = [Turn("1", {"append_one": rate}) for rate in (10.0, 100.0, 50.0)]
    theirs = [Turn("2", {"append_one": rate}) for rate in (20.0, 200.0, 500.0)]
    tell(Failing(), theirs, ours)
    (line,) = lines(capsys)
    assert (line["version"], line["per_second"], line["to_ours"]) == ("2", 200, 2)


def test_what_a_program_printed_last_is_its_turn() -> None:
    told = {"version": "7.0.0", "batch": 500, "per_second": {"append_batch": 9, "verify": 2.5}}
    turn = read_turn(f"made the tables\n{json.dumps(told)}\n")
    assert turn == Turn("7.0.0", {"append_batch": 9.0, "verify": 2.5}, 500)


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "no JSON",
        "[]",
        '{"version": "1"}',
        '{"version": "1", "per_second": {}}',
        '{"version": "1", "per_second": {"append_one": 0}}',
        '{"version": "1", "per_second": {"append_one": "fast"}}',
        '{"version": "1", "per_second": {"something": 1}}',
        '{"version": "1", "per_second": {"append_batch": 1}}',
        '{"version": "1", "batch": 5, "per_second": {"append_one": 1}}',
    ],
)
def test_anything_else_is_no_turn(printed: str) -> None:
    with pytest.raises(TurnError):
        read_turn(printed)


def test_a_program_that_fails_says_why_in_its_last_line() -> None:
    with pytest.raises(TurnError, match="sorry"):
        ran((sys.executable, "-c", "raise SystemExit('sorry')"), 30)
    with pytest.raises(TurnError, match="timed out"):
        ran((sys.executable, "-c", "import time; time.sleep(30)"), 0.2)
    with pytest.raises(MissingPeerError, match="no such-program"):
        program("such-program")


def test_a_package_that_is_there_in_the_right_version_is_not_installed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("node", "npm"):
        (tools / name).write_text("#!/bin/sh\necho no registry >&2\nexit 1\n")
        (tools / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    module = tmp_path / "npm" / "node_modules" / "hypercore"
    module.mkdir(parents=True)
    (module / "package.json").write_text('{"version": "1.2.3"}')
    assert node_with(tmp_path / "npm", "hypercore", "1.2.3") == str(tmp_path / "npm")
    with pytest.raises(MissingPeerError, match=r"can't be installed.*no registry"):
        node_with(tmp_path / "npm", "hypercore", "1.2.4")


def test_every_peer_says_what_it_guarantees() -> None:
    assert len({peer.name for peer in PEERS}) == len(PEERS) == 4
    for peer in PEERS:
        assert all(vars(peer.guarantees).values())

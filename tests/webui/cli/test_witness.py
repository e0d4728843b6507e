"""Witnesses and time stamps by the command line, from making a witness to a split view."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.core.note import parse_note, parse_vkey
from ledger.core.trust import parse_trust_policy, satisfied
from ledger.publication import publication_state
from tests.tools.authority import Authority, running
from tests.tools.trees import Forger, Tree
from tests.tools.witnesses import WitnessProgram
from tests.webui.cli.conftest import start
from webui.settings import read_settings
from webui.wiring import open_home
from webui.witness.cosigner import open_witness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.webui.cli.conftest import Run


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    yield from running(tmp_path / "tsa")


def made(run: Run, folder: Path, name: str = "witness.example/w1") -> list[str]:
    told = run("witness", "init", str(folder), "--name", name, "--ml-dsa-44")
    assert told.exit_code == 0, told.stderr
    return told.stdout.split()


def test_a_witness_is_made_told_about_a_log_and_lists_it(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "w"
    keys = made(run, folder)
    assert [parse_vkey(key).sig_type for key in keys] == [4, 6]
    assert run("witness", "vkey", str(folder)).stdout.split() == keys
    log = Forger()
    for word in ("Watching", "Watching already"):
        told = run("witness", "add-log", str(folder), str(log.vkey))
        assert told.stdout == f"{word} {log.origin}\n"
    opened = open_witness(folder)
    opened.add_checkpoint(log.request(0, Tree(7)))
    opened.add_checkpoint(log.request(7, Tree(9, fork=3)))
    opened.close()
    assert run("witness", "logs", str(folder)).stdout.split() == ["7", "1", log.origin]


def test_what_can_be_no_witness_or_log_is_told(run: Run, tmp_path: Path) -> None:
    folder = str(tmp_path / "w")
    assert run("witness", "init", folder, "--name", "has space").exit_code == 2
    keys = made(run, tmp_path / "w")
    assert run("witness", "init", folder, "--name", "another").exit_code != 0
    for wrong in ("hello", keys[0], keys[0][:-4]):
        told = run("witness", "add-log", folder, wrong)
        assert told.exit_code == 2
        assert "VKEY" in told.stderr
    for words in (("vkey",), ("logs",), ("serve", "--port", "0")):
        told = run("witness", words[0], str(tmp_path / "nothing"), *words[1:])
        assert told.exit_code == 4
        assert "witness init" in told.stderr


@pytest.fixture
def witness(run: Run, installed: Run, tmp_path: Path) -> Iterator[WitnessProgram]:
    """A witness that runs, knows the installation's log, and stands in its trust policy."""
    keys = made(run, tmp_path / "w")
    program = WitnessProgram(tmp_path / "w", tuple(keys))
    program.trust(parse_vkey(installed("log", "vkey").stdout.strip()))
    program.start()
    yield program
    program.end()


@pytest.fixture
def policy(
    installed: Run, witness: WitnessProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    file = tmp_path / "trust"
    log = installed("log", "vkey").stdout.strip()
    file.write_text(f"log {log}\nwitness one {witness.vkeys[1]} {witness.url}\nquorum one\n")
    monkeypatch.setenv("COUNTERSEAL_TRUST_POLICY", str(file))
    return file


def test_publishing_once_tells_what_each_witness_says(
    installed: Run, witness: WitnessProgram, policy: Path
) -> None:
    told = installed("log", "publish")
    assert told.exit_code == 0, told.stderr
    assert "Published 2 entries" in told.stdout
    assert "It has signed." in told.stdout
    assert "The quorum one is met: 1 of 1" in told.stdout
    wiring = open_home(read_settings({"COUNTERSEAL_TRUST_POLICY": str(policy)}, _home(policy)))
    published = wiring.log.published()
    wiring.close()
    note = parse_note(published)
    file = policy.parent / "checkpoint"
    file.write_bytes(published)
    checked = installed("witness", "check", str(policy), str(file))
    assert checked.exit_code == 0, checked.stderr
    assert "Signed by the log: yes" in checked.stdout
    assert "Witnessed by one, 20" in checked.stdout
    file.write_bytes(b"".join(published.splitlines(keepends=True)[:-1]))
    checked = installed("witness", "check", str(policy), str(file))
    assert checked.exit_code == 1
    assert "Not witnessed by one" in checked.stdout
    assert satisfied(parse_trust_policy(policy.read_bytes()), note).valid
    witness.end()
    again = installed("log", "publish")
    assert again.exit_code == 0
    assert "is met" in again.stdout


def _home(policy: Path) -> Path:
    return policy.parent / "home"


def test_a_split_view_ends_the_command_with_an_alarm(
    installed: Run, witness: WitnessProgram, policy: Path
) -> None:
    wiring = open_home(read_settings({}, _home(policy)))
    origin, key = wiring.log.origin, wiring.log.keyring.checkpoints
    wiring.close()
    forger = Forger(origin)
    object.__setattr__(forger, "seed", key._key.private_bytes_raw())
    opened = open_witness(witness.folder)
    assert opened.add_checkpoint(forger.request(0, Tree(50))).status == 200
    opened.close()
    told = installed("log", "publish")
    assert told.exit_code == 1
    assert "split view" in told.stderr
    assert "50 entries" in told.stdout


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("quorum\n", "line 1"),
        ("witness w key\nquorum w\n", "line 1"),
        (f"log {Forger().vkey}\nquorum none\n", "not among them"),
    ],
)
def test_a_policy_that_cannot_be_is_told(
    installed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, code: str
) -> None:
    file = tmp_path / "trust"
    file.write_text(text)
    monkeypatch.setenv("COUNTERSEAL_TRUST_POLICY", str(file))
    told = installed("log", "publish")
    assert told.exit_code == 2
    assert code in told.stderr.lower()
    monkeypatch.setenv("COUNTERSEAL_TRUST_POLICY", str(tmp_path / "none"))
    assert installed("log", "publish").exit_code == 4


def test_a_server_publishes_to_its_witnesses(
    installed: Run, witness: WitnessProgram, policy: Path
) -> None:
    assert installed
    with start("serve", "--port", "0") as program:
        try:
            assert program.stdout is not None
            assert re.search(r"at http://localhost:\d+ ", program.stdout.readline())
            wiring = open_home(
                read_settings({"COUNTERSEAL_TRUST_POLICY": str(policy)}, _home(policy))
            )
            until = time.monotonic() + 20
            while not publication_state(wiring.log).quorum_met:
                assert time.monotonic() < until
                time.sleep(0.05)
            wiring.close()
            program.send_signal(signal.SIGTERM)
            _, errors = program.communicate(timeout=20)
        finally:
            program.kill()
    assert program.returncode == 0
    assert not errors


def test_a_checkpoint_is_time_stamped_by_the_command(
    installed: Run, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = installed("log", "timestamp")
    assert told.exit_code == 2
    assert "COUNTERSEAL_TIMESTAMP_URLS" in told.stderr
    monkeypatch.setenv("COUNTERSEAL_TIMESTAMP_URLS", authority.url)
    told = installed("log", "timestamp")
    assert told.exit_code == 2
    assert "COUNTERSEAL_TIMESTAMP_CERTIFICATES" in told.stderr
    monkeypatch.setenv("COUNTERSEAL_TIMESTAMP_CERTIFICATES", str(authority.roots))
    told = installed("log", "timestamp")
    assert told.exit_code == 0, told.stderr
    assert re.search(rf"2  {authority.url}  20\d\d-", told.stdout)
    assert "checkpoint.timestamped" in installed("entry", "2").stdout
    assert installed("verify").exit_code == 0
    listed = installed("log", "export-timestamps", str(authority.folder / "out"))
    [line] = listed.stdout.splitlines()
    token, note = Path(line.split()[0]), authority.folder / "out" / "2.note"
    assert authority.verify(note.read_bytes(), token.read_bytes()) == "Verification: OK"
    authority.status = 500
    installed("log", "publish")
    monkeypatch.setenv("COUNTERSEAL_TIMESTAMP_URLS", "http://tsa.example/")
    assert installed("log", "timestamp").exit_code == 2
    monkeypatch.setenv("COUNTERSEAL_TIMESTAMP_URLS", authority.url)
    told = installed("log", "timestamp")
    assert told.exit_code == 4
    monkeypatch.setenv("COUNTERSEAL_TIMESTAMP_MINUTES", "0")
    assert installed("log", "timestamp").exit_code == 2

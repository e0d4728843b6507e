"""`counterseal log freeze`, `log shard` and `log list`: several logs in one home."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ledger.events.actor import Actor
from tests.tools.house import a_model
from tests.webui.house import build
from webui.pages.words import phrase
from webui.settings import read_settings
from webui.sharding import shard
from webui.wiring import open_home

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.cli.conftest import Run

OLD, NEW = "example.org/models/main", "example.org/models/2027"


@pytest.fixture
def begun(run: Run) -> Run:
    made = run("init", "--origin", OLD)
    assert made.exit_code == 0, made.stderr
    return run


def test_a_year_ends_and_the_next_one_begins(
    begun: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = begun("log", "shard", "--yes", "--name", "2027", "--reason", "The year is over")
    assert told.exit_code == 0, told.stderr
    assert f"{OLD} has ended with 3 entries" in told.stdout
    assert f"Origin        {NEW}\n" in told.stdout
    assert "Set COUNTERSEAL_LOG=2027" in told.stdout
    # The old one is ended, in words that name the new one ...
    refused = begun("key", "rotate", "checkpoints")
    assert refused.exit_code == 2
    assert NEW in refused.stderr
    assert "verified" in begun("verify").stdout
    assert "verified" in begun("verify", "--log", "2027").stdout
    # ... and the new one goes on, with keys of its own.
    monkeypatch.setenv("COUNTERSEAL_LOG", "2027")
    assert begun("key", "rotate", "checkpoints").exit_code == 0
    assert f"Log   {NEW}" in begun("verify").stdout
    assert f"Log   {OLD}" in begun("verify", "--log", "main").stdout
    lines = begun("log", "list").stdout.splitlines()
    assert [line.split() for line in lines] == [["main", "3", OLD], ["*", "2027", "3", NEW]]
    ours = {path.name for path in (home / "keys" / "2027").iterdir()}
    assert {"entries.pem", "checkpoints.pem", "cosignatures.pem", "vault.key"} < ours
    for name in ("entries.pem", "vault.key"):
        pair = [(home / "keys" / part / name).read_bytes() for part in ("", "2027")]
        assert pair[0] != pair[1]


def test_the_same_guard_keeps_both_logs(begun: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    begun("log", "shard", "--yes", "--name", "2027")
    for log in ("main", "2027"):
        monkeypatch.setenv("COUNTERSEAL_LOG", log)
        assert begun("log", "begin-guard").exit_code == 2


def test_an_interrupted_change_of_year_is_finished_by_the_same_command(begun: Run) -> None:
    """Frozen, but nothing begun: as after a power failure between the two."""
    assert begun("log", "freeze", "--yes", "--successor", NEW).exit_code == 0
    other = begun("log", "shard", "--yes", "--name", "2027", "--origin", "elsewhere.example/log")
    assert other.exit_code == 2
    assert NEW in other.stderr
    assert begun("log", "shard", "--yes", "--name", "2027").exit_code == 0
    again = begun("log", "shard", "--yes", "--name", "2027")
    assert again.exit_code == 2
    assert "exists already" in again.stderr


def test_what_names_no_log_is_refused(begun: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("main", "../keys", "Year", ""):
        assert begun("log", "shard", "--yes", "--name", name).exit_code == 2
    assert begun("verify", "--log", "2031").exit_code != 0
    monkeypatch.setenv("COUNTERSEAL_LOG", "../../etc")
    told = begun("verify")
    assert told.exit_code == 2
    assert "can't be the name of a log" in told.stderr


def test_a_loss_is_stated_and_the_home_goes_on(
    begun: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = (home / "ledger.db").read_bytes()
    assert begun("key", "rotate", "checkpoints").exit_code == 0
    (home / "ledger.db").write_bytes(older)
    refused = begun("log", "shard", "--yes", "--name", "after-loss")
    assert refused.exit_code == 1
    assert "--with-loss" in refused.stderr
    told = begun("log", "shard", "--yes", "--name", "after-loss", "--with-loss")
    assert told.exit_code == 0, told.stderr
    # The old one stays an older copy, which no command calls verified.
    assert begun("verify").exit_code == 1
    monkeypatch.setenv("COUNTERSEAL_LOG", "after-loss")
    assert begun("verify").exit_code == 0
    shown = json.loads(begun("entry", "0", "--json").stdout)
    event = shown["statement"]["predicate"]["event"]
    loss = event["previous"]["loss"]
    assert (loss["since"], loss["promised_size"], loss["source"]) == (2, 3, "guard")
    wiring = open_home(read_settings({"COUNTERSEAL_LOG": "after-loss"}, home))
    assert phrase(wiring.log.entry(0).event).endswith(
        f"which continues {OLD} after 2 entries, whose entries 2 to 2 are lost"
    )
    wiring.close()


def test_people_go_on_signing_in_with_what_they_may_do(
    begun: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun("log", "shard", "--yes", "--name", "2027")
    old = open_home(read_settings({}, home))
    new = open_home(read_settings({"COUNTERSEAL_LOG": "2027"}, home))
    try:
        assert new.service == old.service
        assert new.policy().id == old.policy().id
        assert [one.id for one in new.reader.actors()] == [one.id for one in old.reader.actors()]
        assert new.session_key() == old.session_key()
        assert new.seal_fingerprint() == old.seal_fingerprint()
    finally:
        old.close()
        new.close()


@pytest.mark.parametrize("framework", ["soc2", "hipaa", "gdpr"])
def test_reports_are_made_of_the_new_log_with_the_people_who_came_over(
    tmp_path: Path, framework: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = build(tmp_path / "home")
    for number, role in enumerate(("data_scientist", "compliance", "administrator")):
        house.enrol(f"Person {number}", "", role)
    shard(house.wiring, "2027")
    house.wiring.close()
    monkeypatch.setenv("COUNTERSEAL_LOG", "2027")
    file = tmp_path / "out.pdf"
    period = ("--from", "2026-01-01", "--to", "2030-12-31")
    told = run("report", framework, *period, "-o", str(file))
    assert told.exit_code == 0, told.stderr
    assert file.read_bytes().startswith(b"%PDF-")
    assert "verified" in run("verify").stdout


def test_a_backup_of_the_new_log_is_put_back_with_its_keys(
    begun: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun("log", "shard", "--yes", "--name", "2027")
    monkeypatch.setenv("COUNTERSEAL_LOG", "2027")
    assert begun("backup", "make", "--plain").exit_code == 0
    (file,) = (home / "backups").glob("2027-*")
    (home / "ledger.db").unlink()
    monkeypatch.delenv("COUNTERSEAL_LOG")
    told = begun("restore", str(file))
    # It is opened with the new log's keys, though the environment names the old one; and the
    # backup is older than its own entry, which came after it.
    assert f"Log   {NEW}" in told.stdout
    assert "OLDER: the guard speaks for 3 entries, this copy holds 2" in told.stdout
    for log in ("main", "2027"):
        monkeypatch.setenv("COUNTERSEAL_LOG", log)
        expected = "verified" if log == "main" else "older copy"
        assert expected in begun("verify").stdout


def test_who_would_end_a_log_is_told_what_stays_behind_and_asked(run: Run, tmp_path: Path) -> None:
    house = build(tmp_path / "home")
    ana = house.enrol("Ana", "", "data_scientist")
    asked = house.wiring.submitter.submit(
        Actor(id=ana, type="person", via="password"), a_model(ana)
    )
    assert asked.outcome == "allow"
    origin, size = house.wiring.log.origin, house.size
    house.wiring.close()
    for command in (("shard", "--name", "2027"), ("freeze", "--successor", NEW)):
        told = run("log", *command)
        assert told.exit_code != 0
        assert "takes no entry more after this" in told.stdout
        assert "           1  models\n" in told.stdout
        assert "End it and go on" in told.stdout
    (line,) = run("log", "list").stdout.splitlines()
    assert line.split() == ["*", "main", str(size), origin]

"""verify: what it counts, and how it names what was changed."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from webui.settings import read_settings
from webui.verifying import kept_runs
from webui.wiring import open_home

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.cli.conftest import Run


def tamper(home: Path, statement: str) -> None:
    """Change the database behind the program's back, triggers dropped."""
    with sqlite3.connect(home / "ledger.db") as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in names.fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        assert database.execute(statement).rowcount > 0
    database.close()


def test_verify_counts_what_it_checked(installed: Run) -> None:
    told = installed("verify")
    assert told.exit_code == 0
    assert "Log   example.org/models\n" in told.stdout
    assert "Size  2\n" in told.stdout
    for line in ("2  entries ", "2  signatures ", "1  checkpoints ", "3  registry rows "):
        assert line in told.stdout
    assert told.stdout.endswith("verified\n")


def test_verify_as_json_says_the_same(installed: Run) -> None:
    told = installed("verify", "--json")
    said = json.loads(told.stdout)
    assert told.exit_code == 0
    assert said["verified"] is True
    assert said["size"] == 2
    assert said["counts"]["entries"] == 2
    assert len(bytes.fromhex(said["root"])) == 32
    assert said["problems"] == []


FLIPPED = "CAST(substr({0}, 1, 40) || x'00' || substr({0}, 42) AS BLOB)"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            f"UPDATE entry SET envelope = {FLIPPED.format('envelope')} WHERE sequence = 1",
            "entry 1:",
        ),
        ("UPDATE entry SET leaf_hash = zeroblob(32) WHERE sequence = 1", "entry 1:"),
        ("UPDATE folded SET value = replace(value, 'default', 'defiant')", "folded"),
        ("UPDATE entry SET kind = 'role.granted' WHERE sequence = 1", "entry 1:"),
    ],
)
def test_verify_names_what_was_changed(
    installed: Run, home: Path, statement: str, named: str
) -> None:
    tamper(home, statement)
    told = installed("verify")
    assert told.exit_code == 1
    assert named in told.stdout
    assert "NOT VERIFIED" in told.stdout
    said = json.loads(installed("verify", "--json").stdout)
    assert said["verified"] is False
    assert said["problems"]


def test_verify_notices_an_older_copy_of_the_database(installed: Run, home: Path) -> None:
    copy = (home / "ledger.db").read_bytes()
    refused = installed(
        "people", "invite", "--name", "Zoe", "--email", "zoe@example.org", "--role", "x"
    )
    assert refused.exit_code == 3
    (home / "ledger.db").write_bytes(copy)
    told = installed("verify")
    assert told.exit_code == 1
    assert "were promised" in told.stdout


def test_a_run_is_recorded_and_its_result_shown_later(installed: Run, home: Path) -> None:
    assert installed("verify").exit_code == 0
    assert installed("verify", "--tree-only", "--json").exit_code == 0
    wiring = open_home(read_settings({}, home))
    newest, first = kept_runs(wiring)
    wiring.close()
    assert (first.problems, first.report["verified"]) == (0, True)
    assert first.begun_at < first.ended_at < newest.begun_at
    assert newest.report["skipped"]


def test_a_run_that_can_not_be_recorded_is_still_told(installed: Run, home: Path) -> None:
    with sqlite3.connect(home / "ledger.db") as database:
        database.execute("DROP TABLE verification")
    database.close()
    told = installed("verify")
    assert told.exit_code == 0
    assert told.stdout.endswith("verified\n")
    assert "This run is not recorded" in told.stderr

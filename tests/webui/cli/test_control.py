"""``counterseal control``: how controls stand, checked against the entries, and made again."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.shape.documents import DOCS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.cli.conftest import Run

GUIDE = (DOCS / "standing-controls.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    counterseal ([a-z ]+?)(?: *#.*)?$", GUIDE, re.MULTILINE)


def test_every_command_of_the_guide_does_what_it_says(installed: Run) -> None:
    assert COMMANDS == ["control check", "control rebuild"]
    for command in COMMANDS:
        told = installed(*command.split())
        assert told.exit_code == 0, (command, told.stderr)
    assert "are those that the entries give" in installed("control", "check").stdout


def test_the_list_tells_what_did_not_pass_and_all_of_it_where_asked(installed: Run) -> None:
    few = installed("control", "list", "--framework", "gdpr")
    every = installed("control", "list", "--framework", "gdpr", "--all")
    assert few.stdout.startswith("GDPR, after ")
    assert "SOC 2" not in few.stdout
    assert len(every.stdout.splitlines()) >= len(few.stdout.splitlines())
    assert "SOC 2, after " in installed("control", "list").stdout
    assert "no such framework" in installed("control", "list", "--framework", "nothing").stderr


def test_a_kept_verdict_that_was_changed_is_named(installed: Run, home: Path) -> None:
    assert installed("control", "list").exit_code == 0
    with closing(sqlite3.connect(home / "ledger.db")) as database:
        database.execute(
            "UPDATE standing_note SET value = replace(value, 'not_exercised', 'pass') "
            "WHERE name = 'result soc2-cc8-1-authorised'"
        )
        database.commit()
    told = installed("control", "check")
    assert told.exit_code == 1
    assert "soc2-cc8-1-authorised: verdict is kept as pass, not not_exercised" in told.stdout
    assert installed("control", "rebuild").exit_code == 0
    assert installed("control", "check").exit_code == 0

"""``counterseal log export``: a copy that a static web server serves as it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ledger.core.note import parse_vkey
from ledger.export import read_signed
from ledger.mirror import DirectorySource
from ledger.source import entries

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.cli.conftest import Run


def test_the_log_is_exported_and_exported_again(installed: Run, tmp_path: Path) -> None:
    told = installed("log", "export", str(tmp_path / "copy"))
    assert told.exit_code == 0, told.stderr
    assert "2 entries of example.org/models, 2 new" in told.stdout
    assert "2 files written, 0 were there, 0 removed" in told.stdout
    copy = DirectorySource(tmp_path / "copy")
    key = parse_vkey(installed("log", "vkey").stdout.strip())
    assert read_signed(copy.checkpoint(), key).size == 2
    assert list(entries(copy, 1, 2)) == [installed("entry", "1", "--envelope").stdout_bytes]
    again = installed("log", "export", "--json", str(tmp_path / "copy"))
    done = json.loads(again.stdout)
    assert (done["size"], done["before"], done["written"], done["kept"]) == (2, 2, 0, 2)


def test_another_logs_copy_is_refused_with_what_to_do(
    installed: Run, run: Run, tmp_path: Path
) -> None:
    assert installed("log", "export", str(tmp_path / "copy")).exit_code == 0
    other = str(tmp_path / "other")
    assert run("--home", other, "init").exit_code == 0
    told = run("--home", other, "log", "export", str(tmp_path / "copy"))
    assert told.exit_code == 2
    assert "another log" in told.stderr
    assert "Name another folder" in told.stderr


def test_a_folder_that_holds_something_else_is_refused(installed: Run, home: Path) -> None:
    told = installed("log", "export", str(home))
    assert told.exit_code == 2
    assert "no copy of a log" in told.stderr

"""``counterseal log export``: a copy that a static web server serves as it is."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from ledger.core.note import parse_vkey
from ledger.events.catalogue import read_command
from ledger.export import read_signed
from ledger.mirror import DirectorySource
from ledger.source import entries
from tests.tools.static_server import serving
from webui.settings import read_settings
from webui.wiring import open_home

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
    assert read_signed(copy.checkpoint(), [key]).size == 2
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


def test_a_log_behind_its_guard_is_not_published(
    installed: Run, home: Path, tmp_path: Path
) -> None:
    """Yesterday's database under today's guard: what it holds is genuine, but it is not the log."""
    kept = (home / "ledger.db").read_bytes()
    assert installed("setup-link").exit_code == 0
    with closing(open_home(read_settings({}, home))) as wiring:
        wiring.submitter.submit(
            wiring.service,
            read_command(
                "actor.enrolled", {"actor_id": "ab" * 16, "actor_type": "person", "name": "Ana"}
            ),
            "",
        )
    (home / "ledger.db").write_bytes(kept)
    told = installed("log", "export", str(tmp_path / "copy"))
    assert told.exit_code == 1
    assert "older copy" in told.stderr
    assert not (tmp_path / "copy").exists()


def test_a_copy_behind_a_web_server_verifies_by_its_address(installed: Run, tmp_path: Path) -> None:
    vkey = installed("log", "vkey").stdout.strip()
    assert installed("log", "export", str(tmp_path / "copy")).exit_code == 0
    with serving(tmp_path / "copy") as address:
        told = installed("verify", address, "--vkey", vkey)
        assert told.exit_code == 0, told.output
        assert "verified" in told.stdout
        other = vkey.replace(vkey[-6:], "AAAAAA")
        assert installed("verify", address, "--vkey", other).exit_code != 0

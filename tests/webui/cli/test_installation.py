"""init, setup-link, migrate: making an installation, and what goes wrong with one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from webui.identity.links import purpose_of
from webui.settings import read_settings
from webui.wiring import open_home

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.webui.cli.conftest import Run

LINK = re.compile(r"http://localhost:8470/setup#(\S+)")


def test_init_tells_origin_key_places_and_the_set_up_link(run: Run, home: Path) -> None:
    told = run("init", "--origin", "example.org/models")
    assert told.exit_code == 0
    assert "Origin        example.org/models\n" in told.stdout
    assert re.search(r"Verifier key  example\.org/models\+[0-9a-f]{8}\+\S+\n", told.stdout)
    assert f"Keys          {home / 'keys'}\n" in told.stdout
    assert "guard.db" in told.stdout
    assert "Move the guard to another disk" in told.stdout
    assert LINK.search(told.stdout)


def test_the_set_up_link_is_alive(run: Run, home: Path) -> None:
    found = LINK.search(run("init").stdout)
    assert found is not None
    wiring = open_home(read_settings({}, home))
    assert purpose_of(wiring, found[1]) == "first"
    wiring.close()


def test_init_leaves_an_installation_alone(installed: Run, home: Path) -> None:
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    told = installed("init")
    assert told.exit_code == 2
    assert "holds an installation already" in told.stderr
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_home_may_stand_before_and_after_the_command(run: Run, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    assert run("--home", str(before), "init").exit_code == 0
    assert run("--home", str(before), "init", "--home", str(after)).exit_code == 0
    assert (before / "ledger.db").exists()
    assert (after / "ledger.db").exists()


def test_a_home_that_can_not_be_made_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = run("--home", str(tmp_path / "file" / "home"), "init")
    assert told.exit_code == 4
    assert "Name another home with --home" in told.stderr


def test_every_command_says_what_to_do_where_there_is_no_installation(run: Run) -> None:
    for arguments in (
        ("setup-link",),
        ("serve",),
        ("verify",),
        ("log", "vkey"),
        ("log", "checkpoint"),
        ("log", "export", "copy"),
        ("entry", "0"),
        ("people", "list"),
        ("token", "list"),
        ("policy", "show"),
    ):
        told = run(*arguments)
        assert told.exit_code == 4, arguments
        assert "There is no installation in" in told.stderr
        assert "counterseal init" in told.stderr


def test_a_new_set_up_link_is_made_each_time(installed: Run) -> None:
    links = {LINK.findall(installed("setup-link").stdout)[0] for _ in range(2)}
    assert len(links) == 2


def test_migrate_brings_the_tables_and_may_be_repeated(installed: Run) -> None:
    for _ in range(2):
        told = installed("migrate")
        assert told.exit_code == 0
        assert "are those of this version" in told.stdout


def test_a_database_url_that_is_none_is_told(
    installed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSEAL_DATABASE_URL", "mysql://localhost/x")
    told = installed("verify")
    assert told.exit_code == 2
    assert "SQLite and PostgreSQL" in told.stderr


def test_a_database_that_can_not_be_reached_is_told(
    installed: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.setenv("COUNTERSEAL_DATABASE_URL", f"sqlite:///{tmp_path / 'folder'}")
    told = installed("verify")
    assert told.exit_code == 4
    assert "The database can't be" in told.stderr


def test_a_database_of_no_version_asks_for_migrate(
    installed: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COUNTERSEAL_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    told = installed("verify")
    assert told.exit_code == 4
    assert "counterseal migrate" in told.stderr


def test_an_error_that_nobody_foresaw_is_one_sentence(
    installed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webui.cli.home.read_settings", None, raising=False)
    monkeypatch.setattr("webui.settings.read_settings", lambda *_: 1 / 0)
    told = installed("verify")
    assert told.exit_code == 70
    assert "ZeroDivisionError" in told.stderr
    assert "COUNTERSEAL_DEBUG=1" in told.stderr
    assert "Traceback" not in told.stderr

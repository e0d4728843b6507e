"""Backups as an operator makes, drills and restores them, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]


@pytest.fixture
def made(run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """An installation on either database, with a pair for backups."""
    monkeypatch.setenv("COUNTERSEAL_DATABASE_URL", database_url)
    monkeypatch.setenv("COUNTERSEAL_BACKUP_FOLDER", str(tmp_path / "kept"))
    assert run("init").exit_code == 0
    pair = run("backup", "keygen", "-o", "identity.txt")
    assert pair.exit_code == 0
    monkeypatch.setenv("COUNTERSEAL_BACKUP_RECIPIENT", pair.output.strip().partition("=")[2])
    return run


def grow(run: Run, name: str) -> None:
    done = run("report", "soc2", "--from", "2026-01-01", "--to", "2026-12-31", "-o", f"{name}.pdf")
    assert done.exit_code == 0, done.output


def newest(tmp_path: Path) -> Path:
    return max((tmp_path / "kept").iterdir())


def entries(run: Run) -> int:
    return int(json.loads(run("verify", "--json").output)["size"])


def scratch(database_url: str) -> list[str]:
    """Where a drill restores to: a new database beside the given one, or nothing for SQLite."""
    if database_url.startswith("sqlite"):
        return []
    name = re.sub(r"/test_[0-9a-f]+", "/postgres", database_url, count=1)
    engine = create_engine(name, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS scratch_of_test WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE scratch_of_test"))
    engine.dispose()
    return ["--scratch", re.sub(r"/test_[0-9a-f]+", "/scratch_of_test", database_url, count=1)]


def test_a_backup_is_encrypted_recorded_and_passes_its_drill(
    made: Run, tmp_path: Path, database_url: str
) -> None:
    grow(made, "Bo")
    size = entries(made)
    done = made("backup", "make")
    assert done.exit_code == 0, done.output
    assert f"{size} entries" in done.output
    assert f"Encrypted; entry {size}" in done.output
    file = newest(tmp_path)
    assert file.read_bytes().startswith(b"age-encryption.org/v1")
    assert file.stat().st_mode & 0o077 == 0
    grow(made, "Cy")
    where = scratch(database_url)
    practised = made("backup", "drill", str(file), "--identity", "identity.txt", *where)
    assert practised.exit_code == 0, practised.output
    assert "verified" in practised.output
    assert re.search(r"The ledger has \d+ entries more than the backup", practised.output)
    listed = made("backup", "list").output
    assert f"{file.name} " in listed
    assert f"{size} entries, encrypted; entry {size}" in listed
    assert "passed" in listed
    last = entries(made) - 1
    told = made("entry", str(last))
    assert "restore.tested" in told.output
    assert '"outcome": "pass"' in told.output


def test_without_a_recipient_nothing_is_written_in_the_clear(
    made: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COUNTERSEAL_BACKUP_RECIPIENT")
    refused = made("backup", "make")
    assert refused.exit_code == 2
    assert "no recipient" in refused.output
    assert not (tmp_path / "kept").exists()
    assert made("backup", "make", "--plain").exit_code == 0


def test_another_identity_a_damaged_file_and_no_backup_are_told_apart(
    made: Run, tmp_path: Path, database_url: str
) -> None:
    made("backup", "make")
    file = newest(tmp_path)
    assert made("backup", "keygen", "-o", "other.txt").exit_code == 0
    where = scratch(database_url)
    wrong = made("backup", "drill", str(file), "--identity", "other.txt", *where)
    assert (wrong.exit_code, "does not open" in wrong.output) == (2, True)
    none = made("backup", "drill", str(file), *where)
    assert (none.exit_code, "is encrypted" in none.output) == (2, True)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    damaged = made("backup", "drill", str(file), "--identity", "identity.txt", *where)
    assert damaged.exit_code == 2
    stray = tmp_path / "stray"
    stray.write_bytes(b"no backup")
    assert "no backup of a ledger" in made("backup", "drill", str(stray), *where).output


def test_only_the_newest_backups_are_kept(
    made: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSEAL_BACKUP_KEEP", "2")
    kept = tmp_path / "kept"
    kept.mkdir()
    for year in (2001, 2002, 2003):
        (kept / f"main-{year}0101T000000.counterseal-backup").write_bytes(b"old")
    (kept / "other-20010101T000000.counterseal-backup").write_bytes(b"another log's")
    done = made("backup", "make")
    assert done.output.count("Removed main-") == 2
    there = sorted(file.name[:8] for file in kept.iterdir())
    assert there == ["main-200", "main-202", "other-20"]


def sqlite_home(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSEAL_BACKUP_FOLDER", str(tmp_path / "kept"))
    assert run("init").exit_code == 0
    grow(run, "Bo")


def test_a_restored_newest_copy_goes_on_and_is_recorded(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_home(run, tmp_path, monkeypatch)
    size = entries(run)
    # A backup that could not be recorded before the disk was lost is the newest copy there is.
    shutil.copy(home / "guard.db", tmp_path / "guard.db")
    assert run("backup", "make", "--plain").exit_code == 0
    (home / "ledger.db").unlink()
    shutil.copy(tmp_path / "guard.db", home / "guard.db")
    done = run("restore", str(newest(tmp_path)))
    assert done.exit_code == 0, done.output
    assert f"Not older than the guard says ({size} entries)." in done.output
    assert entries(run) == size
    assert json.loads((home / "restored.json").read_text())["lost"] == 0


def test_an_older_copy_is_told_by_how_many_entries(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_home(run, tmp_path, monkeypatch)
    assert run("backup", "make", "--plain").exit_code == 0
    grow(run, "Cy")
    grown = entries(run)
    note = run("log", "checkpoint").output
    Path("kept.checkpoint").write_text(note, encoding="utf-8")
    assert run("proof", "3", "-o", "3.tlog-proof").exit_code == 0
    (home / "ledger.db").unlink()
    done = run("restore", str(newest(tmp_path)))
    assert done.exit_code == 1, done.output
    assert f"OLDER: the guard speaks for {grown} entries" in done.output
    assert "2 are lost" in done.output
    read_only = run("verify")
    assert (read_only.exit_code, "older copy" in read_only.output) == (1, True)
    # Without the guard, what was given out tells it as well.
    for outside in ("kept.checkpoint", "3.tlog-proof"):
        (home / "ledger.db").unlink()
        (home / "guard.db").unlink(missing_ok=True)
        done = run("restore", str(newest(tmp_path)), "--against", outside)
        assert done.exit_code == 1, done.output
        assert f"OLDER: {outside} speaks for {grown} entries" in done.output


def test_without_any_promise_it_says_that_it_can_not_tell(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_home(run, tmp_path, monkeypatch)
    assert run("backup", "make", "--plain").exit_code == 0
    (home / "ledger.db").unlink()
    (home / "guard.db").unlink()
    done = run("restore", str(newest(tmp_path)))
    assert done.exit_code == 0, done.output
    assert "whether this is the newest copy can't be told" in done.output


def test_nothing_is_restored_over_a_ledger(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_home(run, tmp_path, monkeypatch)
    assert run("backup", "make", "--plain").exit_code == 0
    before = (home / "ledger.db").read_bytes()
    done = run("restore", str(newest(tmp_path)))
    assert (done.exit_code, "nothing was restored over it" in done.output) == (2, True)
    assert (home / "ledger.db").read_bytes() == before

"""The journal follows SQLite's version, and what a database can't do is said in one sentence."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from ledger.errors import InputError, OutsideError
from ledger.store.database import journal_mode, open_engine, reading
from ledger.store.migrate import check_migrated, migrate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "TRUNCATE"),
        ((3, 44, 5), "TRUNCATE"),
        ((3, 44, 6), "WAL"),
        ((3, 45, 0), "TRUNCATE"),
        ((3, 50, 6), "TRUNCATE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 2), "TRUNCATE"),
        ((3, 51, 3), "WAL"),
        ((3, 53, 0), "WAL"),
        ((4, 0, 0), "WAL"),
    ],
)
def test_wal_is_used_only_where_it_is_sound(version: tuple[int, int, int], mode: str) -> None:
    assert journal_mode(version) == mode


def test_a_connection_is_durable_and_uses_the_sound_journal(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with reading(engine) as connection:
        mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
        synchronous = connection.execute(text("PRAGMA synchronous")).scalar_one()
    engine.dispose()
    assert mode.upper() == journal_mode(sqlite3.sqlite_version_info[:3])
    assert synchronous == 2


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite+nothing:///x"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InputError) as refused:
        open_engine(url)
    assert "postgresql://" in refused.value.remedy


def test_a_database_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'no' / 'folder' / 'x.db'}")
    with pytest.raises(OutsideError) as failed, reading(engine):
        pass
    assert failed.value.code == "database-failed"
    engine.dispose()


def test_what_was_to_be_stored_does_not_stand_in_an_error(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(OutsideError) as failed, reading(engine) as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:secret)"), {"secret": "hunter2"})
    engine.dispose()
    assert "hunter2" not in f"{failed.value} {failed.value.__cause__}"


def test_several_that_start_at_once_on_an_empty_database_make_its_tables_once(
    database_url: str,
) -> None:
    """Each with connections of its own, as processes have."""
    begun = threading.Barrier(6)

    def start() -> None:
        engine = open_engine(database_url)
        try:
            begun.wait()
            migrate(engine)
            check_migrated(engine)
        finally:
            engine.dispose()

    with ThreadPoolExecutor(6) as pool:
        for one in [pool.submit(start) for _ in range(6)]:
            one.result()

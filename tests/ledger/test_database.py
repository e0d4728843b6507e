"""The journal follows SQLite's version, and what a database can't do is said in one sentence."""

from __future__ import annotations

import ast
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from ledger.errors import InputError, LedgerError, OutsideError
from ledger.store.database import journal_mode, open_engine, reading, writing
from ledger.store.migrate import check_migrated, migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine

ROOT = Path(__file__).parents[2]
ROOMS = ("ledger", "policies", "webui")


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


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE kept (number INTEGER)"))
    yield engine
    engine.dispose()


def numbers(connection: Connection) -> list[int]:
    return list(connection.execute(text("SELECT number FROM kept ORDER BY number")).scalars())


def keep(connection: Connection, number: int) -> None:
    connection.execute(text("INSERT INTO kept VALUES (:number)"), {"number": number})


def test_what_is_read_within_what_is_read_waits_for_no_commit(tmp_path: Path) -> None:
    """A commit that waits for a reader lets no other connection begin to read."""
    file = tmp_path / "x.db"
    engine = open_engine(f"sqlite:///{file}")
    with writing(engine) as connection:
        connection.execute(text("PRAGMA journal_mode=TRUNCATE"))
        connection.execute(text("CREATE TABLE kept (number INTEGER)"))
    stands = threading.Event()

    def commit() -> None:
        with writing(engine) as connection:
            keep(connection, 1)
            stands.set()

    with ThreadPoolExecutor(1) as pool, reading(engine) as outer:
        assert numbers(outer) == []
        done = pool.submit(commit)
        stands.wait()
        while not is_shut(file):
            assert not done.done()
        with reading(engine) as inner:
            assert numbers(inner) == []
        assert not done.done()
    done.result()
    with reading(engine) as after:
        assert numbers(after) == [1]
    engine.dispose()


def is_shut(file: Path) -> bool:
    """Whether somebody who comes now may not even read."""
    stranger = sqlite3.connect(file, timeout=0)
    try:
        stranger.execute("SELECT * FROM kept").fetchall()
    except sqlite3.OperationalError:
        return True
    finally:
        stranger.close()
    return False


def test_what_is_read_within_a_transaction_is_of_the_same_moment(engine: Engine) -> None:
    with writing(engine) as connection:
        keep(connection, 1)
        with reading(engine) as inner:
            assert numbers(inner) == [1]
        keep(connection, 2)
    with reading(engine) as outer:
        with reading(engine) as inner:
            assert numbers(inner) == [1, 2]
        assert numbers(outer) == [1, 2]
    with reading(engine) as after:
        assert after is not outer


def test_an_error_within_leaves_nothing_behind(engine: Engine) -> None:
    with pytest.raises(OutsideError), reading(engine), reading(engine) as inner:
        inner.execute(text("SELECT * FROM nowhere"))
    with writing(engine) as connection:
        keep(connection, 1)
    with reading(engine) as after:
        assert numbers(after) == [1]


def test_other_threads_have_transactions_of_their_own(engine: Engine) -> None:
    def other() -> list[int]:
        with reading(engine) as theirs:
            assert theirs is not ours
            return numbers(theirs)

    with reading(engine) as ours, ThreadPoolExecutor(1) as pool:
        assert pool.submit(other).result() == []


@pytest.mark.parametrize("outer", [reading, writing])
def test_nothing_is_written_by_a_thread_that_a_commit_would_wait_for(
    tmp_path: Path, outer: Callable[[Engine], AbstractContextManager[Connection]]
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with (
        pytest.raises(LedgerError) as refused,
        outer(engine),
        writing(engine),
    ):
        pass
    assert refused.value.code == "nested-transaction"
    engine.dispose()


def test_no_generator_keeps_a_transaction_open_while_it_yields() -> None:
    """Whoever takes from it would read within it, at a moment that is long over."""
    found = []
    files = list(chain.from_iterable((ROOT / room).rglob("*.py") for room in ROOMS))
    assert ROOT / "ledger" / "query.py" in files
    for file in files:
        parts = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        blocks = {inner for part in parts if is_block(part) for inner in ast.walk(part)}
        for part in parts:
            if part in blocks or not isinstance(part, ast.With):
                continue
            if any(opens(item) for item in part.items):
                yields = (ast.Yield, ast.YieldFrom)
                found += [file for inner in ast.walk(part) if isinstance(inner, yields)]
    assert found == []


def is_block(part: ast.AST) -> bool:
    """Whether it yields to one ``with`` block, which ends before its caller goes on."""
    return isinstance(part, ast.FunctionDef) and any(
        getattr(one, "id", "") == "contextmanager" for one in part.decorator_list
    )


def opens(item: ast.withitem) -> bool:
    call = item.context_expr
    return isinstance(call, ast.Call) and getattr(call.func, "id", "") in {"reading", "writing"}

"""Connections: one engine per database, reading and writing transactions, one error for failures.

SQLite: ``synchronous=FULL`` always, because a commit that is lost after its receipt was given is a
fork of the log. Versions 3.7.0 to 3.51.2 (but for 3.50.7 and 3.44.6) can corrupt a database in WAL
mode when a reset of the log races a reader, so there the roll-back journal (TRUNCATE) is used.
A writing transaction takes the lock at once (``BEGIN IMMEDIATE``).
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from ledger.errors import InputError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

BUSY_SECONDS: Final = 30
# Opening a connection costs more than most queries, and a server has a thread for each.
MOST_CONNECTIONS: Final = 64
_WAL_SOUND_FROM: Final = (3, 51, 3)
_WAL_SOUND_BACKPORTS: Final = {(3, 50): 7, (3, 44): 6}


def journal_mode(version: tuple[int, int, int]) -> str:
    """WAL where this version of SQLite is free of the WAL-reset bug, else TRUNCATE."""
    backport = _WAL_SOUND_BACKPORTS.get(version[:2])
    sound = version >= _WAL_SOUND_FROM or (backport is not None and version[2] >= backport)
    return "WAL" if sound else "TRUNCATE"


def open_engine(url: str) -> Engine:
    """An engine for ``sqlite:///FILE`` or ``postgresql+psycopg://...``.

    Raises:
        InputError: the URL is malformed or names a database that is not supported.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            engine = create_engine(
                parsed,
                connect_args={"timeout": BUSY_SECONDS},
                hide_parameters=True,
                pool_size=MOST_CONNECTIONS,
                max_overflow=MOST_CONNECTIONS,
            )
        elif parsed.get_backend_name() == "postgresql":
            engine = create_engine(
                parsed,
                pool_pre_ping=True,
                pool_size=16,
                max_overflow=MOST_CONNECTIONS,
                hide_parameters=True,
            )
        else:
            engine = None
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise InputError(
            "The database URL can't be used.",
            remedy="Write sqlite:///FILE or postgresql://USER@HOST/NAME.",
        ) from error
    if engine is None:
        raise InputError(
            "Only SQLite and PostgreSQL are supported.",
            remedy="Write sqlite:///FILE or postgresql://USER@HOST/NAME.",
        )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, record: Any) -> None:
    del record
    connection.isolation_level = None
    mode = journal_mode(sqlite3.sqlite_version_info[:3])
    for pragma in (f"journal_mode={mode}", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads; keep it short, it may hold up commits."""
    with _foreign_errors("read"), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; durable when the block is left without an error."""
    with _foreign_errors("written"), engine.connect() as plain:
        connection = plain.execution_options(writes=True)
        with connection.begin():
            yield connection


@contextmanager
def _foreign_errors(verb: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise OutsideError(
            f"The database can't be {verb}: {_first_line(error)}.",
            remedy="Nothing was recorded. Check that the database is reachable, writable, "
            "not full and not locked by another program, then try again.",
            code="database-failed",
        ) from error
    except SQLAlchemyError as error:
        raise OutsideError(
            f"The database can't be {verb}: {type(error).__name__}.", code="database-failed"
        ) from error


def _first_line(error: DBAPIError) -> str:
    """The driver's own words, without the statement and its parameters."""
    text = str(error.orig).strip().splitlines()
    return text[0].rstrip(".") if text else type(error.orig).__name__

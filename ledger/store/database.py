"""Connections: one engine per database, reading and writing transactions, one error for failures.

SQLite: ``synchronous=FULL`` always, because a commit that is lost after its receipt was given is a
fork of the log. Versions 3.7.0 to 3.51.2 (but for 3.50.7 and 3.44.6) can corrupt a database in WAL
mode when a reset of the log races a reader, so there the roll-back journal (TRUNCATE) is used.
A writing transaction takes the lock at once (``BEGIN IMMEDIATE``). What is deleted is overwritten
with zeros (``secure_delete``), because deletions here are of keys and texts that must be gone.

PostgreSQL: a session whose ``synchronous_commit`` is off gets it on, for the same reason; a lock is
waited for as long as on SQLite; and a session that holds a transaction open and is silent for a
minute (its process was stopped, its machine is gone) is ended by the server, so that it can't hold
up the others. What transactions read comes in binary, because bytes written as text are twice as
long and must be read back: a scan over envelopes takes a third of the time.

A thread has one transaction of a database at a time. What is read while another transaction of the
same thread is open is read within that one: a second connection could wait for a commit that itself
waits for the first, and would see another moment. To write while reading is refused on SQLite,
where the commit would wait for its own thread.

A failure is one of a few kinds (``ledger.store.fault``). A connection on which something failed
that a new one might not suffer is given up, so that service goes on when the cause is gone.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from ledger.errors import InputError, LedgerError, OutsideError
from ledger.store.fault import Fault, commit_error, failed, fault_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine

BUSY_SECONDS: Final = 30
SILENT_SECONDS: Final = 60
# Opening a connection costs more than most queries, and a server has a thread for each.
MOST_CONNECTIONS: Final = 64
_WAL_SOUND_FROM: Final = (3, 51, 3)
_WAL_SOUND_BACKPORTS: Final = {(3, 50): 7, (3, 44): 6}
# A server that no longer answers is noticed within half a minute (libpq's own words for it).
_NOTICE: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 30_000,
}
_SESSION: Final = """
SELECT set_config('lock_timeout', %s, false),
       set_config('idle_in_transaction_session_timeout', %s, false),
       CASE current_setting('synchronous_commit')
           WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END
"""


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
                connect_args=_notice(parsed),
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
    else:
        event.listen(engine, "connect", _set_up_postgresql)
        event.listen(engine, "before_cursor_execute", _ask_for_binary)
    return engine


def _notice(url: URL) -> dict[str, int]:
    """How soon a dead server is noticed, where the URL does not say it."""
    return {name: value for name, value in _NOTICE.items() if name not in url.query}


def _set_up_postgresql(connection: Any, record: Any) -> None:
    del record
    seconds = (f"{BUSY_SECONDS}s", f"{SILENT_SECONDS}s")
    try:
        connection.autocommit = True
        connection.execute(_SESSION, seconds)
        connection.autocommit = False
    except BaseException:
        connection.close()
        raise


def _ask_for_binary(connection: Connection, cursor: Any, *rest: Any) -> None:
    del rest
    if connection.get_execution_options().get("binary"):
        cursor.format = 1  # psycopg.pq.Format.BINARY


def _set_up_sqlite(connection: Any, record: Any) -> None:
    del record
    connection.isolation_level = None
    mode = journal_mode(sqlite3.sqlite_version_info[:3])
    pragmas = (f"journal_mode={mode}", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class _Open(threading.local):
    """The transaction that a thread has open, by database."""

    def __init__(self) -> None:
        self.of: dict[Engine, Connection] = {}


_OPEN: Final = _Open()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads; keep it short, it may hold up commits.

    All of it sees the database as it was at one moment (a snapshot), however many append meanwhile.
    Within another transaction of this thread it is that one, which goes on afterwards. So no
    generator may keep it open while it yields.

    Raises:
        BusyError, OutsideError: the database can't be read.
    """
    held = _OPEN.of.get(engine)
    if held is not None:
        with _foreign_errors("read"), _watched(held):
            yield held
        return
    with _foreign_errors("read"), engine.connect() as plain:
        connection = plain
        if engine.dialect.name == "postgresql":
            connection = plain.execution_options(isolation_level="REPEATABLE READ", binary=True)
        with _watched(connection), connection.begin(), _held(engine, connection):
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; durable when the block is left without an error.

    Raises:
        BusyError, OutsideError: nothing was written.
        InDoubtError: the commit was sent, and whether it happened is not known.
        LedgerError: ``nested-transaction``; see ``check_nothing_open``.
    """
    check_nothing_open(engine)
    with _foreign_errors("written"), engine.connect() as plain:
        connection = plain.execution_options(writes=True, binary=True)
        try:
            transaction = connection.begin()
            with _held(engine, connection):
                yield connection
        except BaseException as error:
            _roll_back(connection)
            if isinstance(error, DBAPIError):
                _give_up(connection, error)
            raise
        try:
            transaction.commit()
        except DBAPIError as error:
            _roll_back(connection)
            connection.invalidate()
            raise commit_error(error) from error


def check_nothing_open(engine: Engine) -> None:
    """Check that this thread may wait for a commit: on SQLite it has no transaction open.

    Raises:
        LedgerError: ``nested-transaction``, a defect of the program: the commit would wait for this
            thread, and this thread for the commit.
    """
    if engine.dialect.name == "sqlite" and engine in _OPEN.of:
        raise LedgerError(
            "Something would be written while the same thread reads; nothing was recorded.",
            code="nested-transaction",
        )


@contextmanager
def _held(engine: Engine, connection: Connection) -> Iterator[None]:
    """The transaction is the thread's as long as this lasts."""
    before = _OPEN.of.get(engine)
    _OPEN.of[engine] = connection
    try:
        yield
    finally:
        if before is None:
            del _OPEN.of[engine]
        else:
            _OPEN.of[engine] = before


@contextmanager
def _watched(connection: Connection) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        _give_up(connection, error)
        raise


def _roll_back(connection: Connection) -> None:
    """End the transaction; a connection that can't even do that is given up."""
    try:
        connection.rollback()
    except SQLAlchemyError:
        connection.invalidate()


def _give_up(connection: Connection, error: DBAPIError) -> None:
    """Close a connection that may be worse than a new one would be, and others like it."""
    fault = fault_of(error)
    if fault in {Fault.READ_ONLY, Fault.DISK, Fault.LOST} and not connection.invalidated:
        connection.invalidate()
    if fault is Fault.READ_ONLY:
        # Whether a connection may write is settled when it is opened.
        connection.engine.dispose()


@contextmanager
def _foreign_errors(verb: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise failed(error, verb) from error
    except SQLAlchemyError as error:
        raise OutsideError(
            f"The database can't be {verb}: {type(error).__name__}.", code="database-failed"
        ) from error

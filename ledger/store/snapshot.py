"""A consistent copy of a whole database while others write to it, and the way back.

SQLite: the online backup of the library, one read transaction. PostgreSQL: ``pg_dump`` in its own
format. Passwords go by environment variables, never on a command line that others can list.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from typing import TYPE_CHECKING, Final

from sqlalchemy.engine import make_url

from ledger.errors import ConflictError, OutsideError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL, Engine

_VARIABLES: Final = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "database": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def take_snapshot(engine: Engine, target: Path) -> None:
    """Copy the database into the new file ``target``.

    Raises:
        OutsideError: it can't be read or written, or ``pg_dump`` is missing.
    """
    if engine.dialect.name == "postgresql":
        _run("pg_dump", engine.url, "--format=custom", "--no-owner", f"--file={target}")
        return
    raw = engine.raw_connection()
    source = raw.driver_connection
    try:
        with sqlite3.connect(target) as copy:
            if isinstance(source, sqlite3.Connection):
                source.backup(copy)
        copy.close()
    except sqlite3.Error as error:
        raise OutsideError(
            f"The database can't be copied: {error}.",
            code="snapshot-failed",
            remedy="Check that there is room for a second copy of it.",
        ) from error
    finally:
        raw.close()


def put_back(snapshot: Path, url: str) -> None:
    """Make a database from a snapshot: a file that is not there yet, or an empty database.

    Raises:
        ConflictError: there is something already; nothing is changed.
        OutsideError: it can't be written, or ``pg_restore`` is missing or fails.
    """
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        _put_back_file(snapshot, place)
        return
    options = ("--no-owner", "--exit-on-error", "--single-transaction")
    _run("pg_restore", place, *options, str(snapshot))


def check_archive(snapshot: Path, database: str) -> None:
    """Read a snapshot's table of contents back.

    Raises:
        OutsideError: it is not whole.
    """
    if database == "postgresql":
        _run("pg_restore", None, "--list", str(snapshot))


def _put_back_file(snapshot: Path, place: URL) -> None:
    target = place.database or ""
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConflictError(
            "There is a database already; nothing was restored over it.",
            code="database-there",
            remedy="Move it aside first, and keep it: it may hold what the backup lacks.",
        ) from None
    except OSError as error:
        raise _unwritable(error) from error
    try:
        with os.fdopen(handle, "wb") as file, snapshot.open("rb") as source:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _unwritable(error) from error


def _run(program: str, url: URL | None, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise OutsideError(
            f"{program} is not installed here.",
            code="tool-missing",
            remedy="Install PostgreSQL's client programs, of the server's version or newer.",
        )
    database = () if url is None or program == "pg_dump" else (f"--dbname={url.database}",)
    done = subprocess.run(  # noqa: S603 (a fixed program, no shell)
        (found, *database, *arguments),
        env=os.environ | ({} if url is None else _environment(url)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise OutsideError(
            f"{program} failed: {last.rstrip('.')}.",
            code="snapshot-failed",
            remedy="The database must be reachable, and empty where something is restored into it.",
        )


def _environment(url: URL) -> dict[str, str]:
    """Where the database is, as PostgreSQL's programs read it from their environment."""
    parts = {**url.translate_connect_args(username="user"), **url.query}
    return {_VARIABLES[name]: str(value) for name, value in parts.items() if name in _VARIABLES}


def _unwritable(error: OSError) -> OutsideError:
    return OutsideError(f"The database can't be written: {error.strerror}.", code="snapshot-failed")

"""A PostgreSQL server of the test run's own, and a fresh database per test.

- One server per pytest process, on a Unix socket in a folder that only its user may enter; no TCP
  port, so that two runs never meet.
- PostgreSQL refuses to run as root: then the server runs as the system's user ``postgres``.
- ``fsync`` is off: the machine's crash is not under test, and the folder is thrown away.
- The server stops at the end, and also when the test process dies (``setpriv --pdeathsig``).
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from tests import setup_tools

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 60
STOP_SECONDS = 30
CLUSTER_OPTIONS = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
)
SERVER_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "logging_collector": "off",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


@dataclass
class PostgresServer:
    """A running server. ``folder`` holds its data, its socket and its log, ``server.log``."""

    folder: Path
    command: list[str] = field(repr=False)
    process: subprocess.Popen[bytes] = field(init=False, repr=False)

    def start(self) -> None:
        """Start the server's process; ``wait`` tells when it answers."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def crash(self) -> None:
        """Kill the server's first process; what it began ends as soon as it notices."""
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        """Start after a crash; refused by PostgreSQL while an old process is still there."""
        until = time.monotonic() + START_SECONDS
        while True:
            self.start()
            while self.process.poll() is None:
                try:
                    self._connect().close()
                except psycopg.OperationalError:
                    time.sleep(0.02)
                else:
                    return
            if time.monotonic() > until:
                self.wait()
            time.sleep(0.05)

    def url(self, database: str) -> str:
        """The SQLAlchemy address of a database of this server."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def create(self) -> str:
        """Make an empty database under a name never used before; returns the name."""
        name = f"test_{secrets.token_hex(8)}"
        self._administer(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name

    def drop(self, database: str) -> None:
        """Remove a database, and the connections to it that were left open."""
        words = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        self._administer(words.format(sql.Identifier(database)))

    def databases(self) -> frozenset[str]:
        """The names of all databases."""
        with self._connect() as connection:
            rows = connection.execute("SELECT datname FROM pg_database").fetchall()
        return frozenset(name for (name,) in rows)

    def wait(self) -> None:
        """Return when the server answers; fail with its log when it does not."""
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > until:
                    log = (self.folder / "server.log").read_text(errors="replace")
                    pytest.fail(f"PostgreSQL did not start:\n{log}", pytrace=False)
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """Shut the server down, open connections or not, and remove its folder."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()
            shutil.rmtree(self.folder)

    def _administer(self, words: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(words)

    def _connect(self) -> psycopg.Connection[tuple[str, ...]]:
        return psycopg.connect(
            host=str(self.folder), user="postgres", dbname="postgres", autocommit=True
        )


def start_postgres() -> PostgresServer:
    """Make a cluster in a temporary folder and start it; the caller stops it."""
    folder = Path(tempfile.mkdtemp(prefix="counterseal-pg-"))
    prefix = _unprivileged(folder)
    data = folder / "data"
    made = subprocess.run(
        [*prefix, _program(setup_tools.INITDB), *CLUSTER_OPTIONS, "-D", str(data)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        shutil.rmtree(folder)
        pytest.fail(f"initdb failed:\n{made.stdout}{made.stderr}", pytrace=False)
    chosen = SERVER_SETTINGS | {"unix_socket_directories": str(folder)}
    options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
    command = [*prefix, _program(setup_tools.POSTGRES), "-D", str(data), *options]
    server = PostgresServer(folder, command)
    server.start()
    return server


def _unprivileged(folder: Path) -> list[str]:
    """The words that run a command as a user PostgreSQL accepts, who then owns the folder."""
    setpriv = [_program(setup_tools.SETPRIV), "--pdeathsig", "INT"]
    if os.geteuid() != 0:
        return setpriv
    account = pwd.getpwnam("postgres")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return [*setpriv, "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]


def _program(tool: setup_tools.Tool) -> str:
    path = setup_tools.find(tool)
    if path is None:
        pytest.fail(setup_tools.sentence((tool,)), pytrace=False)
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server of this test process."""
    server = start_postgres()
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty PostgreSQL database, dropped after the test."""
    database = postgres_server.create()
    yield postgres_server.url(database)
    postgres_server.drop(database)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database; a test that asks for it runs on SQLite and PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'counterseal.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url

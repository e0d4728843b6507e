"""A thousand kills: what was acknowledged, what was lost (nothing), what was twice (nothing).

Half of the kills on each database. Processes with clients are killed by SIGKILL at random instants;
on PostgreSQL also single backends, and the server's first process, in a share of the rounds.
``COUNTERSEAL_BENCH_KILLS`` sets another number.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.installation import show

if TYPE_CHECKING:
    from tests.crash.kills import Counts
    from tests.tools.postgresql import PostgresServer

KILLS = 1_000
ROUNDS_PER_HOME = 20


def run(urls: list[str]) -> None:
    """On SQLite, and on a PostgreSQL server that may be killed."""
    from tests.tools.postgresql import start_postgres

    del urls
    kills = int(os.environ.get("COUNTERSEAL_BENCH_KILLS", KILLS)) // 2
    multiprocessing.get_context("forkserver").set_forkserver_preload(["tests.crash.client"])
    rounds("sqlite", kills, None)
    server = start_postgres()
    try:
        server.wait()
        rounds("postgresql", kills, server)
    finally:
        server.stop()


def rounds(database: str, kills: int, server: PostgresServer | None) -> None:
    """Kill until the number is reached, in homes that serve some rounds each."""
    from tests.crash.kills import Counts

    counts = Counts(database)
    start = time.monotonic()
    while _done(counts) < kills:
        _use_up(counts, kills, server)
        show("kills.so_far", database=database, kills=_done(counts), of=kills)
    show("kills", seconds=time.monotonic() - start, **counts.as_dict())


def _use_up(counts: Counts, kills: int, server: PostgresServer | None) -> None:
    """One home."""
    from tests.crash.kills import Home

    with tempfile.TemporaryDirectory(prefix="counterseal-kills-") as folder:
        name = server.create() if server is not None else ""
        url = server.url(name) if server is not None else f"sqlite:///{folder}/ledger.db"
        home = Home(url, Path(folder), counts)
        for _ in range(ROUNDS_PER_HOME):
            if _done(counts) < kills:
                home.round(server)
        home.finish()
        if server is not None:
            server.drop(name)


def _done(counts: Counts) -> int:
    return counts.kills + counts.backend_kills + counts.server_kills

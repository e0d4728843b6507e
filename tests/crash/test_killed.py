"""Processes and servers killed at any instant leave a ledger that verifies, with every receipt."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ledger.audit import audit
from tests.crash.asker import POINTS, person_of
from tests.crash.kills import Counts, Home
from tests.tools.house import person

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.house import House
    from tests.tools.postgresql import PostgresServer

ROUNDS = 13


@pytest.mark.parametrize("point", POINTS)
def test_a_process_killed_at_a_point_of_the_write_path_is_asked_again_elsewhere(
    house: House, pytestconfig: pytest.Config, point: str
) -> None:
    """The same key at another process: the receipt of what was durable, else a first one."""
    house.submit(person(), "before")
    command = [sys.executable, "-m", "tests.crash.asker", house.url, str(house.folder), point]
    died = subprocess.run(
        command, cwd=pytestconfig.rootpath, input="k\n", capture_output=True, text=True, check=False
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert died.stdout == ""
    if POINTS[point]:
        assert house.log.head().size == 4
    receipt = house.submit(person_of("k"), "k")
    assert (receipt.sequence, receipt.replayed) == (3, POINTS[point])
    assert receipt.leaf_hash == house.log.entry(3).leaf
    guarded = house.log.guard.read(house.log.origin)
    assert guarded is not None
    assert guarded.size == 4
    assert house.submit(person_of("k"), "k").checkpoint == receipt.checkpoint
    assert house.submit(person(), "after").sequence == 4
    assert audit(house.log).problems == []


def assert_nothing_lost(counts: Counts) -> None:
    assert counts.acknowledged > ROUNDS, counts
    wrong = (counts.lost, counts.twice, counts.contradicted, counts.unsound)
    assert wrong == (0, 0, 0, 0), counts
    assert counts.kills >= 2 * ROUNDS - 2, counts


@pytest.fixture(autouse=True)
def ready(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are forked from one that has imported everything."""
    monkeypatch.chdir(pytestconfig.rootpath)
    multiprocessing.get_context("forkserver").set_forkserver_preload(["tests.crash.client"])


def test_nothing_acknowledged_is_lost_when_processes_are_killed_on_sqlite(tmp_path: Path) -> None:
    counts = Counts("sqlite")
    home = Home(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, counts)
    for _ in range(ROUNDS):
        home.round(None)
    home.finish()
    assert_nothing_lost(counts)


@pytest.mark.postgres
def test_nothing_acknowledged_is_lost_when_processes_and_servers_are_killed_on_postgresql(
    tmp_path: Path,
) -> None:
    from tests.tools.postgresql import start_postgres

    counts = Counts("postgresql")
    server: PostgresServer = start_postgres()
    try:
        server.wait()
        home = Home(server.url(server.create()), tmp_path, counts)
        for _ in range(ROUNDS):
            home.round(server)
        home.finish()
    finally:
        server.stop()
    assert_nothing_lost(counts)

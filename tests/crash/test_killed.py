"""Processes and servers killed at any instant leave a ledger that verifies, with every receipt."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

import pytest

from tests.crash.kills import Counts, Home

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.postgresql import PostgresServer

ROUNDS = 13


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

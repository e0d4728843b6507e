"""A process killed at any instant leaves a ledger that verifies, with every receipt kept."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from ledger.audit import audit

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.tools.house import House

KILLS = 4


def killed_after(house: House, seconds: float) -> list[tuple[int, str]]:
    """Run an appender, kill it, and return the receipts that it had acknowledged."""
    command = [sys.executable, "-m", "tests.crash.appender", house.url, str(house.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as appender:
        assert appender.stdout is not None
        first = appender.stdout.readline()
        time.sleep(seconds)
        appender.kill()
        lines = [first, *appender.stdout.read().splitlines()]
    receipts = [line.split() for line in lines if len(line.split()) == 2]
    return [(int(number), leaf) for number, leaf in receipts if len(leaf) == 64]


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(
    house: House, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    root: Path = pytestconfig.rootpath
    monkeypatch.chdir(root)
    acknowledged: list[tuple[int, str]] = []
    for _ in range(KILLS):
        acknowledged += killed_after(house, secrets.randbelow(200) / 1000)
        log = house.reopened()
        assert log.alarm == ""
        found = audit(log)
        assert found.problems == []
        for number, leaf in acknowledged:
            assert log.entry(number).leaf.hex() == leaf
        assert len({number for number, _ in acknowledged}) == len(acknowledged)
        log.engine.dispose()
        log.guard.close()
    assert len(acknowledged) >= KILLS

"""A worker's process is killed at a step; another one takes its job, and there is one report."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.audit import audit
from tests.webui.jobs.test_running import PAST_LEASE
from webui.issuing import issued_file
from webui.jobs.worker import take

if TYPE_CHECKING:
    from tests.webui.jobs.desk import Desk

ROOT = Path(__file__).parents[3]


def kill_at(desk: Desk, step: str) -> None:
    """Have a worker of its own process take the job, and die at a step."""
    wiring = desk.wiring
    home, url = wiring.settings.home, wiring.settings.database_url
    at = wiring.now().isoformat()
    command = [sys.executable, "-m", "tests.webui.jobs.dying", str(home), url, step, at]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("step", ["folding", "sealing", "recording", "recorded"])
def test_a_report_whose_worker_was_killed_is_recorded_once(any_desk: Desk, step: str) -> None:
    asked = any_desk.ask("mine")
    kill_at(any_desk, step)
    assert take(any_desk.wiring) is None
    any_desk.seeded.house.clock.move(seconds=PAST_LEASE)
    any_desk.work()
    done = any_desk.look(asked)
    assert (done.state, done.attempts) == ("done", 2)
    assert any_desk.issued() == [done.result]
    assert done.result is not None
    report, _ = issued_file(any_desk.wiring, done.result)
    assert [file.stem for file in any_desk.files()] == [report.report]
    assert any_desk.ask("mine") == done
    assert audit(any_desk.wiring.log, workers=1).sound

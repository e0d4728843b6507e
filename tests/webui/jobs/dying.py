"""A worker that is killed by SIGKILL when it is at a step, as a program for ``test_killed``."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path

from tests.webui.house import Clock, _settings
from webui.jobs import running
from webui.jobs.worker import take
from webui.wiring import open_home


def main(home: Path, url: str, step: str, at: str) -> None:
    wiring = open_home(_settings(home, url), now=Clock(datetime.fromisoformat(at)))
    plain = running.Hold.note

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def note(hold: running.Hold, said: str, done: int, total: int) -> None:
        plain(hold, said, done, total)
        if said == step:
            die()

    running.Hold.note = note  # type: ignore[method-assign]
    if step == "recorded":
        running._end = die  # type: ignore[assignment]
    job = take(wiring)
    assert job is not None
    running.carry_out(wiring, job, threading.Event(), 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4])

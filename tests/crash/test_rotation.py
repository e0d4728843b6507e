"""A rotation killed at any of its steps leaves a log that verifies and can be rotated again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from webui.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

    from click.testing import Result

# Every call of the program's own that can leave something behind, and those of the database.
_STEPS = ("/ledger/", "/sqlalchemy/engine/default.py", "/webui/")
EVENLY, LATE = 7, 6


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *arguments], prog_name="counterseal")


def rotated(home: Path, use: str, at: int) -> int:
    """Rotate in a process that kills itself at its step ``at``; the steps it took, or -1."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        taken = _until(at, lambda: run(home, "key", "rotate", use))
        os.write(write, str(taken).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if not said:
        assert os.WTERMSIG(status) == signal.SIGKILL
    return int(said or -1)


def _until(at: int, act: Any) -> int:
    taken = 0

    def step(frame: FrameType, what: str, _: object) -> None:
        nonlocal taken
        if what == "call" and any(part in frame.f_code.co_filename for part in _STEPS):
            taken += 1
            if taken == at:
                os.kill(os.getpid(), signal.SIGKILL)

    import threading

    threading.setprofile(step)
    sys.setprofile(step)
    try:
        act()
    finally:
        sys.setprofile(None)
    return taken


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("rotation") / "home"
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("COUNTERSEAL_")]:
            patch.delenv(name)
        made = run(home, "init")
        assert made.exit_code == 0, made.output
        yield home


@pytest.mark.parametrize("use", ["entries", "checkpoints", "cosignatures"])
def test_a_rotation_that_is_killed_happened_or_did_not(
    begun: Path, tmp_path: Path, use: str
) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(begun, whole)
    steps = rotated(whole, use, -1)
    # Most steps come before the commit: some evenly, and some of the last.
    places = [1 + number * steps // EVENLY for number in range(EVENLY)]
    places += [steps - 1 - number * steps // 100 for number in range(LATE)]
    seen = set()
    for number, place in enumerate(places):
        home = tmp_path / str(number)
        shutil.copytree(begun, home)
        rotated(home, use, place)
        found = json.loads(run(home, "verify", "--json").output)
        assert found["verified"], (number, found["problems"])
        keys = run(home, "key", "list").output.count(use)
        files = len(list((home / "keys").glob(f"{use}*.pem")))
        assert keys <= files
        seen.add((keys, files))
        again = run(home, "key", "rotate", use)
        assert again.exit_code == 0, (number, again.output)
        assert run(home, "verify").exit_code == 0
        shutil.rmtree(home)
    assert {(1, 1), (1, 2), (2, 2)} <= seen, "killed before, between and after"

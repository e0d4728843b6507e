"""Environments of their own, beside ours, for programs whose pins clash with it; each made once."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 1800


def own_environment(name: str, wanted: Sequence[str], tried: Sequence[str] = ()) -> Path:
    """The folder of an environment, which is made first where it is not there.

    Args:
        name: what its folder is called, inside this Python's environment.
        wanted: what pip installs into it.
        tried: one of its programs with arguments, which must end well before it counts as made.

    Raises:
        RuntimeError: it can't be made.
    """
    home = Path(sys.prefix) / name
    with home.with_name(f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / ".made").exists():
            venv.create(home, with_pip=True, clear=True)  # what was half made goes
            _run(home, "python", "-m", "pip", "install", "--quiet", *wanted)
            if tried:
                _run(home, *tried)
            (home / ".made").touch()
    return home


def _run(home: Path, program: str, *arguments: str) -> None:
    command = [home / "bin" / program, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    if ended.returncode:
        message = f"{home.name} can't be made: {ended.stderr[-2000:]}"
        raise RuntimeError(message)

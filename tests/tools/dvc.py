"""DVC in an environment of its own, because its pins clash with ours; made once, beside ours."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import venv
from pathlib import Path

WANTED = "dvc>=3.60,<4"
HOME = Path(sys.prefix) / "dvc-environment"


def dvc() -> Path:
    """The program; makes the environment where there is none, and fails loudly if that fails."""
    program = HOME / "bin" / "dvc"
    HOME.mkdir(exist_ok=True)
    with (HOME / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (HOME / ".made").exists():
            venv.create(HOME, with_pip=True, clear=False)
            pip = [str(HOME / "bin" / "python"), "-m", "pip", "install", "--quiet", WANTED]
            subprocess.run(pip, check=True)
            subprocess.run([program, "--version"], check=True, capture_output=True)
            (HOME / ".made").touch()
    return program


if __name__ == "__main__":
    print(dvc())

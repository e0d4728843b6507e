"""schemathesis, which sends what an OpenAPI document allows and what it does not, from outside.

In an environment of its own: its plugin for pytest would load itself into ours.
``python -m tests.tools.schemathesis`` makes it inside this Python's environment, where that was not
done before; a test that finds it missing does the same, and fails where it can't.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

WANTED = "schemathesis>=4.4,<5"
SECONDS = 600


def program() -> Path:
    """The schemathesis command, whose environment is made first where it is not there."""
    place = Path(sys.prefix) / "schemathesis-4"
    found = place / "bin" / "schemathesis"
    if not found.exists():
        for command in (
            [sys.executable, "-m", "venv", str(place)],
            [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", WANTED],
        ):
            ended = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, check=False
            )
            if ended.returncode:
                message = f"schemathesis can't be installed: {ended.stderr[-2000:]}"
                raise RuntimeError(message)
    return found


if __name__ == "__main__":
    program()

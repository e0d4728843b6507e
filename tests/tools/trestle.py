"""compliance-trestle, which reads OSCAL: in an environment of its own, since its pins are narrow.

``python -m tests.tools.trestle`` makes it inside this Python's environment, where that was not done
before; a test that finds it missing does the same, and fails where it can't.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.tools.own_environment import own_environment

if TYPE_CHECKING:
    from pathlib import Path

WANTED = "compliance-trestle>=5.2,<6"


def program() -> Path:
    """The trestle command, whose environment is made first where it is not there."""
    return own_environment("trestle-5.2", (WANTED,)) / "bin" / "trestle"


def judged(folder: Path, documents: dict[str, bytes]) -> str:
    """What trestle says of OSCAL documents, by the name of their model."""
    plural = {"assessment-results": "assessment-results"}
    subprocess.run([program(), "init"], cwd=folder, capture_output=True, check=True)
    for model, data in documents.items():
        home = folder / plural.get(model, f"{model}s") / "ours"
        home.mkdir(parents=True)
        (home / f"{model}.json").write_bytes(data)
    ended = subprocess.run(
        [program(), "validate", "-a"], cwd=folder, capture_output=True, text=True, check=False
    )
    return ended.stdout + ended.stderr


if __name__ == "__main__":
    program()

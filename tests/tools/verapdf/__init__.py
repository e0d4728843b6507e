"""veraPDF, the validator of PDF/A and PDF/UA: fetched once by Maven, asked without the network.

``python -m tests.tools.verapdf`` fetches it into this Python's environment, where that was not done
before; a test that finds it missing does the same, and fails where it can't.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests import setup_tools

HERE = Path(__file__).parent
SECONDS = 600


def libraries() -> Path:
    """The folder of veraPDF's libraries, which is filled first where it is not there."""
    place = Path(sys.prefix) / "verapdf-1.28.1"
    if not (place / "whole").exists():
        command = [
            str(setup_tools.find(setup_tools.MAVEN)),
            "--batch-mode",
            "--quiet",
            f"--file={HERE / 'pom.xml'}",
            "dependency:copy-dependencies",
            f"-DoutputDirectory={place}",
        ]
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=HERE
        )
        if ended.returncode:
            message = f"veraPDF can't be fetched by Maven: {ended.stdout[-2000:]}"
            raise RuntimeError(message)
        (place / "whole").touch()
    return place


def judged(file: Path, *flavours: str) -> str:
    """What veraPDF says of a file, flavour by flavour; each begins "3a valid" or "3a invalid"."""
    java = str(setup_tools.find(setup_tools.JAVA))
    command = [java, "-Xmx1g", "-cp", f"{libraries()}/*", str(HERE / "Validate.java")]
    ended = subprocess.run(
        [*command, str(file), *flavours],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if ended.returncode:
        message = f"veraPDF failed: {ended.stderr[-2000:]}"
        raise RuntimeError(message)
    return ended.stdout

"""Temporary folders of a run live in memory where there is room for them.

Every commit of SQLite asks the disk to be sure, some milliseconds each; tests commit tens of
thousands of times. What a power cut does is not under test here, and a killed process leaves memory
as it leaves a disk.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")
LEAST_FREE: Final = 4 * 2**30
_PYTEST: Final = "PYTEST_DEBUG_TEMPROOT"


def use() -> None:
    """Send temporary folders there, unless the environment says where they shall be."""
    if _PYTEST in os.environ or "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= LEAST_FREE:
        os.environ[_PYTEST] = os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None

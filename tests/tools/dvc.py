"""DVC in an environment of its own, because its pins clash with ours; made once, beside ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tools.own_environment import own_environment

if TYPE_CHECKING:
    from pathlib import Path

WANTED = "dvc>=3.60,<4"


def dvc() -> Path:
    """The program; makes the environment where there is none, and fails loudly if that fails."""
    return own_environment("dvc-environment", (WANTED,), ("dvc", "--version")) / "bin" / "dvc"


if __name__ == "__main__":
    print(dvc())

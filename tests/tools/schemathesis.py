"""schemathesis, which sends what an OpenAPI document allows and what it does not, from outside.

In an environment of its own: its plugin for pytest would load itself into ours.
``python -m tests.tools.schemathesis`` makes it inside this Python's environment, where that was not
done before; a test that finds it missing does the same, and fails where it can't.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tools.own_environment import own_environment

if TYPE_CHECKING:
    from pathlib import Path

WANTED = "schemathesis>=4.4,<5"


def program() -> Path:
    """The schemathesis command, whose environment is made first where it is not there."""
    return own_environment("schemathesis-4", (WANTED,)) / "bin" / "schemathesis"


if __name__ == "__main__":
    program()

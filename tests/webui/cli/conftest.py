"""An installation in a home, and the command as a person would run it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from webui.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

PROGRAM = (sys.executable, "-c", "from webui.cli.main import main; main(prog_name='counterseal')")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the person who runs the tests, and a folder of its own to work in."""
    for name in [name for name in os.environ if name.startswith("COUNTERSEAL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COUNTERSEAL_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run() -> Run:
    """Run the command within this process."""

    def runner(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, prog_name="counterseal")

    return runner


@pytest.fixture
def installed(run: Run) -> Run:
    """The command, where an installation is in the home."""
    result = run("init", "--origin", "example.org/models")
    assert result.exit_code == 0, result.stderr
    return run


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start the command as a program of its own."""
    return subprocess.Popen(
        [*PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )

"""A peer: another way of keeping a record, what it guarantees, and how it comes to be here.

Peers are installed into a folder of the benchmark's own, never into the environment that runs it.
A version is named exactly, so that two runs compare the same. What can't be installed is told by
name (``MissingPeerError``); it is never left out in silence.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

INSTALL_SECONDS: Final = 900
TURN_SECONDS: Final = 300
MEASURES: Final = frozenset({"append_one", "append_batch", "verify"})


class MissingPeerError(Exception):
    """A peer can't be had on this machine, and why."""


class TurnError(Exception):
    """A peer was there, and failed."""


@dataclass(frozen=True)
class Guarantees:
    """What somebody who appends may rely on, in a few words each."""

    signed: str
    durable: str
    proofs: str
    indexed: str
    policy: str


@dataclass(frozen=True)
class Turn:
    """One turn of a peer: its version, and operations per second by what was measured.

    ``batch`` is how many were appended at once for ``append_batch``; 0 where it has no batches.
    """

    version: str
    rates: dict[str, float]
    batch: int = 0


class Peer(Protocol):
    """Something that appends, and perhaps verifies."""

    name: str
    guarantees: Guarantees

    def set_up(self, folder: Path) -> None:
        """Install what is needed into a folder that may hold it already.

        Raises:
            MissingPeerError: that is not possible here.
        """
        ...

    def turn(self, work: Path, payload: bytes, number: int) -> Turn:
        """Append ``number`` times one by one in an empty folder, then in a batch, then verify.

        Raises:
            TurnError: it failed.
        """
        ...


def read_turn(printed: str) -> Turn:
    """What a peer's program printed: one JSON object, on its last line.

    Raises:
        TurnError: it printed something else.
    """
    lines = printed.strip().splitlines()
    try:
        told = json.loads(lines[-1])
        rates = {name: float(rate) for name, rate in told["per_second"].items()}
        turn = Turn(str(told["version"]), rates, int(told.get("batch", 0)))
    except (IndexError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise TurnError(f"not a turn: {lines[-1:]}") from error
    if not rates or not set(rates) <= MEASURES or min(rates.values()) <= 0:
        raise TurnError(f"not the rates of a turn: {rates}")
    if ("append_batch" in rates) != (turn.batch > 0):
        raise TurnError("a batch without a size, or a size without a batch")
    return turn


def run_turn(command: Sequence[str], environment: dict[str, str] | None = None) -> Turn:
    """Run a peer's program for one turn.

    Raises:
        TurnError: it failed, or printed something else than a turn.
    """
    return read_turn(ran(command, TURN_SECONDS, environment))


def ran(command: Sequence[str], seconds: float, environment: dict[str, str] | None = None) -> str:
    """What a program printed.

    Raises:
        TurnError: it is not there, failed or took too long.
    """
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds,
            env=environment,
            stdin=subprocess.DEVNULL,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip().splitlines()
        raise TurnError(f"{command[0]}: {said[-1] if said else error.returncode}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TurnError(f"{command[0]}: {error}") from error
    return done.stdout


def program(name: str) -> str:
    """The path of a program of this machine.

    Raises:
        MissingPeerError: there is none of this name.
    """
    found = shutil.which(name)
    if found is None:
        raise MissingPeerError(f"this machine has no {name}")
    return found


def python_with(folder: Path, requirements: Sequence[str]) -> str:
    """The Python of a virtual environment that holds these distributions and nothing of ours.

    Raises:
        MissingPeerError: they can't be installed.
    """
    python = folder / "bin" / "python"
    wanted = folder / "installed.txt"
    listed = "\n".join(requirements)
    if not (wanted.exists() and wanted.read_text() == listed):
        quiet = ("-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check")
        _install((sys.executable, "-m", "venv", "--clear", str(folder)))
        _install((str(python), *quiet, *requirements))
        wanted.write_text(listed)
    return str(python)


def node_with(folder: Path, package: str, version: str) -> str:
    """A folder of npm's that holds a package; its install scripts are not run.

    Raises:
        MissingPeerError: it can't be installed.
    """
    program("node")
    manifest = folder / "node_modules" / package / "package.json"
    if not (manifest.exists() and json.loads(manifest.read_text())["version"] == version):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true, "type": "module"}\n')
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder))
        _install((program("npm"), "install", *quiet, f"{package}@{version}"))
    return str(folder)


def _install(command: Sequence[str]) -> None:
    try:
        ran(command, INSTALL_SECONDS)
    except TurnError as error:
        raise MissingPeerError(f"it can't be installed: {error}") from error

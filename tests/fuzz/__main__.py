"""``python -m tests.fuzz [TARGET...] [--seconds N] [--corpus FOLDER]``: look for broken readers.

Guided by coverage where atheris is installed (Linux on x86-64); elsewhere, and with ``--plain``,
real objects are changed at random, and the program says so. Each target runs in a process of its
own, with a gigabyte of memory and five seconds for one input. The corpus grows in the folder, so a
later run goes on where this one stopped. Exit code: 0 nothing was found, 1 something was.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from random import Random  # noqa: TID251 (no secret)
from typing import TYPE_CHECKING

from tests.fuzz.mangle import mangled
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from tests.fuzz.target import Target

MEGABYTES = 1_024
SECONDS_FOR_ONE = 5


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="default: all, in turn")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--runs", type=int, default=-1, help="at most so many inputs each")
    parser.add_argument("--corpus", type=Path, help="where inputs are kept between runs")
    parser.add_argument("--plain", action="store_true", help="change at random, without atheris")
    parser.add_argument("--list", action="store_true", help="name the targets and end")
    chosen = parser.parse_args()
    if chosen.list:
        for target in TARGETS.values():
            print(f"{target.name:20} {target.reads}")
        return 0
    unknown = set(chosen.targets) - TARGETS.keys()
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}; see --list")
    guided = importlib.util.find_spec("atheris") is not None and not chosen.plain
    names = chosen.targets or list(TARGETS)
    broken = []
    with tempfile.TemporaryDirectory() as place:
        for name in names:
            folder = (chosen.corpus or Path(place)) / name
            how = run if guided else run_plainly
            if how(TARGETS[name], folder, chosen.seconds, chosen.runs):
                broken.append(name)
    print(f"{len(names)} targets, broken: {', '.join(broken) or 'none'}")
    return 1 if broken else 0


def run(target: Target, folder: Path, seconds: int, runs: int) -> int:
    """One target; libFuzzer's exit code."""
    plant(target, folder / "corpus")
    words = folder / "words"
    words.write_text("".join(f'"{escaped(word)}"\n' for word in target.words), encoding="ascii")
    options = [
        f"-dict={words}",
        f"-max_total_time={seconds}",
        f"-atheris_runs={runs}",
        f"-max_len={target.longest}",
        f"-timeout={SECONDS_FOR_ONE}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
    ]
    command = [sys.executable, "-m", "tests.fuzz.guided", target.name, *options]
    print(f"--- {target.name}: {target.reads}", flush=True)
    return subprocess.run(
        [*command, str(folder / "corpus")], check=False, env=os.environ | {"PYTHONPATH": "."}
    ).returncode


def run_plainly(target: Target, folder: Path, seconds: int, runs: int) -> int:
    """One target, its seeds changed at random; 1 if it broke, with the input in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    chance, tried, end = Random(), 0, time.monotonic() + seconds
    while tried != runs and time.monotonic() < end:
        data = mangled(target.seeds(), chance, target)
        try:
            target.check(data)
        except Exception:  # noqa: BLE001 (that is what is looked for)
            (folder / "broken").write_bytes(data)
            traceback.print_exc()
            return 1
        tried += 1
    print(f"--- {target.name}: {tried} inputs, changed at random")
    return 0


def plant(target: Target, folder: Path) -> None:
    """Put the real objects into the corpus."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


def escaped(word: bytes) -> str:
    """A word as libFuzzer's dictionaries have it."""
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    sys.exit(main())

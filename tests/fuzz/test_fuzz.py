"""Every parser of foreign bytes, given thousands of broken ones: a typed error or a value."""

from __future__ import annotations

import re
import subprocess
import sys
from random import Random  # noqa: TID251 (the same at every run, or no secret)
from typing import TYPE_CHECKING

import pytest

from tests.fuzz.mangle import mangled
from tests.fuzz.material import material
from tests.fuzz.targets import targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.fuzz.targets import Target

RUNS = {"policy": 150, "bundle": 150, "backup": 100}
NAMES = (
    *("note", "checkpoint", "cosignature", "vkey", "proof", "tile-path", "entries", "envelope"),
    *("statement", "entry", "json", "command", "trust", "add-checkpoint", "bundle", "verify-note"),
    *("policy", "expression", "timestamp", "backup"),
)


@pytest.fixture(scope="module")
def known() -> Iterator[Mapping[str, Target]]:
    with material() as found:
        yield targets(found)


def test_every_target_is_here(known: Mapping[str, Target]) -> None:
    assert tuple(known) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_true_bytes_are_taken(known: Mapping[str, Target], name: str) -> None:
    for seed in known[name].seeds:
        known[name].run(seed)


@pytest.mark.parametrize("name", NAMES)
def test_broken_bytes_are_refused_by_name_or_read(known: Mapping[str, Target], name: str) -> None:
    target = known[name]
    chance = Random(name)
    for _ in range(RUNS.get(name, 1_500)):
        data = mangled(target.seeds, chance, target.most)
        try:
            target.run(data)
        except BaseException as error:
            error.add_note(f"the bytes: {data.hex()[:4000]}")
            raise


def test_the_search_runs_from_the_command_line() -> None:
    """Guided by coverage where atheris is installed (Linux on x86-64); at random elsewhere."""
    command = [sys.executable, "-m", "tests.fuzz", "proof", "--seconds", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = re.search(r"new_units_added: *(\d+)", done.stderr)
    assert int(found[1]) > 0 if found else "changed at random" in done.stdout

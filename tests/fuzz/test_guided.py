"""The unbounded form: it runs from the command line, keeps what it learns, and tells a defect."""

from __future__ import annotations

import importlib.util
import platform
import re
import subprocess
import sys
from random import Random  # noqa: TID251 (the same at every run)
from typing import TYPE_CHECKING

from tests.fuzz import __main__ as program
from tests.fuzz.mangle import mangled
from tests.fuzz.structure import varied
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

GUIDED = sys.platform == "linux" and platform.machine() == "x86_64"


def ran(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.fuzz", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_guide_is_installed_where_it_has_wheels() -> None:
    assert (importlib.util.find_spec("atheris") is not None) == GUIDED


def test_a_run_says_how_it_searched_and_keeps_its_corpus(tmp_path: Path) -> None:
    done = ran("proof", "--runs", 3_000, "--corpus", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 targets, broken: none" in done.stdout
    if GUIDED:
        found = re.search(r"cov: (\d+)", done.stderr)
        assert found is not None
        assert int(found[1]) > 50
        assert len(list((tmp_path / "proof" / "corpus").iterdir())) > 2
    else:
        assert "3000 inputs, changed at random" in done.stdout


def test_an_unknown_target_is_told() -> None:
    done = ran("nothing")
    assert done.returncode == 2
    assert "no such target: nothing" in done.stderr


def test_a_broken_reader_is_told_with_its_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(data: bytes) -> None:
        assert b"\x00" not in data

    target = Target("sample", "nothing real", breaks, lambda: [b"a real object"])
    assert program.run_plainly(target, tmp_path, 60, 100_000) == 1
    assert b"\x00" in (tmp_path / "broken").read_bytes()
    assert "AssertionError" in capsys.readouterr().err


def test_what_is_changed_as_a_tree_stays_json_and_differs() -> None:
    chance = Random(1)
    seed = TARGETS["statement"].seeds()[0]
    found = {varied(seed, chance) for _ in range(100)}
    assert len(found - {seed}) > 80
    assert all(TARGETS["statement"].check(one) is None for one in found)
    assert {mangled([seed], chance, TARGETS["statement"]) for _ in range(20)} != {seed}

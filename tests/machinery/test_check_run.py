"""A full run fails for a test that was skipped, and for a run without tests."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import check

if TYPE_CHECKING:
    from pathlib import Path

MODULE = """
import pytest

def test_that_passes():
    assert True

@pytest.mark.skip(reason="marked")
def test_that_is_marked():
    assert True

def test_that_skips_itself():
    pytest.skip("by itself")

@pytest.mark.xfail(strict=True)
def test_that_is_expected_to_fail():
    assert False
"""
SKIPPED_MODULE = """
import pytest
pytest.importorskip("a_library_that_nobody_has")
"""


def _pytest(folder: Path, *arguments: str, no_skips: bool) -> tuple[int, str]:
    """Exit code and last line of a run with this project's settings and conftest."""
    given = os.environ | {"COUNTERSEAL_NO_SKIPS": "1" if no_skips else "0"}
    inner = {name: value for name, value in given.items() if not name.startswith("PYTEST_")}
    command = [*check.PYTEST, "-c", str(check.ROOT / "pyproject.toml"), "-p", "tests.conftest"]
    ended = subprocess.run(
        [*command, "-p", "no:cacheprovider", *arguments, str(folder)],
        cwd=check.ROOT,
        env=inner,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout.strip().splitlines()[-1]


@pytest.fixture
def folder_with_skips(tmp_path: Path) -> Path:
    (tmp_path / "test_some.py").write_text(MODULE, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["alone", "two processes"])
def test_skipped_tests_fail_the_full_run(
    folder_with_skips: Path, processes: tuple[str, ...]
) -> None:
    code, closing = _pytest(folder_with_skips, *processes, no_skips=True)
    assert code == 1
    # pytest counts a marked skip as an error, because it comes before the test itself.
    assert "2 failed, 1 passed, 1 error" in closing


def test_a_module_that_skips_itself_fails_the_full_run(tmp_path: Path) -> None:
    (tmp_path / "test_none.py").write_text(SKIPPED_MODULE, encoding="utf-8")
    code, closing = _pytest(tmp_path, no_skips=True)
    assert code != 0
    assert "1 error" in closing


def test_elsewhere_a_skip_is_a_skip(folder_with_skips: Path) -> None:
    code, closing = _pytest(folder_with_skips, no_skips=False)
    assert code == 0
    assert "1 passed, 2 skipped, 1 xfailed" in closing


def test_a_run_without_tests_fails(tmp_path: Path) -> None:
    code, closing = _pytest(tmp_path, no_skips=True)
    assert code == 5
    assert "no tests ran" in closing


def test_the_full_run_forbids_skips_and_leaves_nothing_out() -> None:
    assert check.FULL.environment["COUNTERSEAL_NO_SKIPS"] == "1"
    assert "-m" not in check.FULL.command[3:]
    assert check.RUNS["full"][:-1] == check.STATIC


def test_a_step_returns_the_exit_code_of_its_command(capfd: pytest.CaptureFixture[str]) -> None:
    assert check.Step("three", (sys.executable, "-c", "raise SystemExit(3)")).run() == 3
    assert "three failed with exit code 3" in capfd.readouterr().out


def test_an_unknown_run_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert check.main(["everything"]) == 2
    assert "static|fast|full" in capfd.readouterr().err

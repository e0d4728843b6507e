"""What the tests need from the system is found, or named."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import setup_tools

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("tool", setup_tools.TOOLS, ids=lambda tool: tool.executables[0])
def test_the_tool_is_found_and_can_be_called(tool: setup_tools.Tool) -> None:
    path = setup_tools.find(tool)
    assert path is not None
    # OpenSSH's helpers tell no version; asked for help they tell their flags and fail.
    ssh = tool.package == "openssh-client"
    flag = {"poppler-utils": "-v", "openssl": "version", "openssh-client": "-?"}.get(
        tool.package, "--version"
    )
    answer = subprocess.run([path, flag], capture_output=True, text=True, check=not ssh)
    if ssh:
        assert "agent" in answer.stderr
        return
    assert any(character.isdigit() for character in answer.stdout + answer.stderr)


def test_qpdf_and_pdfsig_read_a_pdf(tmp_path: Path) -> None:
    file = tmp_path / "empty.pdf"
    subprocess.run(["qpdf", "--empty", file], check=True)
    checked = subprocess.run(["qpdf", "--check", file], capture_output=True, text=True, check=True)
    assert "No syntax or stream encoding errors found" in checked.stdout
    asked = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False)
    assert "does not contain any signatures" in asked.stdout


def test_where_nothing_can_be_installed_one_sentence_names_what_is_missing(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, setup_tools.__file__],
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "Chromium (Debian package chromium)" in ended.stderr
    assert "pdfsig (Debian package poppler-utils)" in ended.stderr
    assert ended.stdout == ""


def test_where_all_is_there_nothing_is_said() -> None:
    ended = subprocess.run(
        [sys.executable, setup_tools.__file__], capture_output=True, text=True, check=True
    )
    assert ended.stdout + ended.stderr == ""


def test_a_package_is_named_once() -> None:
    tools = (setup_tools.PDFSIG, setup_tools.PDFTOTEXT, setup_tools.GIT)
    assert setup_tools.packages(tools) == ("git", "poppler-utils")

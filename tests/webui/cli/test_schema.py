"""The guide to metadata, followed line by line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from tests.webui.cli.conftest import Run

GUIDE = (Path(__file__).parents[3] / "docs" / "metadata.md").read_text(encoding="utf-8")
EXAMPLE = GUIDE.split("```yaml\n")[1].split("```")[0]
COMMANDS = re.findall(r"^    counterseal (schema .+)$", GUIDE, re.MULTILINE)


def test_every_command_of_the_guide_does_what_it_says(
    installed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("schema.yaml").write_text(EXAMPLE, encoding="utf-8")
    said = []
    for command in COMMANDS:
        told = installed(*command.split())
        assert told.exit_code == 0, (command, told.stderr)
        said.append(told.stdout)
    assert "schema.yaml: 3 fields" in said[0]
    assert "in force, entry " in said[1]
    Path("again.yaml").write_text(said[2], encoding="utf-8")
    assert "in force already" in installed("schema", "activate", "again.yaml").stdout


def test_a_mistake_is_told_with_file_and_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "schema.yaml"
    file.write_text(EXAMPLE.replace("type: date", "type: day"), encoding="utf-8")
    told = run("schema", "check", str(file))
    assert told.exit_code == 2
    assert f"{file}:16:" in told.stderr

"""The guide to frameworks of one's own, followed line by line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from tests.webui.cli.conftest import Run

GUIDE = (Path(__file__).parents[3] / "docs" / "frameworks.md").read_text(encoding="utf-8")
EXAMPLE = GUIDE.split("```yaml\n")[1].split("```")[0]
COMMANDS = re.findall(r"^    counterseal (.+)$", GUIDE, re.MULTILINE)


def test_every_command_of_the_guide_does_what_it_says(
    installed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("house.yaml").write_text(EXAMPLE, encoding="utf-8")
    said = []
    for command in COMMANDS:
        told = installed(*command.split())
        assert told.exit_code == 0, (command, told.stderr)
        said.append(told.stdout)
    assert "3 controls of house" in said[0]
    assert "house: in force, entry " in said[1]
    assert "MRS 2 (house-3-appetite): nobody has written it" in said[2]
    assert Path("house.pdf").read_bytes().startswith(b"%PDF")
    definition = json.loads(Path("component.json").read_text(encoding="utf-8"))
    assert "house-1-two-people" in json.dumps(definition)
    assert "house: Models of Example Bank" in said[-1]
    again = installed("framework", "activate", "house.yaml")
    assert "in force already" in again.stdout
    assert installed("framework", "withdraw", "house", "--reason", "Merged").exit_code == 0
    gone = installed("report", "house", "--from", "2026-01-01", "--to", "2026-12-31", "--missing")
    assert "no such kind of report" in gone.stderr


def test_a_mistake_is_told_with_file_and_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "house.yaml"
    file.write_text(EXAMPLE.replace("use: T4", "use: T44"), encoding="utf-8")
    told = run("framework", "check", str(file))
    assert told.exit_code == 2
    assert f"{file}:15:" in told.stderr


def test_the_schema_is_printed_for_editors(run: Run) -> None:
    schema = json.loads(run("framework", "schema").stdout)
    assert schema["additionalProperties"] is False

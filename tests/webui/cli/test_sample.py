"""The auditor's side of a sample that needs no server: a nonce of one's own, and the draw again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ledger.core.sampling import drawn, seed_of
from webui.reports.assemble.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.cli.conftest import Run


def test_the_help_of_the_command_names_every_kind_of_report(run: Run) -> None:
    told = run("report", "--help").stdout
    assert [name for name in KINDS if name not in told] == []


def test_a_component_definition_is_written_and_trestle_accepts_it(
    installed: Run, tmp_path: Path
) -> None:
    from tests.tools import trestle

    file = tmp_path / "component.json"
    told = installed("component", "hipaa-proposed", "-o", str(file))
    assert told.exit_code == 0, told.stderr
    assert (
        file.read_bytes().strip() == installed("component", "hipaa-proposed").stdout_bytes.strip()
    )
    folder = tmp_path / "judged"
    folder.mkdir()
    said = trestle.judged(folder, {"component-definition": file.read_bytes()})
    assert "VALID" in said
    assert "INVALID" not in said


def test_a_nonce_is_kept_by_its_maker_and_never_written_over(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "nonce.txt"
    told = run("sample", "nonce", str(file))
    assert told.exit_code == 0, told.stderr
    kept = file.read_text().strip()
    assert told.stdout.strip() == hashlib.sha256(bytes.fromhex(kept)).hexdigest()
    assert file.stat().st_mode & 0o077 == 0
    assert run("sample", "nonce", str(file)).exit_code == 2
    assert file.read_text().strip() == kept


def test_a_draw_is_repeated_without_a_ledger(run: Run, tmp_path: Path) -> None:
    population = tmp_path / "rows.txt"
    population.write_text("\n".join(map(str, range(10, 60))))
    nonce, root = "ab" * 32, "cd" * 32
    told = run("sample", "again", str(population), "--nonce", nonce, "--root", root, "--size", "5")
    seed = seed_of(bytes.fromhex(nonce), bytes.fromhex(root))
    assert tuple(map(int, told.stdout.split())) == drawn(range(10, 60), seed, 5)
    wrong = run("sample", "again", str(population), "--nonce", "x", "--root", root, "--size", "5")
    assert wrong.exit_code == 2

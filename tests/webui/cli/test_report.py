"""report: a sealed PDF where it was asked for, and nothing issued where it can't be."""

from __future__ import annotations

import hashlib
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.webui.cli.conftest import start

if TYPE_CHECKING:
    from pathlib import Path

    from tests.webui.cli.conftest import Run

PERIOD = ("--from", "2026-01-01", "--to", "2030-12-31")


def test_a_report_is_written_and_its_issue_is_an_entry(installed: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.pdf"
    told = installed("report", "soc2", *PERIOD, "-o", str(file))
    assert told.exit_code == 0, told.stderr
    assert hashlib.sha256(file.read_bytes()).hexdigest() in told.stdout
    assert file.read_bytes().startswith(b"%PDF-")
    assert "entry 2" in told.stdout
    assert "report.issued" in installed("entry", "2").stdout
    assert not file.with_name("out.pdf.part").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sox", *PERIOD), "soc2"),
        (("gdpr", "--from", "2026-02-30", "--to", "2026-12-31"), "2026-02-30"),
        (("gdpr", "--from", "2026-12-31", "--to", "2026-01-01"), "ends before it begins"),
        (("gdpr", *PERIOD, "-m", "nothing"), "no such model"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(
    installed: Run, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "out.pdf"
    told = installed("report", *arguments, "-o", str(file))
    assert told.exit_code == 2
    assert said in told.stderr
    assert not list(tmp_path.glob("out.pdf*"))
    assert "Size  2\n" in installed("verify").stdout


def test_a_file_that_can_not_be_written_costs_no_entry(installed: Run, tmp_path: Path) -> None:
    told = installed("report", "gdpr", *PERIOD, "-o", str(tmp_path / "nowhere" / "out.pdf"))
    assert told.exit_code == 4
    assert "can't be written" in told.stderr
    assert "Size  2\n" in installed("verify").stdout


def test_the_register_says_in_a_word_what_a_file_is(installed: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.pdf"
    installed("report", "integrity", *PERIOD, "-o", str(file))
    told = installed("verify", str(file))
    assert told.exit_code == 0, told.stderr
    assert "out.pdf is genuine: report integrity-2-" in told.stdout
    installed("report", "integrity", *PERIOD, "-o", str(tmp_path / "later.pdf"))
    assert "out.pdf is superseded: report integrity-2-" in installed("verify", str(file)).stdout
    file.write_bytes(file.read_bytes() + b"\n")
    told = installed("verify", str(file))
    assert told.exit_code != 0
    assert "out.pdf is altered: It was made from report integrity-2-" in told.stderr
    file.write_bytes(b"%PDF-1.7 somebody else's")
    assert "out.pdf is not ours" in installed("verify", str(file)).stderr


def test_what_a_report_would_lack_is_told_and_costs_no_entry(installed: Run) -> None:
    told = installed("report", "soc2", *PERIOD, "--missing")
    assert told.exit_code == 0, told.stderr
    assert "CC5.1 (soc2-cc5-1): nobody has written it: Why these controls and not others" in (
        told.stdout
    )
    assert "Size  2\n" in installed("verify").stdout
    assert installed("report", "soc2", *PERIOD).exit_code == 2


def test_a_report_is_left_to_a_worker_seen_cancelled_and_made(
    installed: Run, tmp_path: Path
) -> None:
    asked = installed("report", "integrity", *PERIOD, "--background")
    assert asked.exit_code == 0, asked.stderr
    assert "Job 1: a worker makes it" in asked.stdout
    assert "waiting" in installed("job", "list").stdout
    assert installed("job", "cancel", "1").stdout == "Job 1: it is cancelled.\n"
    assert installed("job", "cancel", "9").exit_code == 2
    installed("report", "integrity", *PERIOD, "--background")
    with start("worker") as program:
        try:
            assert program.stdout is not None
            assert "Working for example.org/models" in program.stdout.readline()
            until = time.monotonic() + 60
            while "done" not in installed("job", "list").stdout and time.monotonic() < until:
                time.sleep(0.2)
            program.send_signal(signal.SIGTERM)
            out, errors = program.communicate(timeout=20)
        finally:
            program.kill()
    assert (program.returncode, out, errors) == (0, "Stopped.\n", "")
    told = installed("job", "list").stdout
    assert "cancelled" in told
    assert "entry 2" in told
    file = tmp_path / "out.pdf"
    installed("report", "integrity", *PERIOD, "-o", str(file))
    assert installed("job", "list").stdout.count("done") == 2

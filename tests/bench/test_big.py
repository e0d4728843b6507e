"""A log that was built fast is a log like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.big import build, opened, workload
from bench.installation import version
from ledger.audit import audit
from ledger.events.catalogue import read_command

if TYPE_CHECKING:
    from pathlib import Path

# Two commits' worth, the last batch cut off.
ENTRIES = 512 * 16 + 777


def test_a_log_that_was_built_fast_verifies_from_end_to_end(tmp_path: Path) -> None:
    log = build(tmp_path / "home", ENTRIES)
    found = audit(log)
    log.engine.dispose()
    log.guard.close()
    assert found.problems == []
    assert (found.size, found.counts.entries, found.counts.signatures) == (ENTRIES,) * 3
    assert found.counts.checkpoints > ENTRIES // 512


def test_a_log_that_was_built_fast_grows_and_takes_entries_through_its_door(
    tmp_path: Path,
) -> None:
    opened(tmp_path, 300).close()
    made = opened(tmp_path, 1_300)
    try:
        assert made.reader.head().size == 1_300
        facts = {**version("2.0.0"), "model": "model-3"}
        receipt = made.submitter.submit(workload(made), read_command("version.registered", facts))
        assert (receipt.outcome, receipt.sequence) == ("allow", 1_300)
        assert audit(made.log).sound
    finally:
        made.close()


def test_a_log_that_is_larger_already_is_refused(tmp_path: Path) -> None:
    opened(tmp_path, 200).close()
    with pytest.raises(SystemExit, match="holds 200 entries, more than 199"):
        opened(tmp_path, 199)

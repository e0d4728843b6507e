"""The benchmark of reads runs, and says what it measured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bench.reads import compared

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

READS = {"head", "checkpoint", "entry", "prove", "receipt", "consistency", "decide", "open"}
SEARCHES = {"model_newest", "version_newest", "nothing_there", "rare_kinds", "before_a_time"}


def test_every_read_is_measured_at_every_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compared([(tmp_path / "small", 700, ""), (tmp_path / "large", 1_400, "")], turns=1)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    wanted = {f"reads.{name}" for name in READS} | {f"reads.search_{name}" for name in SEARCHES}
    for size in (700, 1_400):
        found = [line for line in lines if line["entries"] == size]
        assert {line["bench"] for line in found} == wanted
        assert all(0 < line["p50_ms"] <= line["p95_ms"] for line in found)
    assert all(line["to_smallest"] == 1 for line in lines if line["entries"] == 700)

"""The benchmark of standing controls runs, and what it measures is what the entries give."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bench import standing
from webui.standing.checking import check

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_small_log_is_kept_up_and_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "A_PAGE", 3)
    monkeypatch.setattr(standing, "TURNS", 1)
    made, company = standing.opened(tmp_path, 300)
    try:
        pages = standing.measure(made, company, 300)
        assert check(made) == (made.reader.head().size, ())
    finally:
        made.close()
    assert set(pages) == {"board", "due", "control", "exceptions", "population"}
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    matrix = next(one for one in said if one["bench"] == "standing.matrix")
    assert matrix["controls"] > 100

"""No route without a row in the table of who may use it, and no row without a route."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.webui.house import build
from tests.webui.matrix.asking import table

if TYPE_CHECKING:
    from pathlib import Path


def test_every_route_has_a_row_and_every_row_a_route(tmp_path: Path) -> None:
    house = build(tmp_path / "home", empty=True)
    served = {
        f"{method} {rule.rule}"
        for rule in house.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    house.wiring.close()
    rows = set(table())
    assert rows - served == set(), "no such route any more: take the row out"
    missing = "a new route needs a row in tests/webui/matrix/authorisation.yaml: who may use it?"
    assert served - rows == set(), missing

"""What runs is listed whole, however much it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger import query
from ledger.events.catalogue import read_command
from ledger.query import Reader

if TYPE_CHECKING:
    import pytest

    from tests.tools.house import House


def test_what_runs_is_listed_beyond_one_page(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_house.fill()
    for environment in ("development", "staging", "edge"):
        deployed = {
            "model": "churn",
            "version": "1.1.0",
            "environment": environment,
            "artifact": "c1" * 32,
        }
        sqlite_house.submit(read_command("deployment.recorded", deployed))
    monkeypatch.setattr(query, "MOST_ON_A_PAGE", 2)
    reader = Reader(sqlite_house.log)
    wanted = ["development", "edge", "production", "staging"]
    assert [one.environment for one in reader.running()] == wanted
    assert [one.environment for one in reader.running("churn")] == wanted
    assert reader.running("other") == []

"""Installations for the tests of the web application."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.webui.house import build, copied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.webui.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An installation of the test's own, on SQLite."""
    made = copied(tmp_path / "home")
    yield made
    made.wiring.close()


@pytest.fixture
def any_house(tmp_path: Path, database_url: str) -> Iterator[House]:
    """An installation of the test's own; the test runs on SQLite and on PostgreSQL."""
    made = build(tmp_path / "home", database_url)
    yield made
    made.wiring.close()


@pytest.fixture
def empty_house(tmp_path: Path, database_url: str) -> Iterator[House]:
    """As ``any_house``, before anybody was enrolled."""
    made = build(tmp_path / "home", database_url, empty=True)
    yield made
    made.wiring.close()


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An installation that the tests of a file share, because they leave its ledger as it is."""
    made = build(tmp_path_factory.mktemp("shared") / "home")
    yield made
    made.wiring.close()

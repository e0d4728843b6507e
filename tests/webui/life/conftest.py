"""A company with some weeks of work, and more versions to hold against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.webui.house import build
from tests.webui.seed import live, seed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.webui.house import Api
    from tests.webui.seed import Lived, Seeded


@dataclass
class Town:
    """The seeded company, what it lived through, and how its people call the API."""

    seeded: Seeded
    lived: Lived

    def api(self, name: str) -> Api:
        house = self.seeded.house
        return house.api(house.token(getattr(self.seeded, name), days=90))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Shared by the tests of a file, which leave its ledger as it is."""
    made = build(tmp_path_factory.mktemp("town") / "home")
    seeded = seed(made)
    yield Town(seeded, live(seeded))
    made.wiring.close()

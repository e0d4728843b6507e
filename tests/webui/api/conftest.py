"""Companies for the tests of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.webui.api.company import found

if TYPE_CHECKING:
    from tests.webui.api.company import Company
    from tests.webui.house import House


@pytest.fixture
def company(house: House) -> Company:
    """A company of the test's own, on SQLite."""
    return found(house)


@pytest.fixture
def any_company(any_house: House) -> Company:
    """A company of the test's own, on both databases."""
    return found(any_house)


@pytest.fixture(scope="module")
def settled(shared_house: House) -> Company:
    """A company with a registered version, shared by tests that leave its ledger as it is."""
    made = found(shared_house)
    made.registered()
    return made

"""A seeded company in which every report is a job."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.webui.jobs.desk import Desk
from tests.webui.seed import seed
from webui.app import create_app

if TYPE_CHECKING:
    from tests.webui.house import House


@pytest.fixture
def desk(house: House) -> Desk:
    return _desk(house)


@pytest.fixture
def any_desk(any_house: House) -> Desk:
    return _desk(any_house)


def _desk(house: House) -> Desk:
    seeded = seed(house)
    house.wiring = replace(house.wiring, settings=replace(house.wiring.settings, job_entries=0))
    house.app = create_app(house.wiring)
    return Desk(seeded)

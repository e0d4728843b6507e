"""What every test has: closed network, Hypothesis's profile, database and browser fixtures."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests.tools import closed_network, in_memory_folders

pytest_plugins = (
    "tests.tools.skips_fail",
    "tests.tools.postgresql",
    "tests.tools.chromium",
    "tests.tools.house",
    "tests.tools.cheaper",
    "tests.tools.object_store",
)

MARKED_BY_FIXTURE = {
    "postgres_server": pytest.mark.postgres,
    "chromium": pytest.mark.browser,
}

# Whoever works here searches by chance, and a failure prints the blob that repeats it. Where a
# change is judged the examples are the same each time: a change must not fail for what it did not do.
settings.register_profile("dev", print_blob=True, deadline=None, max_examples=100)
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True)
settings.register_profile("thorough", settings.get_profile("dev"), max_examples=2000)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
)

closed_network.close()
in_memory_folders.use()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark a test by the real thing that it uses, so that ``-m`` can leave it out."""
    for item in items:
        for fixture, mark in MARKED_BY_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)

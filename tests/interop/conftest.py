"""The programs, built once for all tests of a process, from what the set-up has fetched."""

from __future__ import annotations

import pytest

from tests.interop import golang


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> golang.Programs:
    folder = tmp_path_factory.mktemp("go")
    golang.build(folder, golang.OFFLINE)
    return golang.Programs(folder)

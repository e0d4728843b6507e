"""An audit's pages come in order, one read ahead, and a failure to read reaches the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.audit.pages import PAGE, read_ahead
from ledger.errors import OutsideError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.tools.house import House

AROUND_PAGES = st.integers(0, 4).flatmap(
    lambda pages: st.integers(max(0, pages * PAGE - 2), pages * PAGE + 2)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=AROUND_PAGES, size=AROUND_PAGES)
def test_every_entry_is_read_once_in_order(sqlite_house: House, start: int, size: int) -> None:
    asked: list[tuple[int, int]] = []

    def scan(_: Connection, log_id: int, first: int, stop: int) -> list[tuple[Any, ...]]:
        assert log_id == sqlite_house.log.log_id
        asked.append((first, stop))
        return [(number,) for number in range(first, stop)]

    given_out = []
    for place, rows in read_ahead(sqlite_house.log, scan, start, size):
        assert rows[0] == (place,)
        given_out += [number for (number,) in rows]
        assert len(asked) <= len(range(start, place + 1, PAGE)) + 1
    assert given_out == list(range(start, size))


def test_a_page_that_can_not_be_read_ends_the_walk_there(sqlite_house: House) -> None:
    def scan(_: Connection, __: int, first: int, stop: int) -> list[tuple[Any, ...]]:
        if first == PAGE:
            raise OutsideError("The disk is gone.")
        return [(number,) for number in range(first, stop)]

    pages = read_ahead(sqlite_house.log, scan, 0, 3 * PAGE)
    assert next(pages)[0] == 0
    with pytest.raises(OutsideError, match="The disk is gone"):
        next(pages)

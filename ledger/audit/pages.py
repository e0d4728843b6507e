"""The pages of a log that an audit walks over: the next one is read while one is looked at.

A database on the other side of a socket works while the audit does; of the time for a page, what
is left to wait for is the longer of both instead of their sum.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from ledger.store.database import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from ledger.log import Log

    Row = tuple[Any, ...]
    Scan = Callable[[Connection, int, int, int], list[Row]]

# Small enough that a page stays in the processor's cache while it is hashed.
PAGE: Final = 512


def read_ahead(log: Log, scan: Scan, start: int, size: int) -> Iterator[tuple[int, list[Row]]]:
    """Entries ``start`` to ``size - 1`` by pages: where a page begins, and its rows.

    ``scan(connection, log_id, start, stop)`` reads one, each in a transaction of its own. At most
    two pages are held.

    Raises:
        BusyError, OutsideError: the database can't be read.
    """

    def read(place: int) -> list[Row]:
        with reading(log.engine) as connection:
            return scan(connection, log.log_id, place, min(place + PAGE, size))

    with ThreadPoolExecutor(1, "audit-pages") as reader:
        coming = reader.submit(read, start)
        for place in range(start, size, PAGE):
            rows = coming.result()
            if place + PAGE < size:
                coming = reader.submit(read, place + PAGE)
            yield place, rows

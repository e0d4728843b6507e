"""Many rows of one table at once, in one statement or one round trip.

PostgreSQL gets a column of values for each column (``INSERT ... SELECT unnest(...)``): a statement
for each row would cost several times as much, in the driver and in the server. SQLite gets one
prepared statement and the rows.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, String

from ledger.store.tables import Blob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

# Without lengths: a cast to a shorter type would cut a text, where the column refuses it.
_ARRAYS: Final = ((Integer, "BIGINT[]"), (String, "TEXT[]"), (Blob, "BYTEA[]"))


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows that have a value for every column of the table, in its order."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_by_columns(table), tuple(map(list, zip(*rows, strict=True))))
    else:
        connection.exec_driver_sql(_by_rows(table), list(rows))


@cache
def _by_columns(table: Table) -> str:
    """``%b``: in the server's binary format, which costs a tenth of the textual one."""
    values = ", ".join(
        f"unnest(%b::{name})"
        for column in table.columns
        for kind, name in _ARRAYS
        if isinstance(column.type, kind)
    )
    return f"INSERT INTO {table.name} ({_names(table)}) SELECT {values}"


@cache
def _by_rows(table: Table) -> str:
    marks = ", ".join("?" for _ in table.columns)
    return f"INSERT INTO {table.name} ({_names(table)}) VALUES ({marks})"  # noqa: S608 (our own names)


def _names(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)

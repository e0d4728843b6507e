"""Many rows of one table at once, in one statement or one round trip.

PostgreSQL gets a column of values for each column (``INSERT ... SELECT unnest(...)``): a statement
for each row would cost several times as much, in the driver and in the server. SQLite gets one
prepared statement and the rows.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

# Without lengths: a cast to a shorter type would cut a text, where the column refuses it.
_ARRAYS: Final = {int: "BIGINT[]", str: "TEXT[]", bytes: "BYTEA[]"}


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
    types = (_ARRAYS[column.type.python_type] for column in table.columns)
    values = ", ".join(f"unnest(%b::{name})" for name in types)
    return f"INSERT INTO {table.name} ({_names(table)}) SELECT {values}"


@cache
def _by_rows(table: Table) -> str:
    marks = ", ".join("?" for _ in table.columns)
    return f"INSERT INTO {table.name} ({_names(table)}) VALUES ({marks})"


def _names(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)

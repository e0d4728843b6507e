"""Many rows of one table at once, in one statement or one round trip.

PostgreSQL gets a column of values for each column (``INSERT ... SELECT unnest(...)``): a statement
for each row would cost several times as much, in the driver and in the server. SQLite gets one
prepared statement and the rows.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import ARRAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Insert, Table


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows that have a value for every column of the table, in its order."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        names = [column.name for column in table.columns]
        values = zip(*rows, strict=True)
        connection.execute(_by_columns(table), dict(zip(names, map(list, values), strict=True)))
    else:
        connection.exec_driver_sql(_by_rows(table), list(rows))


@cache
def _by_columns(table: Table) -> Insert:
    columns = [
        func.unnest(bindparam(column.name, type_=ARRAY(column.type))) for column in table.columns
    ]
    return insert(table).from_select(list(table.columns), select(*columns))


@cache
def _by_rows(table: Table) -> str:
    return str(insert(table).compile(dialect=sqlite.dialect(paramstyle="qmark")))

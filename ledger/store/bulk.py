"""Many rows into a table at once.

PostgreSQL takes them by ``COPY`` within the transaction, which costs the client half of what a
statement for each row does; constraints and triggers hold as ever. Elsewhere the driver's own
``executemany`` is as good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns; nothing where there are none.

    Raises:
        sqlalchemy.exc.DBAPIError: as any statement; the transaction is lost with it.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
    else:
        connection.execute(insert(table), list(rows))


def _copy(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    names = list(rows[0])
    quoted = connection.dialect.identifier_preparer
    columns = ", ".join(quoted.quote(name) for name in names)
    statement = f"COPY {quoted.format_table(table)} ({columns}) FROM STDIN (FORMAT BINARY)"
    kinds = [table.c[name].type.compile(connection.dialect) for name in names]
    raw: Any = connection.connection.driver_connection
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types([kind.lower().partition("(")[0] for kind in kinds])
            for row in rows:
                copy.write_row([row[name] for name in names])
    except psycopg.Error as error:
        # What SQLAlchemy makes of any other statement's error, so that callers need to know one.
        raise DBAPIError.instance(
            statement,
            None,
            error,
            psycopg.Error,
            connection_invalidated=raw.closed,
            dialect=connection.dialect,
        ) from error

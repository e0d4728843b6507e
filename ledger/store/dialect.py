"""How the database of a connection says what the other one says differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy import Connection


def dialect_of(connection: Connection) -> Any:
    """The statements of PostgreSQL or of SQLite, such as an insert that leaves what is there."""
    return postgresql if connection.dialect.name == "postgresql" else sqlite

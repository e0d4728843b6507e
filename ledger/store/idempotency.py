"""Idempotency keys: the same key with the same command finds the receipt that was given for it.

A key is stored as SHA-256 over the actor and the key; the entry holds it too, so that the table can
be rebuilt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from ledger.store.tables import idempotency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


def find_key(connection: Connection, log_id: int, key: bytes) -> tuple[bytes, int] | None:
    """The command's digest and the entry that a key stands for, or None."""
    query = select(idempotency.c.command, idempotency.c.sequence).where(
        idempotency.c.log_id == log_id, idempotency.c.key == key
    )
    row = connection.execute(query).first()
    return None if row is None else (row.command, row.sequence)


def insert_keys(
    connection: Connection, log_id: int, rows: Sequence[tuple[bytes, bytes, int]]
) -> None:
    """Keep keys: (key, command digest, sequence)."""
    if rows:
        connection.execute(
            insert(idempotency),
            [
                {"log_id": log_id, "key": key, "command": command, "sequence": sequence}
                for key, command, sequence in rows
            ],
        )


def read_keys(
    connection: Connection, log_id: int, start: int, stop: int
) -> list[tuple[int, bytes, bytes]]:
    """(sequence, key, command digest) of the entries ``start`` to ``stop - 1``, in order."""
    query = (
        select(idempotency.c.sequence, idempotency.c.key, idempotency.c.command)
        .where(
            idempotency.c.log_id == log_id,
            idempotency.c.sequence >= start,
            idempotency.c.sequence < stop,
        )
        .order_by(idempotency.c.sequence, idempotency.c.key)
    )
    return [(row.sequence, row.key, row.command) for row in connection.execute(query)]

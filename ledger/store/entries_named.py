"""Entries by their numbers or by a rare kind, for whoever knows which ones are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from ledger.store.tables import entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_IN_ONE_QUERY: Final = 500


def envelopes_at(connection: Connection, log_id: int, numbers: Sequence[int]) -> list[bytes]:
    """The stored bytes of some entries, in order; those that are not there are left out."""
    found: list[bytes] = []
    for at in range(0, len(numbers), _IN_ONE_QUERY):
        some = numbers[at : at + _IN_ONE_QUERY]
        query = (
            select(entry.c.envelope)
            .where(entry.c.log_id == log_id, entry.c.sequence.in_(some))
            .order_by(entry.c.sequence)
        )
        found.extend(connection.execute(query).scalars())
    return found


def envelopes_of_kind(connection: Connection, log_id: int, kind: str, after: int) -> list[bytes]:
    """The stored bytes of every entry of a kind after one, in order: for kinds with few."""
    query = (
        select(entry.c.envelope)
        .where(entry.c.log_id == log_id, entry.c.kind == kind, entry.c.sequence > after)
        .order_by(entry.c.sequence)
    )
    return list(connection.execute(query).scalars())

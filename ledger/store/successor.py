"""Which log of a database continues which: told by a last entry, or by another log's first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import LedgerError
from ledger.events.entry import decode_entry
from ledger.events.log import LogCreated, LogFrozen
from ledger.store.entries import logs_there, read_entries, read_head

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.events.event import Event


def successor_of(connection: Connection, log_id: int, origin: str) -> str:
    """The origin of the log that continues a log; empty where none does.

    Its last entry says so; or, where something was lost and no entry could be added any more, the
    first entry of another log of this database.
    """
    last = _event(connection, log_id, read_head(connection, log_id).size - 1)
    if isinstance(last, LogFrozen):
        return last.successor
    for other, _, its_origin in logs_there(connection):
        event = None if other == log_id else first_event(connection, other)
        if event is not None and event.previous and event.previous.origin == origin:
            return its_origin
    return ""


def first_event(connection: Connection, log_id: int) -> LogCreated | None:
    """What entry 0 of a log says, or None where it can't be read (the verifier of it says why)."""
    event = _event(connection, log_id, 0)
    return event if isinstance(event, LogCreated) else None


def _event(connection: Connection, log_id: int, sequence: int) -> Event | None:
    rows = read_entries(connection, log_id, sequence, sequence + 1)
    try:
        return decode_entry(rows[0].envelope).event if rows else None
    except LedgerError:
        return None

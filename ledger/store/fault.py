"""What went wrong with a database, as one of a few kinds that call for different things.

SQLite tells by its result code (sqlite.org/rescode.html), PostgreSQL by its SQLSTATE (its manual,
appendix A). An error of the driver without either is a connection that was lost.

An error while COMMIT is under way is another matter: unless the database itself says that it did
not commit, nobody knows. That is an ``InDoubtError``, and who asked must look.
"""

from __future__ import annotations

import sqlite3
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from ledger.errors import BusyError, InDoubtError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.errors import LedgerError

_PRIMARY_CODE: Final = 0xFF


class Fault(Enum):
    """A kind of failure; the value is the code of the error that tells of it."""

    CONFLICT = "database-conflict"
    LOST = "database-lost"
    BUSY = "database-busy"
    FULL = "database-full"
    READ_ONLY = "database-read-only"
    DISK = "database-disk-failed"
    DAMAGED = "database-damaged"
    OTHER = "database-failed"


_SQLITE: Final[Mapping[int, Fault]] = {
    sqlite3.SQLITE_BUSY: Fault.BUSY,
    sqlite3.SQLITE_LOCKED: Fault.BUSY,
    sqlite3.SQLITE_FULL: Fault.FULL,
    sqlite3.SQLITE_READONLY: Fault.READ_ONLY,
    sqlite3.SQLITE_IOERR: Fault.DISK,
    sqlite3.SQLITE_CORRUPT: Fault.DAMAGED,
    sqlite3.SQLITE_NOTADB: Fault.DAMAGED,
}
_SQLSTATE: Final[Mapping[str, Fault]] = {
    "40001": Fault.CONFLICT,
    "40P01": Fault.CONFLICT,
    "55P03": Fault.BUSY,
    "53100": Fault.FULL,
    "25006": Fault.READ_ONLY,
    "58030": Fault.DISK,
    "XX001": Fault.DAMAGED,
    "XX002": Fault.DAMAGED,
    # Ended by the server: administrator, crash of another session, starting up, silent too long.
    "57P01": Fault.LOST,
    "57P02": Fault.LOST,
    "57P03": Fault.LOST,
    "57P05": Fault.LOST,
    "25P03": Fault.LOST,
    "53300": Fault.LOST,
}
_CONNECTION_CLASS: Final = "08"
# PostgreSQL's classes of errors after which a COMMIT surely was a ROLLBACK: a constraint that was
# checked at the end, a conflict with another transaction.
_SURELY_ROLLED_BACK: Final = ("23", "40")
_ASK_AGAIN: Final = {Fault.CONFLICT, Fault.LOST}
_REMEDIES: Final[Mapping[Fault, str]] = {
    Fault.CONFLICT: "Other transactions were in the way each time. Try again.",
    Fault.LOST: "Check that the database's server runs and can be reached, then try again.",
    Fault.BUSY: "Another program held the database for too long. Try again in a moment.",
    Fault.FULL: "Make room for the database, then try again.",
    Fault.READ_ONLY: "Give the service the right to write to the database, then try again.",
    Fault.DISK: "Check the disk before anything else: it failed to read or to keep what was given "
    "to it. Then run `counterseal verify`.",
    Fault.DAMAGED: "Run `counterseal verify`, and put the newest sound copy back.",
    Fault.OTHER: "Check that the database is reachable, writable, not full and not locked by "
    "another program, then try again.",
}


def fault_of(error: DBAPIError) -> Fault:
    """The kind of an error of the driver."""
    original: Any = error.orig
    if isinstance(original, sqlite3.Error):
        code = getattr(original, "sqlite_errorcode", None) or 0
        return _SQLITE.get(code & _PRIMARY_CODE, Fault.OTHER)
    state = getattr(original, "sqlstate", None)
    if state is None:
        lost = error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
        return Fault.LOST if lost else Fault.OTHER
    if state.startswith(_CONNECTION_CLASS):
        return Fault.LOST
    return _SQLSTATE.get(state, Fault.OTHER)


def failed(error: DBAPIError, verb: str) -> BusyError | OutsideError:
    """What to raise when the database can't be read or ``written``, in the driver's own words."""
    fault = fault_of(error)
    raised = BusyError if fault is Fault.BUSY else OutsideError
    nothing = "Nothing was recorded. " if verb == "written" else ""
    return raised(
        f"The database can't be {verb}: {_first_line(error)}.",
        remedy=nothing + _REMEDIES[fault],
        code=fault.value,
    )


def commit_error(error: DBAPIError) -> BusyError | OutsideError:
    """What to raise when a COMMIT failed: in doubt unless the database says that it is not."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if isinstance(error.orig, sqlite3.Error):
        sure = fault_of(error) in {Fault.BUSY, Fault.FULL, Fault.READ_ONLY}
    else:
        sure = state.startswith(_SURELY_ROLLED_BACK)
    if sure:
        return failed(error, "written")
    return InDoubtError(
        f"The database failed while it committed: {_first_line(error)}.",
        remedy="Whether it was recorded is not known. Ask again with the same idempotency key.",
        code="commit-in-doubt",
    )


def may_pass(error: LedgerError) -> bool:
    """Whether the same transaction may well succeed when it is tried again at once."""
    return any(error.code == fault.value for fault in _ASK_AGAIN)


def _first_line(error: DBAPIError) -> str:
    """The driver's own words, without the statement and its parameters."""
    text = str(error.orig).strip().splitlines()
    return text[0].rstrip(".") if text else type(error.orig).__name__

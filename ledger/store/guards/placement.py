"""Whether a guard lies where it can be put back together with the ledger, and guards nothing."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from ledger.errors import LedgerError
from ledger.store.database import reading
from ledger.store.guards.database import DatabaseGuard

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ledger.store.guards.guard import Guard

# When the server was started, to the microsecond, tells servers apart under whatever name they were
# reached, and may be asked by every role.
_WHICH_SERVER: Final = text(
    "SELECT pg_postmaster_start_time(),"
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class Shared(Enum):
    """What ledger and guard share; the value says so, or is empty for nothing."""

    NOTHING = ""
    SERVER = (
        "The guard is in another database of the ledger's own server: a copy of the server that is "
        "put back brings both back, and nothing notices it"
    )
    DATABASE = (
        "The guard is in the ledger's own database: a copy that is put back brings both back, and "
        "nothing notices it"
    )


def shared(ledger: Engine, guard: Guard) -> Shared:
    """What a guard shares with the ledger's database, as far as that can be found out."""
    if not isinstance(guard, DatabaseGuard) or guard.engine.dialect.name != ledger.dialect.name:
        return Shared.NOTHING
    if ledger.dialect.name == "sqlite":
        same = _file(ledger) == _file(guard.engine)
        return Shared.DATABASE if same else Shared.NOTHING
    try:
        ours, theirs = _server(ledger), _server(guard.engine)
    except LedgerError:
        # One is away: their addresses are all there is.
        ours, theirs = _address(ledger), _address(guard.engine)
    if ours == theirs:
        return Shared.DATABASE
    return Shared.SERVER if ours[0] == theirs[0] else Shared.NOTHING


def _file(engine: Engine) -> Path:
    """The file of a database: the same one under another name or a link is the same."""
    return Path(engine.url.database or "").resolve()


def _server(engine: Engine) -> tuple[Any, Any]:
    with reading(engine) as connection:
        started, database = connection.execute(_WHICH_SERVER).one()
    return started, database


def _address(engine: Engine) -> tuple[Any, Any]:
    url = engine.url
    host = url.host or url.query.get("host", "localhost")
    return (host, url.port or 5432), url.database

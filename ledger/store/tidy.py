"""What was deleted is also gone from where a database keeps what it no longer needs.

SQLite overwrites deleted rows (``secure_delete``) and cuts its roll-back journal off at each
commit; in WAL mode the log still holds pages as they were, until it is emptied here. PostgreSQL
keeps deleted rows until a table is vacuumed and stale bytes in its pages after that: the table of
wrapped keys is rewritten here (``VACUUM FULL``: it is small, and without its key a sealed text is
noise). What neither reaches (PostgreSQL's own log and its archive, snapshots of disks, backups) is
told in ``docs/privacy.md``: turning the key-encryption key makes the wrapped keys in them
worthless.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ledger.store.tables import vault_key

if TYPE_CHECKING:
    from sqlalchemy import Engine

_LOGGER: Final = logging.getLogger("counterseal.tidy")
_WAIT: Final = "SET lock_timeout = '5s'"


def forget_deleted(engine: Engine) -> bool:
    """Empty what holds deleted rows; False where it could not be, which is logged, never raised.

    The deletion itself is committed already.
    """
    try:
        with engine.connect() as plain:
            connection = plain.execution_options(isolation_level="AUTOCOMMIT")
            if engine.dialect.name == "sqlite":
                busy = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).scalar()
                if busy:
                    _LOGGER.warning("the write-ahead log is in use and was not emptied")
                return not busy
            connection.execute(text(_WAIT))
            connection.execute(text(f"VACUUM FULL {vault_key.name}"))
            connection.execute(text("SET lock_timeout = DEFAULT"))
    except SQLAlchemyError as error:
        _LOGGER.warning("deleted rows were not overwritten: %s", type(error).__name__)
        return False
    return True

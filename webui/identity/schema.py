"""Bring the tables of identity to this program's version; they migrate apart from the ledger's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.errors import OutsideError
from ledger.store.migrate import check_migrated, migrate

if TYPE_CHECKING:
    from sqlalchemy import Engine

_SCRIPTS: Final = Path(__file__).parent / "migrations"
_VERSION_TABLE: Final = "identity_schema"
_LACKING: Final = "schema-mismatch"


def prepare(engine: Engine) -> None:
    """Apply the migrations that the database lacks; nothing is written where none is lacking.

    Raises:
        OutsideError: the database can't be read, or can't be written where it must be.
    """
    try:
        check_migrated(engine, _SCRIPTS, _VERSION_TABLE)
    except OutsideError as error:
        if error.code != _LACKING:
            raise
        migrate(engine, _SCRIPTS, _VERSION_TABLE)

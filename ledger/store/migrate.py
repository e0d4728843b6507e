"""Bring a database's tables to this program's version, with Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from ledger.errors import OutsideError
from ledger.store.database import reading, writing

if TYPE_CHECKING:
    from sqlalchemy import Engine

_HERE: Final = Path(__file__).parent / "migrations"
_VERSION_TABLE: Final = "ledger_schema"
_LOCK: Final = 0x436F_756E_7465_7273  # "Counters"


def migrate(engine: Engine, scripts: Path = _HERE, version_table: str = _VERSION_TABLE) -> None:
    """Apply the migrations that the database lacks, all or none of them.

    Raises:
        OutsideError: the database can't be written.
    """
    config = _config(scripts)
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            # Whoever starts beside us waits, and then finds nothing left to do.
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        config.attributes["connection"] = connection
        config.attributes["version_table"] = version_table
        command.upgrade(config, "head")


def check_migrated(
    engine: Engine, scripts: Path = _HERE, version_table: str = _VERSION_TABLE
) -> None:
    """Check that the tables are those of this program.

    Raises:
        OutsideError: they are older, newer or not there.
    """
    wanted = ScriptDirectory.from_config(_config(scripts)).get_current_head()
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": version_table})
        present = context.get_current_revision()
    if present != wanted:
        raise OutsideError(
            "The database's tables are not those of this version of the program.",
            remedy="Run `counterseal init` on a new home, or `counterseal migrate` on an old one.",
            code="schema-mismatch",
        )


def _config(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config

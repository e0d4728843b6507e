"""The guard: the last checkpoint, in a second store outside the database and its backups.

A database that is put back to yesterday's copy is consistent in itself; only something that was not
put back with it can tell. ``advance`` moves the guard by compare-and-swap after each commit; a
database behind its guard is opened read-only. The guard's store must not be in the same backup set.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError as DuplicateError

from ledger.store.database import open_engine, reading, writing
from ledger.store.tables import guard, guard_metadata

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True)
class Guarded:
    """A tree head that was promised: ``checkpoint`` is its signed note."""

    size: int
    root: bytes
    checkpoint: str


# Built once: making a statement costs more than running it.
_SWAP: Final = (
    update(guard)
    .where(
        guard.c.origin == bindparam("of"),
        guard.c.size == bindparam("old_size"),
        guard.c.root == bindparam("old_root"),
    )
    .values({field.name: bindparam(field.name) for field in fields(Guarded)})
)


class Guard:
    """The last tree head of each log, by origin. Durable when ``swap`` returns True."""

    def __init__(self, url: str) -> None:
        self._engine: Engine = open_engine(url)
        with writing(self._engine) as connection:
            guard_metadata.create_all(connection)

    def read(self, origin: str) -> Guarded | None:
        """The last promised tree head, or None for a log that was never guarded."""
        query = select(guard.c.size, guard.c.root, guard.c.checkpoint).where(
            guard.c.origin == origin
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else Guarded(row.size, row.root, row.checkpoint)

    def swap(self, origin: str, old: Guarded | None, new: Guarded) -> bool:
        """Replace exactly ``old`` by ``new``; False when something else stands there."""
        values = vars(new)
        with writing(self._engine) as connection:
            if old is None:
                try:
                    connection.execute(insert(guard).values(origin=origin, **values))
                except DuplicateError:
                    return False
                return True
            place = {"of": origin, "old_size": old.size, "old_root": old.root}
            moved = connection.execute(_SWAP, {**place, **values})
            return moved.rowcount == 1

    def close(self) -> None:
        """Give back connections."""
        self._engine.dispose()

"""A guard in an SQL database of its own: an SQLite file elsewhere, PostgreSQL on another host."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError as DuplicateError

from ledger.core.digest import SHA256_BYTES
from ledger.errors import BusyError, OutsideError
from ledger.store.database import open_engine, reading, writing
from ledger.store.fault import Fault
from ledger.store.guards.guard import Guarded, guard_damaged, guard_failed
from ledger.store.tables import guard, guard_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

# Built once: it is asked for with every commit.
_MOVE: Final = (
    update(guard)
    .where(
        guard.c.origin == bindparam("of"),
        guard.c.size == bindparam("old_size"),
        guard.c.root == bindparam("old_root"),
    )
    .values(size=bindparam("size"), root=bindparam("root"), checkpoint=bindparam("checkpoint"))
)


class DatabaseGuard:
    """One row for each log, moved by an UPDATE that names what it replaces."""

    def __init__(self, url: str) -> None:
        self._engine: Engine = open_engine(url)
        self._made = False
        self._making = threading.Lock()

    @property
    def engine(self) -> Engine:
        """Where the row is, for finding out what else is there."""
        return self._engine

    def prepare(self) -> None:
        """See ``Guard.prepare``."""
        with _typed():
            self._make_table()

    def read(self, origin: str) -> Guarded | None:
        """See ``Guard.read``."""
        query = select(guard.c.size, guard.c.root, guard.c.checkpoint).where(
            guard.c.origin == origin
        )
        with _typed():
            self._make_table()
            with reading(self._engine) as connection:
                row = connection.execute(query).first()
        if row is None:
            return None
        size, root, checkpoint = row
        sound = isinstance(size, int) and isinstance(root, bytes) and isinstance(checkpoint, str)
        if not sound or size < 0 or len(root) != SHA256_BYTES:
            raise guard_damaged("its row is no tree head")
        return Guarded(size, root, checkpoint)

    def swap(self, origin: str, old: Guarded | None, new: Guarded) -> bool:
        """See ``Guard.swap``."""
        with _typed():
            self._make_table()
            return self._swap(origin, old, new)

    def _swap(self, origin: str, old: Guarded | None, new: Guarded) -> bool:
        values = vars(new)
        with writing(self._engine) as connection:
            if old is None:
                try:
                    connection.execute(insert(guard).values(origin=origin, **values))
                except DuplicateError:
                    return False
                return True
            before = {"of": origin, "old_size": old.size, "old_root": old.root}
            return connection.execute(_MOVE, {**values, **before}).rowcount == 1

    def _make_table(self) -> None:
        """Once, when the store is first reached: it may be away while the ledger is opened."""
        with self._making:
            if self._made:
                return
            with reading(self._engine) as connection:
                there = inspect(connection).has_table(guard.name)
            if not there:
                with writing(self._engine) as connection:
                    guard_metadata.create_all(connection)
            self._made = True

    def close(self) -> None:
        """Give back connections."""
        self._engine.dispose()


@contextmanager
def _typed() -> Iterator[None]:
    """Tell of a failure as the guard's, not as the ledger's database."""
    try:
        yield
    except (BusyError, OutsideError) as error:
        if error.code == Fault.DAMAGED.value:
            raise guard_damaged("its database can't be read") from error
        raise guard_failed(error.sentence.rstrip("."), error.remedy) from error

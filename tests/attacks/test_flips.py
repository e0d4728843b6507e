"""A random bit of a random value of a random row, changed behind the program's back: it is named."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.audit import audit
from ledger.batch import Asked
from ledger.errors import LedgerError
from ledger.log import open_log
from ledger.store.database import open_engine
from ledger.store.guards import open_guard
from ledger.store.tables import metadata
from tests.attacks.matrix import MATRIX
from tests.attacks.test_matrix import unbelt
from tests.tools.house import House, build, person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# An older checkpoint that is gone is noticed by nobody and harms nobody (test_rows says so).
MISSED = {("checkpoint", "log_id")}
COLUMNS = [
    (table, column)
    for table in metadata.tables
    for column, change in MATRIX[table].items()
    if not change.harmless and (table, column) not in MISSED
]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A log of more than one tile, with its belt off."""
    folder = tmp_path_factory.mktemp("flips")
    house = build(f"sqlite:///{folder / 'ledger.db'}", folder)
    house.fill()
    house.submitter.submit_batch(house.service, [Asked(person(f"P{n}")) for n in range(260)])
    house.submitter.close()
    unbelt(house.log.engine)
    house.log.engine.dispose()
    yield house
    house.log.guard.close()


def flipped(value: Any, data: st.DataObject) -> Any:
    if isinstance(value, int):
        return value ^ 1 << data.draw(st.integers(0, 16), "bit")
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    raw[data.draw(st.integers(0, len(raw) - 1), "byte")] ^= 1 << data.draw(st.integers(0, 6), "bit")
    return raw.decode("utf-8", "replace") if isinstance(value, str) else bytes(raw)


def said(house: House, file: Path) -> set[str]:
    """What opening and auditing says."""
    engine = open_engine(f"sqlite:///{file}")
    guard = open_guard(f"sqlite:///{house.folder / 'guard.db'}")
    try:
        log = open_log(engine, "main", house.log.keyring, guard)
        alarm = {"alarm"} if log.alarm else set()
        return alarm | {f"{one.table}: {one.code}" for one in audit(log, workers=1).problems}
    except LedgerError as error:
        return {error.code}
    finally:
        guard.close()
        engine.dispose()


def test_nothing_is_said_of_what_was_not_changed(lived: House) -> None:
    assert said(lived, lived.folder / "ledger.db") == set()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_flipped_bit_is_named(lived: House, data: st.DataObject) -> None:
    table, column = data.draw(st.sampled_from(COLUMNS), "column")
    file = lived.folder / "changed.db"
    shutil.copy(lived.folder / "ledger.db", file)
    with closing(sqlite3.connect(file)) as at:
        rows = at.execute(
            f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL AND {column} != ''"
        ).fetchall()
        if not rows:
            return
        row, old = data.draw(st.sampled_from(rows), "row")
        new = flipped(old, data)
        try:
            at.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, row))
        except sqlite3.IntegrityError:
            return  # the value stands in another row already, and the key forbids a second
        at.commit()
    assert said(lived, file), (table, column, row, old, new)

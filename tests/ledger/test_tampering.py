"""Every table and column that can be changed behind our back, changed, and named by the audit."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import MetaData, Table, delete, insert, select, text

from ledger.audit import audit
from ledger.batch import Asked
from ledger.errors import ConflictError, IntegrityError
from tests.tools.house import House, build, person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

FLIPPED = "UPDATE {table} SET {column} = X'{value}' WHERE {where}"


def drop_triggers(house: House) -> None:
    with house.log.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            names = connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).scalars()
            for name in list(names):
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("entry", "tile", "checkpoint"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def change(house: House, statement: str, **values: object) -> None:
    with house.log.engine.begin() as connection:
        result = connection.execute(text(statement), values)
        assert result.rowcount >= 1


def flip(house: House, table: str, column: str, where: str, offset: int = 0) -> None:
    """Change one byte of one stored value."""
    with house.log.engine.begin() as connection:
        query = text(f"SELECT {column} FROM {table} WHERE {where}")
        value = bytes(connection.execute(query).scalar_one())
        place = offset % len(value)
        changed = value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
        connection.execute(
            text(f"UPDATE {table} SET {column} = :changed WHERE {where}"), {"changed": changed}
        )


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def whole(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """A log of more than one tile, without its seat belt, for all tests of this module."""
    folder = tmp_path_factory.mktemp("whole")
    if request.param == "sqlite":
        house = build(f"sqlite:///{folder / 'ledger.db'}", folder)
    else:
        server = request.getfixturevalue("postgres_server")
        house = build(server.url(server.create()), folder)
    house.fill()
    house.submitter.submit_batch(house.service, [Asked(person(f"P{n}")) for n in range(300)])
    assert audit(house.log).sound
    drop_triggers(house)
    yield house
    house.submitter.close()
    house.log.engine.dispose()
    house.log.guard.close()


@pytest.fixture
def filled(whole: House) -> Iterator[House]:
    """The whole log, put back after the test row by row."""
    tables = reflected(whole)
    with whole.log.engine.connect() as connection:
        kept = {table: rows_of(connection, table) for table in tables}
    yield whole
    with whole.log.engine.begin() as connection:
        for table, rows in kept.items():
            if rows_of(connection, table) != rows:
                connection.execute(delete(table))
                connection.execute(insert(table), rows)


def reflected(house: House) -> list[Table]:
    metadata = MetaData()
    metadata.reflect(house.log.engine)
    return list(metadata.sorted_tables)


def rows_of(connection: Connection, table: Table) -> list[dict[str, object]]:
    order = [column.asc() for column in table.primary_key.columns]
    return [dict(row._mapping) for row in connection.execute(select(table).order_by(*order))]


@pytest.mark.parametrize("offset", [0, 40, 700, -3])
def test_one_byte_of_an_envelope(filled: House, offset: int) -> None:
    flip(filled, "entry", "envelope", "sequence = 5", offset)
    found = audit(filled.log)
    assert ("entry", 5, "leaf-mismatch") in {(p.table, p.sequence, p.code) for p in found.problems}


def test_one_byte_of_a_leaf_hash(filled: House) -> None:
    flip(filled, "entry", "leaf_hash", "sequence = 5")
    found = audit(filled.log)
    assert ("entry", 5, "leaf-mismatch") in {(p.table, p.sequence, p.code) for p in found.problems}


@pytest.mark.parametrize("column", ["root", "hashes"])
def test_one_byte_of_a_tile(filled: House, column: str) -> None:
    flip(filled, "tile", column, "level = 0 AND position = 0", 99)
    found = audit(filled.log)
    assert ("tile", 0, "tile-wrong") in {(p.table, p.sequence, p.code) for p in found.problems}
    assert {p.table for p in found.problems} <= {"tile", "guard"}


def test_a_tile_taken_away(filled: House) -> None:
    change(filled, "DELETE FROM tile WHERE level = 0")
    assert "tile-missing" in {p.code for p in audit(filled.log).problems}


@pytest.mark.parametrize("offset", [3, 40, 80, -5])
def test_one_byte_of_a_checkpoint(filled: House, offset: int) -> None:
    flip(filled, "checkpoint", "note", "size = 6", offset)
    assert ("checkpoint", 5) in {(p.table, p.sequence) for p in audit(filled.log).problems}


@pytest.mark.parametrize(
    ("table", "where"),
    [("model", "kind = 'model'"), ("version", "kind = 'version' AND version = '1.0.0'")],
)
def test_one_byte_of_a_folded_row(filled: House, table: str, where: str) -> None:
    flip(filled, "folded", "value", where, 20)
    found = audit(filled.log).problems
    assert [(p.table, p.code) for p in found] == [("folded", "row-wrong")]
    assert table in found[0].sentence


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("status", "rejected"),
        ("actor", "ee" * 16),
        ("model", "other"),
        ("version", "9.9.9"),
        ("environment", "staging"),
        ("since", 0),
        ("as_of", 3),
    ],
)
def test_a_column_of_a_folded_row(filled: House, column: str, value: object) -> None:
    change(filled, f"UPDATE folded SET {column} = :value WHERE kind = 'release'", value=value)
    assert [(p.table, p.code) for p in audit(filled.log).problems] == [("folded", "row-wrong")]


def test_a_folded_row_taken_away_and_one_put_in(filled: House) -> None:
    change(filled, "UPDATE folded SET key = 'administrator' WHERE kind = 'model'")
    assert {p.code for p in audit(filled.log).problems} == {"row-missing", "row-wrong"}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("kind", "role.granted"),
        ("recorded_at", "2026-01-01T00:00:00.000000Z"),
        ("actor", "ee" * 16),
        ("outcome", "deny"),
        ("model", "other"),
        ("version", "9"),
        ("environment", "x"),
    ],
)
def test_a_column_beside_an_envelope(filled: House, column: str, value: str) -> None:
    change(filled, f"UPDATE entry SET {column} = :value WHERE sequence = 4", value=value)
    assert [(p.table, p.sequence, p.code) for p in audit(filled.log).problems] == [
        ("entry", 4, "columns-wrong")
    ]


def test_an_entry_taken_out_of_the_middle(filled: House) -> None:
    change(filled, "DELETE FROM entry WHERE sequence = 5")
    assert ("entry", 5, "gap") in {
        (p.table, p.sequence, p.code) for p in audit(filled.log).problems
    }


def test_the_last_entries_taken_away(filled: House) -> None:
    change(filled, "DELETE FROM entry WHERE sequence > 300")
    codes = {p.code for p in audit(filled.log).problems}
    assert {"entries-missing", "head-wrong"} <= codes


def test_two_entries_changing_places(filled: House) -> None:
    for old, new in ((4, 9999), (5, 4), (9999, 5)):
        change(filled, "UPDATE entry SET sequence = :new WHERE sequence = :old", old=old, new=new)
    found = {(p.sequence, p.code) for p in audit(filled.log).problems}
    assert {(4, "misplaced"), (5, "misplaced"), (4, "chain-broken")} <= found


@pytest.mark.parametrize("column", ["previous", "frontier", "root", "checkpoint"])
def test_one_byte_of_the_head(filled: House, column: str) -> None:
    flip(filled, "head", column, "log_id = 1", 31)
    assert "head" in {p.table for p in audit(filled.log).problems}
    reopened = filled.reopened()
    assert reopened.alarm
    reopened.engine.dispose()
    reopened.guard.close()


def test_an_idempotency_key_changed(filled: House) -> None:
    flip(filled, "idempotency", "command", "sequence = 4")
    assert [(p.table, p.sequence) for p in audit(filled.log).problems] == [("idempotency", 4)]


@pytest.mark.parametrize(("table", "column"), [("vault", "sealed"), ("vault_key", "wrapped")])
def test_one_byte_of_the_vault(filled: House, table: str, column: str) -> None:
    subject = filled.log.entry(2).commitments[0].subject
    flip(filled, table, column, f"subject = '{subject}'", 20)
    assert ("vault", 2, "vault-damaged") in {
        (p.table, p.sequence, p.code) for p in audit(filled.log).problems
    }


def test_a_private_text_moved_to_another_entry(filled: House) -> None:
    change(filled, "UPDATE vault SET sequence = 9999 WHERE sequence = 2")
    assert ("vault", 2, "vault-missing") in {
        (p.table, p.sequence, p.code) for p in audit(filled.log).problems
    }


def test_the_seat_belt_refuses_change(house: House) -> None:
    house.fill()
    for table in ("entry", "tile", "checkpoint"):
        for statement in (f"UPDATE {table} SET log_id = 2", f"DELETE FROM {table}"):
            if table == "tile":
                continue
            with pytest.raises(Exception, match="append-only"), house.log.engine.begin() as sql:
                sql.execute(text(statement))
    assert audit(house.log).sound


def test_an_older_copy_of_the_whole_database_opens_read_only(sqlite_house: House) -> None:
    house = sqlite_house
    house.submit(person())
    shutil.copy(house.folder / "ledger.db", house.folder / "old.db")
    house.submit(person())
    house.submitter.close()
    house.log.engine.dispose()
    shutil.copy(house.folder / "old.db", house.folder / "ledger.db")
    log = house.reopened()
    assert "3 entries, but 4 were promised" in log.alarm
    from ledger.submit import Submitter

    with pytest.raises(IntegrityError) as refused:
        Submitter(log, house.judge).submit(house.service, person())
    assert refused.value.code == "ledger-read-only"
    assert "alarm" in {p.code for p in audit(log).problems}
    log.engine.dispose()
    log.guard.close()


def test_another_history_of_the_same_length_opens_read_only(sqlite_house: House) -> None:
    house = sqlite_house
    house.submit(person())
    shutil.copy(house.folder / "ledger.db", house.folder / "old.db")
    shutil.copy(house.folder / "guard.db", house.folder / "old-guard.db")
    house.submit(person())
    shutil.copy(house.folder / "guard.db", house.folder / "true-guard.db")
    house.submitter.close()
    house.log.engine.dispose()
    house.log.guard.close()
    shutil.copy(house.folder / "old.db", house.folder / "ledger.db")
    shutil.copy(house.folder / "old-guard.db", house.folder / "guard.db")
    forked = house.reopened()
    from ledger.submit import Submitter

    door = Submitter(forked, house.judge, now=house.clock)
    door.submit(house.service, person())
    door.close()
    forked.engine.dispose()
    forked.guard.close()
    shutil.copy(house.folder / "true-guard.db", house.folder / "guard.db")
    log = house.reopened()
    assert "another history" in log.alarm
    log.engine.dispose()
    log.guard.close()


def test_a_guard_left_behind_by_a_crash_is_moved_up(sqlite_house: House) -> None:
    house = sqlite_house
    house.submit(person())
    shutil.copy(house.folder / "guard.db", house.folder / "old-guard.db")
    house.submit(person())
    house.log.guard.close()
    shutil.copy(house.folder / "old-guard.db", house.folder / "guard.db")
    log = house.reopened()
    assert log.alarm == ""
    guarded = log.guard.read(log.origin)
    assert guarded is not None
    assert guarded.size == 4
    log.engine.dispose()
    log.guard.close()


@pytest.mark.parametrize(
    ("table", "column", "where", "named"),
    [
        ("entry", "envelope", "sequence = 5", ("entry", 5)),
        ("entry", "leaf_hash", "sequence = 5", ("entry", 5)),
        ("checkpoint", "note", "size = 6", ("checkpoint", 5)),
        ("folded", "value", "kind = 'release'", ("folded", 8)),
        ("head", "frontier", "log_id = 1", ("head", -1)),
    ],
)
def test_what_a_shell_left_behind_as_text(
    sqlite_house: House, table: str, column: str, where: str, named: tuple[str, int]
) -> None:
    """The sqlite3 shell's replace() turns bytes into text; it is damage like any other."""
    house = sqlite_house
    house.fill()
    drop_triggers(house)
    change(house, f"UPDATE {table} SET {column} = 'edited by hand' WHERE {where}")
    found = audit(house.log).problems
    assert named in {(p.table, p.sequence) for p in found}, found


def test_a_guard_that_was_emptied_is_an_alarm_with_a_way_out(sqlite_house: House) -> None:
    house = sqlite_house
    house.submit(person())
    house.log.guard.close()
    (house.folder / "guard.db").unlink()
    log = house.reopened()
    assert "holds no checkpoint" in log.alarm
    assert "alarm" in {p.code for p in audit(log).problems}
    log.begin_guard()
    log.guard.close()
    again = house.reopened()
    assert again.alarm == ""
    with pytest.raises(ConflictError):
        again.begin_guard()
    for opened in (log, again):
        opened.engine.dispose()
        opened.guard.close()

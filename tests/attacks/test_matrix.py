"""Every column of every table, changed, and named."""

from __future__ import annotations

from string import ascii_letters, digits
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from ledger import clock
from ledger.audit import audit
from ledger.core.access import Access
from ledger.errors import LedgerError
from ledger.log import open_log
from ledger.outside.timestamp import read_certificates
from ledger.publish import Publisher
from ledger.stamp import Authorities, Stamper
from ledger.store.accesses import append_accesses
from ledger.store.database import open_engine, writing
from ledger.store.guards import open_guard
from ledger.store.tables import guard_metadata, metadata
from tests.attacks.matrix import MATRIX, Change, as_markdown
from tests.ledger.test_publish import Watch, policy, watch
from tests.shape.documents import DOCS
from tests.tools.authority import Authority, running
from tests.tools.house import person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from ledger.log import Log
    from tests.tools.house import House

__all__ = ["watch"]

BASE64 = (ascii_letters + digits + "+/").encode()

CASES = [
    pytest.param(table, column, change, id=f"{table}.{column}")
    for table, columns in MATRIX.items()
    for column, change in columns.items()
    if not change.harmless
]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    yield from running(tmp_path_factory.mktemp("tsa") / "here")


@pytest.fixture
def lived(house: House, watch: Callable[..., Watch], authority: Authority) -> House:
    """A log of more than one tile, published, witnessed and time-stamped, with its belt off."""
    from ledger.batch import Asked

    house.submitter._committer._now = clock.now
    house.fill()
    house.submitter.submit_batch(house.service, [Asked(person(f"P{n}")) for n in range(300)])
    one = watch("one", house.log)
    house.log.trust = policy(house.log, one.line, quorum="one")
    made = Publisher(house.log)
    made.publish()
    made.close()
    authorities = Authorities((authority.url,), tuple(read_certificates(authority.roots)))
    stamper = Stamper(house.log, house.submitter, authorities, now=clock.now)
    stamper.stamp()
    stamper.close()
    house.submitter.close()
    record_accesses(house.log)
    unbelt(house.log.engine)
    return house


def record_accesses(log: Log) -> None:
    """An access log of some days."""
    records = [
        Access(
            at=f"2026-03-0{day}T0{hour}:00:00.000000Z",
            kind="export" if hour == 3 else "view",
            actor="ab" * 16,
            via="password",
            route="pages.entry",
            concerns=f"number={hour}",
            status=200,
            many=1,
            recorder="cd" * 8,
        )
        for day in (1, 2)
        for hour in range(6)
    ]
    with writing(log.engine) as connection:
        append_accesses(connection, log.log_id, [(record, "ef" * 16) for record in records])


def unbelt(engine: Engine) -> None:
    """Take away the triggers, and let rows point to logs that are not there."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            query = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for name in list(connection.execute(query).scalars()):
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            query = text(
                "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f'"
            )
            for table, name in list(connection.execute(query)):
                connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
            for table in metadata.tables:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def other(byte: int) -> bytes:
    """Another byte than this one; a letter of base64 stays one, so that the note still reads."""
    turned = byte ^ 1
    if byte not in BASE64 or turned in BASE64:
        return bytes([turned])
    return b"B" if byte == ord("A") else b"A"


def apply(url: str, table: str, column: str, change: Change) -> None:
    """Change one value, as the database's own shell would: no foreign keys, no questions."""
    engine = create_engine(url)
    with engine.begin() as connection:
        value = change.value
        given: dict[str, object] = {}
        if change.flip is not None:
            query = f"SELECT {column} FROM {table} WHERE {change.where}"
            old = bytes(connection.execute(text(query)).scalars().first())
            place = change.flip % len(old)
            value, given = ":new", {"new": old[:place] + other(old[place]) + old[place + 1 :]}
        sql = text(f"UPDATE {table} SET {column} = {value} WHERE {change.where}")
        assert connection.execute(sql, given).rowcount >= 1
    engine.dispose()


def named(house: House, authority: Authority) -> set[tuple[str, str]]:
    """Everything that opening and auditing says, as (where, code)."""
    engine = open_engine(house.url)
    guard = open_guard(f"sqlite:///{house.folder / 'guard.db'}")
    said: set[tuple[str, str]] = set()
    try:
        try:
            log = open_log(engine, "main", house.log.keyring, guard)
            if log.alarm:
                said |= {("open", alarm_code(log.alarm))}
            log.trust = house.log.trust
            log.alarm = ""
            found = audit(log, certificates=read_certificates(authority.roots))
            said |= {(problem.table, problem.code) for problem in found.problems}
            said |= {("skipped", word) for what in found.skipped for word in what.split()}
        except LedgerError as error:
            said |= {("open", error.code)}
    finally:
        guard.close()
        engine.dispose()
    return said


def alarm_code(alarm: str) -> str:
    words = {
        "holds no checkpoint": "guard-missing",
        "older copy": "behind-guard",
        "another history": "forked-from-guard",
    }
    return next((code for word, code in words.items() if word in alarm), "other")


@pytest.mark.parametrize(("table", "column", "change"), CASES)
def test_a_changed_column_is_named(
    lived: House, authority: Authority, table: str, column: str, change: Change
) -> None:
    guard = f"sqlite:///{lived.folder / 'guard.db'}"
    apply(guard if table == "guard" else lived.url, table, column, change)
    said = named(lived, authority)
    assert set(change.named) <= said


def test_nothing_is_named_before_anything_is_changed(lived: House, authority: Authority) -> None:
    assert named(lived, authority) == set()


def test_the_matrix_has_every_column() -> None:
    tables = {**metadata.tables, **guard_metadata.tables}
    there = {name: set(table.columns.keys()) for name, table in tables.items()}
    assert {name: set(columns) for name, columns in MATRIX.items()} == there


def test_the_document_is_the_matrix() -> None:
    assert (DOCS / "tamper-matrix.md").read_text(encoding="utf-8") == as_markdown()


def test_a_changed_byte_is_another_one_and_a_letter_stays_a_letter() -> None:
    for byte in range(256):
        (changed,) = other(byte)
        assert changed != byte
        assert (changed in BASE64) == (byte in BASE64) or byte not in BASE64

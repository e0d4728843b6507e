"""The PostgreSQL fixtures give a real server and a database of one's own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from tests.tools.postgresql import PostgresServer


def _write_one_row(url: str) -> tuple[str, int]:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE only_mine (n INTEGER NOT NULL)"))
            connection.execute(text("INSERT INTO only_mine VALUES (42)"))
        with engine.connect() as connection:
            number = connection.execute(text("SELECT n FROM only_mine")).scalar_one()
        return engine.dialect.name, number
    finally:
        engine.dispose()


# Both create the same table: the second would fail in the first one's database.
@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_writes_to_an_empty_postgresql_database(postgres_url: str, turn: str) -> None:
    assert _write_one_row(postgres_url) == ("postgresql", 42)


def test_the_same_test_runs_on_both_databases(
    database_url: str, request: pytest.FixtureRequest
) -> None:
    marked = request.node.get_closest_marker("postgres") is not None
    dialect, number = _write_one_row(database_url)
    assert (dialect, number, marked) in {("sqlite", 42, False), ("postgresql", 42, True)}


def test_a_database_is_gone_after_its_test_even_with_a_connection_open(
    postgres_server: PostgresServer,
) -> None:
    name = postgres_server.create()
    assert name in postgres_server.databases()
    engine = create_engine(postgres_server.url(name))
    with engine.connect():
        postgres_server.drop(name)
    engine.dispose()
    assert name not in postgres_server.databases()


def test_the_server_is_not_root(postgres_server: PostgresServer) -> None:
    owner = (postgres_server.folder / "data" / "PG_VERSION").stat().st_uid
    assert owner != 0
    assert os.geteuid() in {0, owner}


def test_a_test_that_uses_postgresql_is_marked_so(
    request: pytest.FixtureRequest, postgres_url: str
) -> None:
    assert request.node.get_closest_marker("postgres") is not None

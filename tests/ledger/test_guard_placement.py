"""A guard that would be put back together with the ledger is found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.audit import audit
from ledger.log import open_log
from ledger.store.database import open_engine
from ledger.store.guards import Shared, open_guard, shared

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.house import House
    from tests.tools.postgresql import PostgresServer


def told(ledger: str, guard: str) -> Shared:
    engine, opened = open_engine(ledger), open_guard(guard)
    try:
        return shared(engine, opened)
    finally:
        opened.close()
        engine.dispose()


def test_the_same_file_is_the_same_under_a_link_or_a_detour(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    ledger.touch()
    (tmp_path / "guard.db").symlink_to(ledger)
    (tmp_path / "other").mkdir()
    ours = f"sqlite:///{ledger}"
    assert told(ours, ours) is Shared.DATABASE
    assert told(ours, f"sqlite:///{tmp_path / 'guard.db'}") is Shared.DATABASE
    assert told(ours, f"sqlite:///{tmp_path / 'other' / '..' / 'ledger.db'}") is Shared.DATABASE
    assert told(ours, f"sqlite:///{tmp_path / 'other' / 'ledger.db'}") is Shared.NOTHING
    assert told(ours, (tmp_path / "guard").as_uri()) is Shared.NOTHING


def test_the_same_postgresql_is_the_same_under_another_address(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    ours, other = postgres_server.create(), postgres_server.create()
    door = tmp_path / "door"
    door.symlink_to(postgres_server.folder)
    url = f"postgresql://postgres@/{ours}?host={door}"
    assert told(postgres_server.url(ours), url) is Shared.DATABASE
    assert told(postgres_server.url(ours), url.replace(ours, other)) is Shared.SERVER
    assert told(postgres_server.url(ours), f"sqlite:///{tmp_path / 'g.db'}") is Shared.NOTHING
    for name in (ours, other):
        postgres_server.drop(name)


def test_a_server_that_is_away_is_told_by_its_address() -> None:
    ours = "postgresql://someone@127.0.0.1:9/ledger"
    assert told(ours, "postgresql://other@127.0.0.1:9/ledger") is Shared.DATABASE
    assert told(ours, "postgresql://other@127.0.0.1:9/guard") is Shared.SERVER
    assert told(ours, "postgresql://other@127.0.0.1:10/ledger") is Shared.NOTHING


@pytest.mark.parametrize("apart", [True, False])
def test_the_verifier_warns_of_a_guard_in_the_ledgers_own_database(
    house: House, apart: bool
) -> None:
    guard = open_guard(f"sqlite:///{house.folder / 'g.db'}" if apart else house.url)
    log = open_log(house.log.engine, "main", house.log.keyring, guard)
    log.begin_guard()
    log = open_log(house.log.engine, "main", house.log.keyring, guard)
    found = audit(log)
    # It verifies: nothing is wrong yet.
    assert found.sound
    assert [("own database" in line) for line in found.warnings] == ([] if apart else [True])
    assert found.as_object()["warnings"] == found.warnings
    guard.close()

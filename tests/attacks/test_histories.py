"""Whole histories put in place of the true one: forks, rollbacks, stolen keys, another log's."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from ledger.audit import audit
from ledger.core.envelope import PAYLOAD_TYPE, parse_envelope, seal
from ledger.core.merkle import leaf_hash
from ledger.errors import OutsideError
from ledger.keys.keyring import create_keyring
from ledger.log import open_log
from ledger.store.database import open_engine
from ledger.store.guards import open_guard
from ledger.submit import Submitter
from tests.attacks.test_matrix import unbelt
from tests.tools.house import House, build, person

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.log import Log


def shut(house: House) -> None:
    house.submitter.close()
    house.log.engine.dispose()
    house.log.guard.close()


def closed(log: Log) -> None:
    log.engine.dispose()
    log.guard.close()


def test_a_rewritten_entry_with_stolen_keys_breaks_the_chain_behind_it(
    sqlite_house: House,
) -> None:
    """The thief signs entry 5 anew and stores its true leaf hash; entry 6 still names the old."""
    house = sqlite_house
    house.fill()
    unbelt(house.log.engine)
    stored = house.log.entry(5).envelope
    payload = parse_envelope(stored).payload.replace(b'"1.1.0"', b'"1.1.9"')
    signer = house.log.keyring.entries
    forged = seal(payload, PAYLOAD_TYPE, signer.keyid, signer.sign)
    with create_engine(house.url).begin() as connection:
        connection.execute(
            text("UPDATE entry SET envelope = :new, leaf_hash = :leaf WHERE sequence = 5"),
            {"new": forged, "leaf": leaf_hash(forged)},
        )
    found = {(p.table, p.sequence, p.code) for p in audit(house.log).problems}
    if forged == stored:
        raise AssertionError("the forgery changed nothing")
    assert ("entry", 6, "chain-broken") in found
    assert any(table == "checkpoint" and code == "root-mismatch" for table, _, code in found)


def test_a_whole_history_rewritten_with_stolen_keys_is_told_by_the_guard_alone(
    tmp_path: Path, sqlite_house: House
) -> None:
    """Everything inside agrees; what was promised outside does not."""
    house = sqlite_house
    shutil.copy(house.folder / "ledger.db", house.folder / "begun.db")
    shutil.copy(house.folder / "guard.db", house.folder / "begun-guard.db")
    for name in ("Bo", "Cy"):
        house.submit(person(name))
    shutil.copy(house.folder / "guard.db", house.folder / "true-guard.db")
    shut(house)
    shutil.copy(house.folder / "begun.db", house.folder / "ledger.db")
    shutil.copy(house.folder / "begun-guard.db", house.folder / "guard.db")
    forged = house.reopened()
    door = Submitter(forged, house.judge, now=house.clock)
    for name in ("Mallory", "Trudy"):
        door.submit(house.service, person(name))
    door.close()
    assert audit(forged).sound
    closed(forged)
    shutil.copy(house.folder / "true-guard.db", house.folder / "guard.db")
    told = house.reopened()
    assert "another history" in told.alarm
    assert {problem.code for problem in audit(told).problems} == {"alarm"}
    closed(told)


def test_database_and_guard_put_back_together_are_noticed_by_nothing_inside(
    sqlite_house: House,
) -> None:
    """Said plainly in the threat model: only what others hold outside tells this."""
    house = sqlite_house
    house.submit(person())
    for name in ("ledger.db", "guard.db"):
        shutil.copy(house.folder / name, house.folder / f"old-{name}")
    house.submit(person("Bo"))
    note = house.log.head().checkpoint
    kept = house.log.read_checkpoint(note)
    shut(house)
    for name in ("ledger.db", "guard.db"):
        shutil.copy(house.folder / f"old-{name}", house.folder / name)
    log = house.reopened()
    assert (log.alarm, audit(log).sound) == ("", True)
    told = audit(log, since=kept)
    assert {problem.code for problem in told.problems} == {"not-a-continuation"}
    assert "older copy" in told.problems[0].sentence
    closed(log)


def test_another_homes_keys_do_not_open_a_log(sqlite_house: House, tmp_path: Path) -> None:
    house = sqlite_house
    house.submit(person())
    stranger = create_keyring(tmp_path / "elsewhere")
    engine, guard = open_engine(house.url), open_guard(f"sqlite:///{house.folder / 'guard.db'}")
    log = open_log(engine, "main", stranger, guard)
    assert log.alarm
    assert not audit(log).sound
    closed(log)


def test_a_log_takes_no_entry_signed_by_another_key_than_its_entries_name(
    sqlite_house: House, tmp_path: Path
) -> None:
    """One key swapped in the home: nothing is signed by it."""
    house = sqlite_house
    size = house.log.head().size
    stranger = create_keyring(tmp_path / "elsewhere")
    house.log.keyring = replace(stranger, wrapping_key=house.log.keyring.wrapping_key)
    with pytest.raises(OutsideError) as refused:
        house.submit(person())
    assert refused.value.code == "key-missing"
    assert house.log.head().size == size
    assert audit(house.log).sound


def test_a_key_swapped_while_the_log_is_open_signs_nothing(
    sqlite_house: House, tmp_path: Path
) -> None:
    """The true key is still in its folder, and is taken again."""
    house = sqlite_house
    stranger = create_keyring(tmp_path / "elsewhere")
    house.log.keyring = replace(house.log.keyring, entries=stranger.entries)
    house.submit(person())
    assert house.log.keyring.entries.public != stranger.entries.public
    assert audit(house.log).sound


def test_entries_of_another_log_with_the_same_keys_are_misplaced(
    sqlite_house: House, tmp_path: Path
) -> None:
    house = sqlite_house
    house.submit(person())
    (tmp_path / "two").mkdir()
    other = build(f"sqlite:///{tmp_path / 'two' / 'ledger.db'}", tmp_path / "two")
    other.submit(person())
    taken = other.log.entry(2).envelope
    unbelt(house.log.engine)
    with create_engine(house.url).begin() as connection:
        connection.execute(
            text("UPDATE entry SET envelope = :new, leaf_hash = :leaf WHERE sequence = 2"),
            {"new": taken, "leaf": leaf_hash(taken)},
        )
    codes = {problem.code for problem in audit(house.log).problems}
    assert {"signature-failed", "chain-broken"} <= codes
    shut(other)


def test_a_back_dated_entry_can_not_hide_behind_its_predecessor(sqlite_house: House) -> None:
    """The clock is set back: the entry keeps its place in time and says what the clock said."""
    house = sqlite_house
    house.submit(person())
    before = house.log.entry(house.log.head().size - 1)
    house.clock.moment = house.clock.moment.replace(year=2020)
    house.submit(person("Bo"))
    after = house.log.entry(house.log.head().size - 1)
    assert after.recorded_at >= before.recorded_at
    assert b'"clock":"2020-' in parse_envelope(after.envelope).payload
    assert audit(house.log).sound

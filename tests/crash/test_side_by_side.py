"""Two logs in one database are recorded side by side and know nothing of each other."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from ledger.audit import audit
from ledger.batch import Asked
from ledger.errors import ConflictError, UnknownSubjectError
from ledger.events.actor import Actor
from ledger.events.assurance import PolicyActivated
from ledger.genesis import create_log
from ledger.keys.keyring import create_keyring
from ledger.store.database import reading, writing
from ledger.store.entries import leaf_hashes, lock_head, read_head
from ledger.submit import Submitter
from tests.tools.house import POLICY, House, build, person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def second(house: House) -> Iterator[House]:
    """Another log in the same database, with keys of its own."""
    log = create_log(
        house.log.engine,
        house.log.guard,
        create_keyring(house.folder / "second" / "keys"),
        name="second",
        origin="counterseal.example/test/second",
        policy=PolicyActivated(policy="test", digest=POLICY, document={"id": "test"}),
        seal_certificate="ef" * 32,
        generator="counterseal test",
        now=house.clock(),
    )
    made = House(
        house.url, house.folder, log, Submitter(log, house.judge), house.judge, house.clock
    )
    yield made
    made.submitter.close()


def test_logs_are_filled_at_the_same_time_and_each_is_whole(house: House, second: House) -> None:
    """The same people, under the same keys: each log has its own of everything."""
    people = [person(f"P{number}") for number in range(40)]
    numbers: dict[str, list[int]] = {"main": [], "second": []}

    def fill(place: House, part: int) -> None:
        for at in range(part, len(people), 4):
            receipt = place.submit(people[at], f"key {at}")
            numbers[place.log.name].append(receipt.sequence)

    filling = [
        threading.Thread(target=fill, args=(place, part))
        for place in (house, second)
        for part in range(4)
    ]
    for thread in filling:
        thread.start()
    for thread in filling:
        thread.join()
    for place in (house, second):
        assert sorted(numbers[place.log.name]) == list(range(2, 42))
        assert audit(place.log).problems == []
        assert place.log.head().size == 42
        assert place.log.entry(2).origin == place.log.origin
        texts = set()
        with place.log.engine.connect() as connection:
            for sequence in range(2, 42):
                found = place.log.vault.read(
                    connection, sequence, place.log.entry(sequence).commitments
                )
                texts.add(found["name"])
        assert texts == {f"P{number}" for number in range(40)}


def test_a_key_or_an_actor_of_one_log_means_nothing_in_the_other(
    house: House, second: House
) -> None:
    mine = house.submit(person("Ana", "aa" * 16), "k")
    theirs = second.submit(person("Bo", "bb" * 16), "k")
    assert (mine.replayed, theirs.replayed) == (False, False)
    with pytest.raises(ConflictError):
        house.submit(person("Bo", "bb" * 16), "k")
    assert house.submit(person("Ana", "aa" * 16), "k").checkpoint == mine.checkpoint
    stranger = Actor(id="bb" * 16, type="person", via="token")
    with pytest.raises(UnknownSubjectError):
        house.submitter.submit(stranger, person())


def test_a_log_that_is_opened_while_others_append_raises_no_false_alarm(house: House) -> None:
    ended = threading.Event()

    def fill() -> None:
        while not ended.is_set():
            house.submit(person())

    filling = [threading.Thread(target=fill) for _ in range(2)]
    for thread in filling:
        thread.start()
    alarms = set()
    for _ in range(40):
        log = house.reopened()
        alarms.add(log.alarm)
        log.engine.dispose()
        log.guard.close()
    ended.set()
    for thread in filling:
        thread.join()
    assert alarms == {""}
    assert audit(house.log).problems == []


@pytest.mark.postgres
def test_what_is_read_in_one_transaction_is_of_one_moment(
    postgres_url: str, tmp_path: Path
) -> None:
    house = build(postgres_url, tmp_path)
    with reading(house.log.engine) as connection:
        before = read_head(connection, house.log.log_id)
        assert house.submit(person()).sequence == before.size
        assert read_head(connection, house.log.log_id) == before
        assert leaf_hashes(connection, house.log.log_id, before.size, before.size + 1) == []
    assert house.log.head().size == before.size + 1
    house.submitter.close()
    house.log.engine.dispose()
    house.log.guard.close()


@pytest.mark.postgres
def test_a_log_whose_head_is_held_does_not_stop_the_other(
    postgres_url: str, tmp_path: Path
) -> None:
    house = build(postgres_url, tmp_path)
    log = create_log(
        house.log.engine,
        house.log.guard,
        create_keyring(tmp_path / "second" / "keys"),
        name="second",
        origin="counterseal.example/test/second",
        policy=PolicyActivated(policy="test", digest=POLICY, document={"id": "test"}),
        seal_certificate="ef" * 32,
        generator="counterseal test",
        now=house.clock(),
    )
    other = Submitter(log, house.judge)
    with writing(house.log.engine) as connection:
        lock_head(connection, house.log.log_id)
        start = time.monotonic()
        service = Actor(id=log.service, type="service", via="service")
        receipts = other.submit_batch(service, [Asked(person()) for _ in range(20)])
        assert time.monotonic() - start < 10
    assert [receipt.sequence for receipt in receipts] == list(range(2, 22))
    assert house.submit(person()).sequence == 2
    other.close()
    house.submitter.close()
    house.log.engine.dispose()
    house.log.guard.close()

"""What an actor may ask for in an hour: refusals can't fill the ledger, whatever is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ledger.allowance import Limits
from ledger.audit import audit
from ledger.errors import LimitError, UnknownSubjectError
from ledger.events.actor import Actor
from ledger.submit import Asked, Submitter
from tests.tools.house import a_model, a_version, person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.receipt import Receipt
    from tests.tools.house import House

ANA, BO = "a1" * 16, "b0" * 16
MOST = 3


@pytest.fixture
def closed(house: House) -> House:
    for one in (ANA, BO):
        house.submit(person(actor_id=one))
    house.judge.refused.add("model.registered")
    return house


@pytest.fixture
def door(closed: House) -> Iterator[Submitter]:
    yield from opened(closed, Limits(refusals=MOST))


def opened(house: House, limits: Limits) -> Iterator[Submitter]:
    made = Submitter(house.log, house.judge, now=house.clock, limits=limits)
    yield made
    made.close()


def ask(door: Submitter, number: int, who: str = ANA, via: str = "token") -> Receipt:
    return door.submit(Actor(id=who, type="person", via=via), a_model(ANA, f"model-{number}"))


def fill(door: Submitter) -> None:
    for number in range(MOST):
        assert ask(door, number).outcome == "deny"


def test_refusals_beyond_the_limit_leave_no_entry(closed: House, door: Submitter) -> None:
    fill(door)
    size = closed.log.head().size
    for number in range(MOST, MOST + 20):
        with pytest.raises(LimitError) as told:
            ask(door, number, via="password")
        assert told.value.code == "too-many-refusals"
        assert 0 < int(told.value.numbers["seconds"]) <= 3600
    assert closed.log.head().size == size
    assert ask(door, 0).replayed, "what is on record is answered from there"


def test_somebody_else_and_what_is_allowed_go_on(closed: House, door: Submitter) -> None:
    fill(door)
    assert ask(door, 9, BO).outcome == "deny"
    closed.judge.refused.clear()
    assert ask(door, 9).outcome == "allow"


def test_the_limit_holds_for_all_processes(closed: House, door: Submitter) -> None:
    fill(door)
    for another in opened(closed, Limits(refusals=MOST)):
        with pytest.raises(LimitError):
            ask(another, 9)


def test_the_next_hour_says_how_many_were_cut(closed: House, door: Submitter) -> None:
    fill(door)
    for number in range(10, 15):
        with pytest.raises(LimitError):
            ask(door, number)
    closed.clock.step = timedelta(hours=1)
    first, second = ask(door, 20), ask(door, 21)
    entry = closed.log.entry(first.sequence)
    assert entry.event.unrecorded == 5
    assert closed.log.entry(second.sequence).event.unrecorded is None
    assert audit(closed.log).problems == []


def test_a_batch_that_goes_beyond_is_not_recorded_and_counts_as_a_whole(
    closed: House, door: Submitter
) -> None:
    size = closed.log.head().size
    ana = Actor(id=ANA, type="person", via="token")
    with pytest.raises(LimitError):
        door.submit_batch(ana, [Asked(a_model(ANA, f"model-{n}")) for n in range(MOST + 1)])
    assert closed.log.head().size == size
    fill(door)
    entry = closed.log.entry(size)
    assert entry.event.unrecorded == MOST + 1


def test_commands_have_a_limit_where_one_is_set(closed: House) -> None:
    closed.judge.refused.clear()
    for door in opened(closed, Limits(commands=MOST)):
        ana = Actor(id=ANA, type="person", via="token")
        assert ask(door, 1).outcome == "allow"
        with pytest.raises(UnknownSubjectError):
            door.submit(ana, a_version(model="nobody-knows"))
        with pytest.raises(LimitError) as told:
            door.submit_batch(ana, [Asked(a_model(ANA, "two")), Asked(a_model(ANA, "three"))])
        assert told.value.code == "too-many-commands"
        assert ask(door, 2).outcome == "allow", "what fits still goes"
        with pytest.raises(LimitError):
            ask(door, 3)
        assert ask(door, 4, BO).outcome == "allow"
        for number in range(MOST + 2):
            door.submit(closed.service, person(actor_id=f"{number:02x}" * 16))
        closed.clock.step = timedelta(hours=1)
        assert ask(door, 3).outcome == "allow"


def test_no_limit_is_none(closed: House) -> None:
    for door in opened(closed, Limits(refusals=0)):
        for number in range(MOST * 3):
            assert ask(door, number).outcome == "deny"

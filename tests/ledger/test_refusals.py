"""Somebody who asks in a loop is answered each time, and recorded once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ledger.audit import audit
from ledger.errors import UnknownSubjectError
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.submit import Asked
from tests.tools.house import a_model, a_version, person

if TYPE_CHECKING:
    from ledger.events.event import Event
    from ledger.receipt import Receipt
    from tests.tools.house import House

ANA, BO = "a1" * 16, "b0" * 16


@pytest.fixture
def closed(house: House) -> House:
    for one in (ANA, BO):
        house.submit(person(actor_id=one))
    house.judge.refused.add("model.registered")
    return house


def ask(house: House, who: str = ANA, event: Event | None = None, key: str = "") -> Receipt:
    actor = Actor(id=who, type="person", via="token")
    return house.submitter.submit(actor, event or a_model(ANA), key)


def test_two_thousand_tries_are_one_entry(closed: House) -> None:
    first = ask(closed)
    size = closed.log.head().size
    actor = Actor(id=ANA, type="person", via="token")
    for _ in range(4):
        asked = [Asked(a_model(ANA)) for _ in range(500)]
        closed.clock.step = timedelta(seconds=2)
        again = closed.submitter.submit_batch(actor, asked)
        assert {one.sequence for one in again} == {first.sequence}
    assert closed.log.head().size == size
    told = ask(closed)
    assert (told.outcome, told.replayed, told.decision) == ("deny", True, first.decision)
    assert told.leaf_hash == first.leaf_hash
    assert audit(closed.log).problems == []


def test_within_one_batch_too(closed: House) -> None:
    actor = Actor(id=ANA, type="person", via="token")
    size = closed.log.head().size
    found = closed.submitter.submit_batch(actor, [Asked(a_model(ANA)) for _ in range(5)])
    assert [one.sequence for one in found] == [size] * 5
    assert [one.replayed for one in found] == [False, True, True, True, True]
    assert closed.log.head().size == size + 1


def test_a_new_key_changes_nothing_and_is_free_for_when_it_is_allowed(closed: House) -> None:
    first = ask(closed, key="one")
    assert ask(closed, key="two").sequence == first.sequence
    assert ask(closed, key="one").sequence == first.sequence
    closed.judge.refused.clear()
    allowed = ask(closed, key="two")
    assert (allowed.outcome, allowed.replayed) == ("allow", False)
    assert ask(closed, key="one").outcome == "deny", "its answer was given"
    assert audit(closed.log).problems == []


def test_somebody_else_another_command_other_reasons_and_later_are_entries(closed: House) -> None:
    seen = [ask(closed).sequence, ask(closed, BO).sequence]
    seen.append(ask(closed, event=a_model(ANA, "other")).sequence)
    closed.clock.step = timedelta(minutes=61)
    seen.append(ask(closed).sequence)
    closed.clock.step = timedelta(seconds=1)
    assert ask(closed).sequence == seen[-1]
    other = Actor(id=ANA, type="person", via="password")
    seen.append(closed.submitter.submit(other, a_model(ANA)).sequence)
    assert len(set(seen)) == len(seen)
    assert audit(closed.log).problems == []


def test_asking_for_many_things_in_turn_is_recorded_once_each(closed: House) -> None:
    models = [a_model(ANA, f"model-{number}") for number in range(12)]
    first = [ask(closed, event=one).sequence for one in models]
    for _ in range(3):
        assert [ask(closed, event=one).sequence for one in models] == first


def test_a_batch_that_was_undone_leaves_no_refusal_to_point_to(closed: House) -> None:
    actor = Actor(id=ANA, type="person", via="token")
    size = closed.log.head().size
    impossible = read_command("version.registered", {**a_version().facts(), "model": "none"})
    with pytest.raises(UnknownSubjectError):
        closed.submitter.submit_batch(actor, [Asked(a_model(ANA)), Asked(impossible)])
    assert closed.log.head().size == size
    assert (ask(closed).sequence, closed.log.head().size) == (size, size + 1)

"""The kept controls follow the entries, and say what a computation from the first entry says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from ledger.errors import ConflictError
from ledger.store import standing as store
from ledger.store.database import reading, writing
from tests.webui.seed import live, seed
from webui.standing import follower as following
from webui.standing.checking import check
from webui.standing.follower import Follower

if TYPE_CHECKING:
    from tests.webui.house import House
    from webui.wiring import Wiring


def _same(wiring: Wiring) -> int:
    position, differences = check(wiring)
    assert differences == ()
    return position


def test_what_is_kept_is_what_the_entries_give_however_it_was_taken(any_house: House) -> None:
    wiring = any_house.wiring
    seeded = seed(any_house)
    follower = Follower(wiring, at_once=3)
    assert follower.catch_up() == any_house.size
    assert _same(wiring) == any_house.size
    live(seeded)
    assert follower.catch_up() == any_house.size
    assert _same(wiring) == any_house.size
    any_house.clock.move(days=400)
    any_house.enrol("Zoe")
    follower.catch_up()
    _same(wiring)
    follower.forget()
    assert Follower(wiring, at_once=1_000).catch_up() == any_house.size
    _same(wiring)


def test_a_row_that_was_changed_by_hand_is_found_and_put_right_by_making_it_again(
    house: House,
) -> None:
    live(seed(house))
    follower = Follower(house.wiring)
    follower.catch_up()
    with writing(house.wiring.engine) as connection:
        connection.execute(text("UPDATE standing_note SET value = replace(value, 'fail', 'pass')"))
    _, differences = check(house.wiring)
    assert differences
    follower.forget()
    follower.catch_up()
    _same(house.wiring)


def test_of_two_who_take_the_same_entries_one_writes_nothing(house: House) -> None:
    seed(house)
    Follower(house.wiring).catch_up()
    log_id = house.wiring.log.log_id
    with pytest.raises(ConflictError), writing(house.wiring.engine) as connection:
        store.move_position(connection, log_id, 0, 5)
    with reading(house.wiring.engine) as connection:
        assert store.read_note(connection, log_id, store.POSITION) == house.size


def test_a_verdict_that_turns_is_kept_with_its_cause(house: House) -> None:
    seeded = seed(house)
    follower = Follower(house.wiring)
    follower.catch_up()
    log_id, control = house.wiring.log.log_id, "soc2-cc8-1-authorised"
    before = house.size
    live(seeded)
    follower.catch_up()
    with reading(house.wiring.engine) as connection:
        newest, first = store.turns_of(connection, log_id, controls=[control], limit=10)
        assert store.verdicts_at(connection, log_id, [control], before) == {
            control: "not_exercised"
        }
    assert (first.before, first.verdict, first.cause) == ("", "not_exercised", "program")
    assert (newest.before, newest.cause) == ("not_exercised", "entries")
    assert newest.position == house.size


def test_other_tests_than_before_make_the_state_anew_and_keep_the_turns(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(seed(house))
    Follower(house.wiring).catch_up()
    log_id = house.wiring.log.log_id
    with reading(house.wiring.engine) as connection:
        before = store.turns_of(connection, log_id, limit=500)
    monkeypatch.setattr(following, "generator", lambda: "counterseal of another day")
    assert Follower(house.wiring).catch_up() == house.size
    _same(house.wiring)
    with reading(house.wiring.engine) as connection:
        assert store.turns_of(connection, log_id, limit=500) == before

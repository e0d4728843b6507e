"""Jobs asked for, seen and cancelled; and a queue that is full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.errors import BusyError, ConflictError, UnknownSubjectError
from ledger.events.actor import Actor
from ledger.store.database import writing
from ledger.store.jobs import forget_ended
from webui.identity.errors import AdministratorError
from webui.issuing import Wanted
from webui.jobs.book import MOST_OF_ONE, MOST_OPEN
from webui.jobs.worker import take

if TYPE_CHECKING:
    from tests.webui.jobs.desk import Desk


def test_the_same_key_is_the_same_job_and_another_wish_is_refused(any_desk: Desk) -> None:
    asked = any_desk.ask("mine")
    assert any_desk.ask("mine") == asked
    assert any_desk.ask("other").number != asked.number
    with pytest.raises(ConflictError) as caught:
        any_desk.ask("mine", Wanted("integrity", "2026-01-01", "2026-11-30"))
    assert caught.value.code == "idempotency-key-reused"


def test_without_a_key_every_wish_is_a_job(desk: Desk) -> None:
    assert desk.ask().number != desk.ask().number


def test_a_job_is_there_for_its_asker_and_overseers_only(desk: Desk) -> None:
    house = desk.seeded.house
    mine = desk.ask(actor=Actor(id=desk.seeded.ana, type="person", via="password"))
    assert desk.book.find(mine.number, desk.seeded.ana) == mine
    assert desk.book.find(mine.number, house.administrator) == mine
    with pytest.raises(UnknownSubjectError):
        desk.book.find(mine.number, desk.seeded.bo)
    assert desk.book.all(desk.seeded.bo) == []
    assert desk.book.all(house.administrator) == [mine]


def test_another_s_job_is_cancelled_by_an_administrator_alone(desk: Desk) -> None:
    mine = desk.ask(actor=Actor(id=desk.seeded.ana, type="person", via="password"))
    with pytest.raises(UnknownSubjectError):
        desk.book.cancel(mine.number, desk.seeded.bo)
    with pytest.raises(AdministratorError):
        desk.book.cancel(mine.number, desk.seeded.chi)
    assert desk.book.cancel(mine.number, desk.seeded.house.administrator).state == "cancelled"


def test_a_job_that_was_cancelled_while_it_waited_is_never_taken(any_desk: Desk) -> None:
    asked = any_desk.ask()
    assert any_desk.book.cancel(asked.number, any_desk.seeded.chi).state == "cancelled"
    assert take(any_desk.wiring) is None
    assert any_desk.issued() == []


def test_a_full_queue_says_so_and_keeps_nothing(desk: Desk) -> None:
    for _ in range(MOST_OF_ONE):
        desk.ask()
    with pytest.raises(BusyError) as caught:
        desk.ask()
    assert caught.value.code == "jobs-full-of-yours"
    others = [Actor(id=f"{one:032x}", type="workload", via="token") for one in range(MOST_OPEN)]
    for one in others[MOST_OF_ONE:]:
        desk.ask(actor=one)
    with pytest.raises(BusyError) as caught:
        desk.ask(actor=others[0])
    assert caught.value.code == "jobs-full"
    assert len(desk.book.all(desk.seeded.chi, limit=500)) == MOST_OPEN


def test_the_queue_has_room_again_when_a_job_has_ended(desk: Desk) -> None:
    first = next(desk.ask() for _ in range(MOST_OF_ONE))
    desk.book.cancel(first.number, desk.seeded.chi)
    assert desk.ask().state == "waiting"


def test_what_ended_is_forgotten_after_90_days_and_its_report_stays(any_desk: Desk) -> None:
    any_desk.ask("mine")
    any_desk.work()
    reports, files = any_desk.issued(), any_desk.files()
    any_desk.seeded.house.clock.move(days=91)
    waits = any_desk.ask("other")
    any_desk.work()
    assert [one.number for one in any_desk.book.all(any_desk.seeded.chi)] == [waits.number]
    assert any_desk.issued()[1:] == reports
    assert set(files) < set(any_desk.files())


def test_a_number_that_comes_back_costs_no_earlier_report_its_file(desk: Desk) -> None:
    desk.ask()
    desk.work()
    kept = desk.files()
    with writing(desk.wiring.engine) as connection:
        assert forget_ended(connection, desk.wiring.log.log_id, "9999")
    again = desk.ask()
    desk.take()
    desk.seeded.house.clock.move(seconds=60)
    desk.work()
    assert (again.number, desk.look(again).attempts) == (1, 2)
    assert set(kept) < set(desk.files())

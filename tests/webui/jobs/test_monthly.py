"""Reports of every month: made once, after downtime too; refused, told, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.errors import InputError, RefusedError, UnknownSubjectError
from ledger.events.actor import Actor
from ledger.store.database import reading, writing
from ledger.store.jobs import forget_ended
from ledger.store.notices import due_deliveries
from ledger.store.report_subscriptions import forget_in_reports
from webui.monthly import Monthly, Said, end, make_due, subscribe, subscriptions

if TYPE_CHECKING:
    from ledger.store.notices import Delivery
    from tests.webui.jobs.desk import Desk


def begin(desk: Desk, *to: str) -> Monthly:
    """Chi has a report made every month; it is 9 March 2026."""
    return subscribe(desk.wiring, desk.chi, Said("integrity", to or (desk.seeded.bo,)))


def look(desk: Desk) -> None:
    make_due(desk.wiring, by_mail=True)


def now(desk: Desk) -> Monthly:
    return subscriptions(desk.wiring, desk.seeded.chi, lambda _: True)[0]


def told(desk: Desk) -> list[Delivery]:
    with reading(desk.wiring.engine) as connection:
        return due_deliveries(connection, desk.wiring.log.log_id, "email", "9999", 100)


def take_role(desk: Desk, actor_id: str, role: str) -> None:
    house = desk.seeded.house
    root = house.api(house.token(house.administrator))
    answer = root.submit("role.revoked", {"actor_id": actor_id, "role": role})
    assert answer.status_code == 201, answer.text


def periods(desk: Desk) -> list[tuple[str, str]]:
    found = desk.wiring.reader.reports()
    return [(one.period_from, one.period_until) for one in reversed(found)]


def test_a_month_is_made_when_it_is_over_and_once(any_desk: Desk) -> None:
    begin(any_desk)
    look(any_desk)
    assert any_desk.book.all(any_desk.seeded.chi) == []
    any_desk.seeded.house.clock.move(days=23)
    look(any_desk)
    look(any_desk)
    assert len(any_desk.book.all(any_desk.seeded.chi)) == 1
    any_desk.work()
    look(any_desk)
    look(any_desk)
    assert periods(any_desk) == [("2026-03-01", "2026-03-31")]
    assert len(any_desk.book.all(any_desk.seeded.chi)) == 1
    kept = now(any_desk).kept
    assert (kept.month, kept.last_month) == ("2026-04", "2026-03")
    assert [kept.result] == any_desk.issued()
    (notice,) = told(any_desk)
    assert notice.subscription_id == f"person/{any_desk.seeded.bo}"
    assert notice.sequence == kept.result


def test_after_downtime_each_missed_month_is_made_once(desk: Desk) -> None:
    begin(desk)
    desk.seeded.house.clock.move(days=85)
    look(desk)
    desk.work()
    # The job is forgotten before anybody looked: the ledger knows the report by its key.
    with writing(desk.wiring.engine) as connection:
        assert forget_ended(connection, desk.wiring.log.log_id, "9999")
    for _ in range(3):
        look(desk)
        look(desk)
        desk.work()
    look(desk)
    assert periods(desk) == [
        ("2026-03-01", "2026-03-31"),
        ("2026-04-01", "2026-04-30"),
        ("2026-05-01", "2026-05-31"),
    ]
    assert now(desk).kept.month == "2026-06"
    assert len(told(desk)) == 3


def test_december_is_followed_by_january(desk: Desk) -> None:
    desk.seeded.house.clock.move(days=280)
    begin(desk)
    desk.seeded.house.clock.move(days=30)
    take_role(desk, desk.seeded.chi, "compliance")
    look(desk)
    assert now(desk).kept.last_month == "2026-12"
    assert now(desk).kept.month == "2027-01"


def test_who_lost_the_role_gets_no_report_and_it_says_why(any_desk: Desk) -> None:
    begin(any_desk)
    take_role(any_desk, any_desk.seeded.chi, "compliance")
    any_desk.seeded.house.clock.move(days=23)
    look(any_desk)
    size = any_desk.seeded.house.size
    look(any_desk)
    assert any_desk.seeded.house.size == size
    kept = now(any_desk).kept
    assert f"The policy does not allow this; entry {size - 1} says why." == kept.failure
    assert (kept.last_month, kept.month, kept.result) == ("2026-03", "2026-04", -1)
    assert any_desk.issued() == []


def test_who_loses_the_role_while_it_is_made_gets_none_either(desk: Desk) -> None:
    begin(desk)
    desk.seeded.house.clock.move(days=23)
    look(desk)
    take_role(desk, desk.seeded.chi, "compliance")
    desk.work()
    look(desk)
    assert "The policy does not allow this" in now(desk).kept.failure
    assert desk.issued() == []


def test_a_recipient_without_access_is_not_taken_and_later_not_told(desk: Desk) -> None:
    house = desk.seeded.house
    nobody = house.enrol("Nel", "nel@example.org")
    with pytest.raises(InputError) as caught:
        begin(desk, desk.seeded.bo, nobody)
    assert caught.value.code == "recipient-without-access"
    with pytest.raises(InputError):
        subscribe(desk.wiring, desk.chi, Said("integrity", ()))
    with pytest.raises(UnknownSubjectError):
        begin(desk, "0" * 32)
    begin(desk, desk.seeded.bo, desk.seeded.ana)
    take_role(desk, desk.seeded.ana, "data_scientist")
    house.clock.move(days=23)
    look(desk)
    desk.work()
    look(desk)
    assert [one.subscription_id for one in told(desk)] == [f"person/{desk.seeded.bo}"]
    assert now(desk).without_access == (desk.seeded.ana,)


def test_one_that_is_ended_makes_nothing_and_cancels_what_waits(any_desk: Desk) -> None:
    made = begin(any_desk)
    any_desk.seeded.house.clock.move(days=23)
    look(any_desk)
    with pytest.raises(UnknownSubjectError):
        end(any_desk.wiring, made.kept.subscription_id, any_desk.seeded.ana, lambda _: False)
    end(any_desk.wiring, made.kept.subscription_id, any_desk.seeded.chi, lambda _: False)
    assert any_desk.book.all(any_desk.seeded.chi)[0].state == "cancelled"
    any_desk.seeded.house.clock.move(days=40)
    look(any_desk)
    assert len(any_desk.book.all(any_desk.seeded.chi)) == 1
    assert any_desk.issued() == []
    assert told(any_desk) == []


def test_a_job_that_is_cancelled_settles_its_month(desk: Desk) -> None:
    begin(desk)
    desk.seeded.house.clock.move(days=23)
    look(desk)
    desk.book.cancel(desk.book.all(desk.seeded.chi)[0].number, desk.seeded.chi)
    look(desk)
    assert now(desk).kept.failure == "Its job was cancelled."
    assert [one.sequence for one in told(desk)] == [-1]


def test_who_may_not_issue_may_not_subscribe(desk: Desk) -> None:
    ana = Actor(id=desk.seeded.ana, type="person", via="password")
    with pytest.raises(RefusedError):
        subscribe(desk.wiring, ana, Said("integrity", (desk.seeded.bo,)))
    with pytest.raises(InputError):
        subscribe(desk.wiring, desk.chi, Said("sample", (desk.seeded.bo,)))
    assert subscriptions(desk.wiring, desk.seeded.chi, lambda _: True) == []


def test_who_is_erased_is_in_none(any_desk: Desk) -> None:
    begin(any_desk, any_desk.seeded.bo, any_desk.seeded.ana)
    log_id = any_desk.wiring.log.log_id
    with writing(any_desk.wiring.engine) as connection:
        forget_in_reports(connection, log_id, any_desk.seeded.ana)
    assert now(any_desk).kept.recipients == (any_desk.seeded.bo,)
    with writing(any_desk.wiring.engine) as connection:
        forget_in_reports(connection, log_id, any_desk.seeded.chi)
    assert subscriptions(any_desk.wiring, any_desk.seeded.chi, lambda _: True) == []

"""The countdown to a sunset: each notice once, to owners and users, through downtime."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from webui.life.retiring import calendar, marks_of

if TYPE_CHECKING:
    from tests.webui.notices.conftest import Office


def deprecated(office: Office, on: str) -> None:
    version = office.wiring.reader.versions("churn", limit=1)[0].version
    api = office.house.api(office.house.token(office.seeded.bo))
    words = {"cause": "quality", "effective_on": on, "reason": "It is worse"}
    told = api.submit("version.deprecated", {"model": "churn", "version": version, **words})
    assert told.status_code == 201, told.text


def mails(office: Office) -> list[tuple[str, str]]:
    office.courier.turn()
    office.house.clock.move(minutes=2)
    office.courier.turn()
    return [
        (mail["Subject"].partition("left")[0].rpartition("] ")[2].strip(), mail["To"])
        for mail in office.mail.mails
        if " left" in mail["Subject"]
    ]


@pytest.mark.parametrize(("notice", "marks"), [(90, (30, 7, 1)), (30, (7, 1)), (7, (1,)), (1, ())])
def test_nobody_is_told_again_of_more_days_than_were_given(
    notice: int, marks: tuple[int, ...]
) -> None:
    assert marks_of(notice) == marks


def test_owners_and_users_are_told_at_30_7_and_1_days_each_once(office: Office) -> None:
    today = office.house.clock.at.date()
    deprecated(office, (today + timedelta(days=40)).isoformat())
    (item,) = calendar(office.wiring).items
    assert item.told_on == tuple((today + timedelta(days=40 - n)).isoformat() for n in (30, 7, 1))
    assert mails(office) == []
    office.house.clock.move(days=10)
    first = mails(office)
    assert {to for _, to in first} == {"ana@example.org", "bo@example.org"}, "owner and requester"
    assert all("30 day" in subject for subject, _ in first)
    assert mails(office) == first, "once"
    office.house.clock.move(days=29)
    later = mails(office)[len(first) :]
    assert {to for _, to in later} == {"ana@example.org", "bo@example.org"}
    assert all("1 day" in subject for subject, _ in later), "after a time away the nearest alone"
    office.house.clock.move(days=1)
    assert len(mails(office)) == 4, "nothing once the day has come"

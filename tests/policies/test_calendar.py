"""Freeze windows, to the second, over nights in which clocks are changed, and as a rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from policies import PolicyError, explain, load_document
from policies.calendar import Freeze
from tests.policies.test_requirements import TEXT, result
from tests.world import Company, World

BERLIN = "Europe/Berlin"
YEAR_END = Freeze(
    id="year-end", title="t", zone=BERLIN, starts="2026-12-18T18:00", ends="2027-01-04T08:00"
)
WEEKEND = Freeze.model_validate(
    {
        "id": "weekend",
        "title": "t",
        "zone": BERLIN,
        "weekly": {"starts": "fri 16:00", "ends": "mon 07:00"},
    }
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "closed"),
    [
        ("2026-12-18T16:59:59.999999", False),
        ("2026-12-18T17:00:00", True),
        ("2027-01-04T06:59:59.999999", True),
        ("2027-01-04T07:00:00", False),
    ],
)
def test_a_window_is_half_open_in_its_own_zone(now: str, closed: bool) -> None:
    assert (YEAR_END.closed_until(utc(now)) is not None) == closed


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-20T14:59:59", None),
        ("2026-11-20T15:00:00", "2026-11-23T06:00:00"),
        ("2026-11-23T05:59:59", "2026-11-23T06:00:00"),
        ("2026-11-23T06:00:00", None),
        # Over the end of a year.
        ("2027-01-01T15:00:00", "2027-01-04T06:00:00"),
        # The clock is put forward on this Sunday, 2026-03-29: the end is at 05:00 UTC.
        ("2026-03-29T12:00:00", "2026-03-30T05:00:00"),
        # And back on 2026-10-25.
        ("2026-10-25T12:00:00", "2026-10-26T06:00:00"),
    ],
)
def test_a_weekly_window_follows_the_clock_on_the_wall(now: str, until: str | None) -> None:
    assert WEEKEND.closed_until(utc(now)) == (utc(until) if until else None)


def test_both_readings_of_an_hour_that_comes_twice_belong_to_the_window() -> None:
    """On 2026-10-25 in Berlin 02:30 is at 00:30 and at 01:30 UTC."""
    begins = Freeze(
        id="n", title="t", zone=BERLIN, starts="2026-10-25T02:30", ends="2026-10-25T09:00"
    )
    ends = Freeze(
        id="n", title="t", zone=BERLIN, starts="2026-10-24T09:00", ends="2026-10-25T02:30"
    )
    assert begins.closed_until(utc("2026-10-25T00:30:00")) is not None
    assert ends.closed_until(utc("2026-10-25T01:29:59")) == utc("2026-10-25T01:30:00")


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 (a zone is added)
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.integers(0, 6),
    st.integers(0, 6),
)
def test_a_weekly_window_is_closed_where_the_wall_says_so(
    moment: datetime, zone: str, first: int, last: int
) -> None:
    """Away from the hours in which clocks change, against a plain reading of the clock."""
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    window = Freeze.model_validate(
        {
            "id": "w",
            "title": "t",
            "zone": zone,
            "weekly": {"starts": f"{days[first]} 12:00", "ends": f"{days[last]} 13:00"},
        }
    )
    now = moment.replace(tzinfo=UTC)
    here = now.astimezone(ZoneInfo(zone))
    minute = here.weekday() * 1440 + here.hour * 60 + here.minute
    starts, ends = first * 1440 + 720, last * 1440 + 780
    inside = starts <= minute < ends if starts < ends else not ends <= minute < starts
    until = window.closed_until(now)
    assert (until is not None) == inside
    if until is not None:
        assert now < until <= now + timedelta(days=8)
        assert window.closed_until(until - timedelta(seconds=1)) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Europe/Berln", "starts": "2026-12-18T18:00", "ends": "2027-01-04T08:00"},
        {"zone": "../../etc/passwd", "starts": "2026-12-18T18:00", "ends": "2027-01-04T08:00"},
        {"zone": BERLIN, "starts": "2026-12-18", "ends": "2027-01-04T08:00"},
        {"zone": BERLIN, "starts": "2026-02-30T10:00", "ends": "2027-01-04T08:00"},
        {"zone": BERLIN, "starts": "2027-01-04T08:00", "ends": "2026-12-18T18:00"},
        {"zone": BERLIN, "starts": "2027-01-04T08:00"},
        {"zone": BERLIN},
        {"zone": BERLIN, "weekly": {"starts": "fri 16:00", "ends": "fri 16:00"}},
        {"zone": BERLIN, "weekly": {"starts": "fri 24:00", "ends": "mon 07:00"}},
        {"zone": BERLIN, "weekly": {"starts": "Freitag 16:00", "ends": "mon 07:00"}},
        {
            "zone": BERLIN,
            "starts": "2026-12-18T18:00",
            "ends": "2027-01-04T08:00",
            "weekly": {"starts": "fri 16:00", "ends": "mon 07:00"},
        },
    ],
)
def test_a_window_that_says_nothing_sure_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Freeze.model_validate({"id": "w", "title": "t", **wrong})


FROZEN = TEXT.replace(
    "opens:\n",
    """calendar:
  - id: weekend
    title: No changes from Friday 16:00 to Monday 07:00
    zone: Europe/Berlin
    weekly: {starts: "fri 16:00", ends: "mon 07:00"}

opens:
""",
    1,
).replace(
    "      - id: approved-bytes\n",
    "      - id: open-hours\n        not_during: [weekend]\n      - id: approved-bytes\n",
    1,
)


def test_a_deployment_in_a_window_is_refused_until_it_ends() -> None:
    company = Company(World(document=load_document(FROZEN)))
    company.released()
    deploy = {
        "model": "churn",
        "version": "1.0.0",
        "environment": "production",
        "artifact": company.world.registry.version("churn", "1.0.0").artifact.sha256,
    }
    company.world.now = utc("2026-11-06T15:00:00")
    decision = company.world.ask("deployment.recorded", company.ci, **deploy)
    assert result(decision, "open-hours").code == "E_FROZEN"
    assert explain(decision, str) == [
        "closed until 2026-11-09 06:00 UTC: No changes from Friday 16:00 to Monday 07:00"
    ]
    company.world.now = utc("2026-11-09T06:00:00")
    assert company.world.ask("deployment.recorded", company.ci, **deploy).allowed


def test_a_window_that_the_calendar_lacks_is_refused_with_what_was_meant() -> None:
    with pytest.raises(PolicyError, match="The calendar has no window weekends") as refused:
        load_document(FROZEN.replace("[weekend]", "[weekends]"))
    assert "weekend" in refused.value.remedy


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"starts": "2026-12-18"}, "must be a local time like 2026-12-18T18:00"),
        ({"zone": "Europe/Berlyn"}, "is no time zone"),
        ({"ends": None}, "give starts and ends, or weekly"),
        ({"ends": "2026-12-18T17:59"}, "it ends before it starts"),
        (
            {"starts": None, "ends": None, "weekly": {"starts": "Fri 16:00", "ends": "mon 07:00"}},
            'must be a time of the week like "fri 16:00"',
        ),
        (
            {"starts": None, "ends": None, "weekly": {"starts": "fri 16:00", "ends": "fri 16:00"}},
            "the window would never end; say when it does",
        ),
    ],
)
def test_a_window_that_is_wrong_is_told_what_would_be_right(
    changed: dict[str, object], sentence: str
) -> None:
    window = {**YEAR_END.model_dump(exclude_none=True), **changed}
    with pytest.raises(ValidationError) as refused:
        Freeze.model_validate({name: value for name, value in window.items() if value is not None})
    assert sentence in refused.value.errors()[0]["msg"]

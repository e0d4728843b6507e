"""Limits of what is asked for: a begun day or minute counts whole, and nothing counts elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events.catalogue import read_command
from policies import limits
from policies.facts import Case
from tests.world import Company

OPENED = {"model": "churn", "environment": "production", "uses": 3, "reason": "An outage"}


def case_of(kind: str, fields: dict[str, Any]) -> Case:
    company = Company()
    world = company.world
    now = "2026-11-01T00:00:00Z"
    return Case(world.document, world.registry, read_command(kind, fields), company.ops, now)


@pytest.mark.parametrize(
    ("until", "review_by", "minutes", "days"),
    [
        ("2026-11-01T01:00:00Z", "2026-11-02T01:00:00Z", 60, 1),
        ("2026-11-01T01:00:01Z", "2026-11-02T01:00:02Z", 61, 2),
        ("2026-11-01T00:00:30Z", "2026-11-01T00:00:31Z", 1, 1),
    ],
)
def test_of_an_exception_begun_days_and_minutes_count_whole(
    until: str, review_by: str, minutes: int, days: int
) -> None:
    case = case_of("exception.opened", {**OPENED, "until": until, "review_by": review_by})
    assert limits.exception_minutes(case) == minutes
    assert limits.exception_review_days(case) == days
    assert limits.exception_uses(case) == 3
    assert limits.delegation_days(case) is None
    assert limits.grant_days(case) is None
    assert limits.grant_unlimited(case) is None


def test_of_another_event_nothing_is_known() -> None:
    case = case_of("exception.closed", {"exception": 1, "account": "Done"})
    assert limits.exception_minutes(case) is None
    assert limits.exception_review_days(case) is None
    assert limits.exception_uses(case) is None

"""How long what belongs to an entry is kept, from when, and what a schedule may not say."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.events.catalogue import read_command
from policies.diff import diff
from policies.document import Document
from policies.errors import PolicyError
from policies.period import end_of, period_in_words
from policies.retention import Duty, Held, duties
from tests.world import Company, shipped_policy


def with_rules(*rules: dict[str, Any]) -> Document:
    return Document.from_canonical({**shipped_policy().canonical(), "retention": list(rules)})


def rule(**more: Any) -> dict[str, Any]:
    return {
        "id": "six", "events": ["release.approved"], "keep": "P6Y", "since": "recorded",
        "basis": "45 CFR 164.316", **more,
    }  # fmt: skip


def test_a_year_ends_on_the_same_day_and_a_leap_day_a_day_later() -> None:
    assert end_of("2026-03-09", "P6Y") == "2032-03-09"
    assert end_of("2028-02-29", "P10Y") == "2038-03-01"
    assert end_of("2026-12-31", "P1D") == "2027-01-01"
    assert [period_in_words(text) for text in ("P1Y", "P180D")] == ["1 year", "180 days"]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 99))
def test_nothing_is_kept_for_less_than_was_asked(day: date, years: int) -> None:
    end = date.fromisoformat(end_of(day.isoformat(), f"P{years}Y"))
    assert timedelta(days=365 * years) <= end - day <= timedelta(days=366 * years)


@pytest.mark.parametrize(
    "wrong",
    [{"keep": "P6M"}, {"keep": "6"}, {"events": ["release.aproved"]}, {"events": []},
     {"since": "ever"}, {"basis": ""}],
)  # fmt: skip
def test_a_schedule_that_means_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(PolicyError):
        with_rules(rule(**wrong))


def test_the_same_rule_twice_is_refused() -> None:
    with pytest.raises(PolicyError, match="stands twice"):
        with_rules(rule(), rule())


def test_a_policy_without_a_schedule_is_written_as_it_always_was() -> None:
    assert "retention" not in shipped_policy().canonical()


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [
        ([], [rule()], "tighter"),
        ([rule()], [], "looser"),
        ([rule()], [rule(keep="P7Y")], "tighter"),
        ([rule()], [rule(keep="P2190D")], "looser"),
        ([rule()], [rule(events=["release.approved", "role.granted"])], "tighter"),
        ([rule()], [rule(basis="Another article")], "same"),
        ([rule()], [rule(since="last_in_use")], "both"),
    ],
)
def test_a_change_of_the_schedule_says_which_way_it_goes(
    before: list[dict[str, Any]], after: list[dict[str, Any]], direction: str
) -> None:
    found = diff(with_rules(*before), with_rules(*after))
    assert [one.direction for one in found] == [direction]


def approval(company: Company, release: int) -> Held:
    fields = {"release": release, "artifact": company.world.registry.release(release).artifact}
    return Held(40, read_command("release.approved", fields), "2026-11-01")


def test_from_its_entry_and_only_what_it_names() -> None:
    company = Company()
    held = approval(company, company.released())
    found = duties(with_rules(rule()), [held], company.world.registry)
    assert found == [Duty("six", "45 CFR 164.316", 40, "2032-11-01")]
    assert not found[0].over("2032-10-31")
    assert found[0].over("2032-11-01")
    other = with_rules(rule(events=["role.granted"]))
    assert duties(other, [held], company.world.registry) == []


def test_what_runs_is_kept_without_end_and_then_from_its_last_day() -> None:
    company = Company()
    world, release = company.world, company.released()
    held = approval(company, release)
    document = with_rules(rule(since="last_in_use"), rule(id="ten", keep="P10Y", since="placed"))
    assert duties(document, [held], world.registry)[-1].until == "2032-11-01"
    of = {"model": "churn", "version": "1.0.0", "environment": "production"}
    world.wait(days=1)
    deployed = world.do("deployment.recorded", company.ops, artifact="c0" * 32, **of)
    found = duties(document, [held], world.registry)
    assert [(one.rule, one.until) for one in found] == [("six", None), ("ten", "2036-11-02")]
    assert not found[0].over("9999-12-31")
    world.wait(days=30)
    fields = {"model": "churn", "environment": "production", "deployment": deployed}
    world.do("deployment.stopped", company.ops, **fields)
    found = duties(document, [held], world.registry)
    assert [(one.rule, one.until) for one in found] == [
        ("ten", "2036-11-02"), ("six", "2032-12-02"),
    ]  # fmt: skip


def test_a_version_that_ran_in_staging_was_in_use_but_not_placed() -> None:
    company = Company()
    world = company.world
    release = world.request(company.ci, environment="staging")
    world.approve(release, company.bo)
    world.grant(release)
    held = approval(company, release)
    document = with_rules(rule(since="last_in_use"), rule(id="ten", keep="P10Y", since="placed"))
    world.wait(days=1)
    of = {"model": "churn", "version": "1.0.0", "environment": "staging"}
    world.do("deployment.recorded", company.ops, artifact="c0" * 32, **of)
    found = duties(document, [held], world.registry)
    assert {one.rule: one.until for one in found} == {"six": None, "ten": "2036-11-01"}

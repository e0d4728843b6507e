"""Simulate: a real past under another policy."""

from __future__ import annotations

from typing import Any

import pytest

from policies import Document, load_document
from policies.simulate import simulate
from tests.past import Past, past_of_everything
from tests.world import SHIPPED, shipped_policy

NOTHING = {"newly_allowed": 0, "newly_refused": 0, "not_decidable": 0}


@pytest.fixture(scope="module")
def past() -> Past:
    return past_of_everything()


def variant(old: str, new: str) -> Document:
    text = SHIPPED.read_text(encoding="utf-8")
    assert text.count(old) == 1, text.count(old)
    return load_document(text.replace(old, new))


def told(past: Past, candidate: Document, **more: Any) -> list[tuple[str, str, int]]:
    found = simulate(past.entries, candidate, **more)
    return [(one.verdict, one.kind, one.entry) for one in found.changes]


def place(past: Past, kind: str, number: int = 0) -> int:
    return [entry.sequence for entry in past.entries if entry.kind == kind][number]


def test_the_policy_in_force_changes_nothing_over_its_own_reign(past: Past) -> None:
    found = simulate(past.entries, shipped_policy())
    assert found.as_object()["numbers"] == NOTHING
    assert found.same == found.decided
    assert found.decided + found.refusals_unknown == sum(
        entry.decision is not None for entry in past.entries
    )
    assert found.releases == []


def test_a_third_approval_refuses_what_two_granted(past: Past) -> None:
    candidate = variant("at_least: 2\n          seats", "at_least: 3\n          seats")
    granted = place(past, "release.granted")
    found = simulate(past.entries, candidate)
    assert told(past, candidate) == [("newly_refused", "release.granted", granted)]
    assert found.by_rule == {("newly_refused", "release-production/review"): 1}
    assert found.by_model == {("newly_refused", "churn"): 1}
    assert found.changes[0].later == -1


def test_fewer_approvals_grant_at_the_approval_that_was_enough(past: Past) -> None:
    candidate = variant(
        "at_least: 2\n          seats: [{role: compliance, at_least: 1}]\n          any_of",
        "at_least: 1\n          any_of",
    )
    first = place(past, "release.approved")
    found = simulate(past.entries, candidate)
    assert told(past, candidate) == [("newly_allowed", "release.granted", first)]
    assert found.changes[0].rules == ("release-production/review",)


def test_what_needs_no_approval_is_granted_when_asked_for_and_does_not_lapse(past: Past) -> None:
    candidate = variant(
        "approvals: {at_least: 1, any_of: [ml_lead, compliance]}",
        "documents: [{type: evaluation_report}]",
    )
    staging = next(
        e.sequence for e in past.entries if getattr(e.event, "environment", "") == "staging"
    )
    lapsed = next(
        entry.sequence
        for entry in past.entries
        if entry.kind == "release.lapsed" and entry.event.release == staging
    )
    assert told(past, candidate) == [
        ("newly_allowed", "release.granted", staging),
        ("newly_allowed", "release.lapsed", lapsed),
    ]


def test_a_metric_that_nobody_recorded_is_not_decidable(past: Past) -> None:
    candidate = variant(
        "        check: evaluation.accuracy >= 0.90\n",
        "        check: evaluation.roc_auc >= 0.80\n",
    )
    assert told(past, candidate) == [
        ("not_decidable", "release.granted", place(past, "release.granted"))
    ]


def test_a_refusal_that_would_have_been_allowed_is_told_first(past: Past) -> None:
    candidate = variant(
        "actor: {any_role: [ml_lead, compliance], service: true}\n      - id: deprecated-before\n"
        '        check: version.state == "deprecated"\n',
        "actor: {any_role: [ml_lead, compliance], service: true}\n      - id: deprecated-before\n"
        '        check: version.state != "archived"\n',
    )
    refused = next(
        entry.sequence
        for entry in past.entries
        if entry.kind == "access.denied" and entry.event.attempted == "version.archived"
    )
    assert told(past, candidate) == [("newly_allowed", "version.archived", refused)]


def test_what_came_before_since_is_not_compared(past: Past) -> None:
    candidate = variant("at_least: 2\n          seats", "at_least: 3\n          seats")
    granted = place(past, "release.granted")
    assert told(past, candidate, since=granted + 1) == []
    assert told(past, candidate, since=granted) == [("newly_refused", "release.granted", granted)]


def test_a_release_that_is_granted_later_says_when(past: Past) -> None:
    candidate = variant(
        "approvals: {at_least: 1, any_of: [ml_lead, compliance]}",
        "approvals: {at_least: 2, any_of: [ml_lead, compliance]}",
    )
    found = simulate(past.entries, candidate)
    (change,) = found.changes
    assert (change.verdict, change.entry) == (
        "newly_refused",
        place(past, "release.granted", 1),
    )
    assert change.later == place(past, "release.approved", 3)


def test_open_releases_say_what_they_lack_before_and_after(past: Past) -> None:
    open_entries = past.entries[: place(past, "release.approved") + 1]
    candidate = variant(
        "at_least: 2\n          seats: [{role: compliance, at_least: 1}]\n          any_of",
        "at_least: 1\n          any_of",
    )
    found = simulate(open_entries, candidate)
    assert [(one.environment, one.status) for one in found.releases] == [("production", "open")]
    (release,) = found.releases
    assert [item.requirement for item in release.before] == ["review"]
    assert release.after == ()


def test_the_table_as_json_has_every_part(past: Past) -> None:
    candidate = variant("at_least: 2\n          seats", "at_least: 3\n          seats")
    said = simulate(past.entries, candidate).as_object()
    assert said["numbers"] == {**NOTHING, "newly_refused": 1}
    assert said["by_rule"]["newly_refused"] == {"release-production/review": 1}
    assert said["changes"][0]["results"][0]["code"] == "E_NEED"
    assert said["size"] == len(past.entries)

"""T1 chain, T2 population, T11 retention, T12 recovery."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from ledger.events.access import Differing
from ledger.events.custody import RestoreTested
from ledger.state.history import replay
from policies.controls.material import Material
from policies.controls.outside import Anchor, Integrity
from policies.controls.primitives import TESTS
from policies.controls.scope import Period, Scope
from tests.policies.controls.examine import YEAR, examine, told, verified
from tests.policies.controls.story import Story

if TYPE_CHECKING:
    from policies.controls.finding import Finding


def _begun() -> Story:
    story = Story().began()
    story.model()
    return story


def _chain(story: Story, integrity: Integrity) -> Finding:
    material = Material(story.history(), Scope(YEAR), integrity)
    return TESTS["T1"].run(material, TESTS["T1"].arguments())


def test_a_whole_verified_and_anchored_ledger_passes() -> None:
    found = examine(_begun(), "T1")
    assert (found.verdict, found.population, found.tested) == ("pass", 10, 10)
    assert found.entries == (0, 9)
    assert "Its root is also held by the guard." in found.sentence


def test_a_ledger_that_nobody_outside_holds_is_insufficient_evidence() -> None:
    found = _chain(_begun(), Integrity(10))
    assert found.verdict == "insufficient_evidence"
    assert found.sentence == (
        "Nobody outside the ledger holds its root at or after the last entry."
    )


def test_an_anchor_before_the_last_entry_is_not_enough() -> None:
    assert _chain(_begun(), Integrity(10, (), (Anchor("w", 9),))).verdict == "insufficient_evidence"


def test_a_verification_of_fewer_entries_is_insufficient_evidence() -> None:
    found = _chain(_begun(), Integrity(4, (), (Anchor("w", 10),)))
    assert (found.verdict, found.tested) == ("insufficient_evidence", 4)


def test_a_problem_of_the_verification_fails() -> None:
    found = _chain(_begun(), Integrity(10, ("Entry 3: the signature is not valid.",)))
    assert (found.verdict, told(found)) == (
        "fail",
        (((), "Entry 3: the signature is not valid."),),
    )


def test_a_hidden_entry_is_seen_by_its_missing_number() -> None:
    story = _begun()
    kept = [entry for entry in story.entries if entry.sequence != 7]
    history = replay(kept)
    material = Material(history, Scope(YEAR), verified(history))
    found = TESTS["T1"].run(material, TESTS["T1"].arguments())
    assert told(found) == (((8,), "Entry 7 is missing before this entry."),)


def test_an_entry_that_was_changed_breaks_the_link_of_the_next() -> None:
    story = _begun()
    story.entries[4] = replace(story.entries[4], leaf=bytes(32))
    found = examine(story, "T1")
    assert told(found) == (((5,), "The link to the entry before does not hold."),)


def test_without_a_list_the_population_is_counted_and_no_more_is_claimed() -> None:
    story = _begun()
    story.clean_change("1.0.0")
    story.clean_change("1.1.0")
    back = story.rolled_back("1.0.0")
    found = examine(story, "T2")
    assert (found.verdict, found.population) == ("insufficient_evidence", 3)
    assert found.entries == (15, 21, back)
    assert found.sentence.startswith(
        "3 production changes recorded in the period (2 deployments, 1 roll-back)"
    )


def test_no_change_and_no_list_is_insufficient_evidence_since_none_may_be_hidden() -> None:
    assert examine(_begun(), "T2").verdict == "insufficient_evidence"


def _differing(how: str, deployment: int | None = None, **place: str) -> Differing:
    fields = {"model": "prices", "version": "1.0.0", "environment": "production"} | place
    return Differing.model_validate(fields | {"how": how, "deployment": deployment})


def test_a_list_that_matches_passes() -> None:
    story = _begun()
    deployed = story.clean_change()["deployed"]
    entry = story.showed("cluster")
    found = examine(story, "T2")
    assert (found.verdict, found.population, found.entries) == ("pass", 1, (deployed, entry))
    assert found.sentence.endswith(f"matches the ledger one to one. Newest list: entry {entry}.")


def test_what_a_list_and_the_ledger_say_differently_is_told_with_both_entries() -> None:
    story = _begun()
    deployed = story.clean_change()["deployed"]
    entry = story.showed(
        "cluster",
        _differing("unexplained", model="odd"),
        _differing("other_version", deployed, version="2.0.0"),
        _differing("other_artifact", deployed),
        _differing("unlisted", deployed),
        _differing("unexplained", environment="staging"),
    )
    found = examine(story, "T2")
    assert found.verdict == "fail"
    assert told(found) == (
        (
            (entry,),
            "cluster shows odd 1.0.0 in production; the ledger does not say that it runs.",
        ),
        (
            (deployed, entry),
            "cluster shows prices 2.0.0 in production, the ledger another version.",
        ),
        (
            (deployed, entry),
            "cluster shows other bytes of prices 1.0.0 in production than were deployed.",
        ),
        (
            (deployed, entry),
            "By the ledger prices 1.0.0 runs in production; cluster does not show it.",
        ),
    )
    assert len(examine(story, "T2", models=("odd",)).exceptions) == 1


def test_of_each_source_the_newest_list_counts_and_only_within_the_period() -> None:
    story = _begun()
    deployed = story.clean_change()["deployed"]
    story.showed("cluster", _differing("unexplained", version="2.0.0"))
    assert examine(story, "T2").verdict == "fail"
    story.showed("cluster")
    assert examine(story, "T2").verdict == "pass"
    story.showed("edge", _differing("unexplained", version="2.0.0"))
    assert examine(story, "T2").verdict == "fail"
    later = Period(date(2026, 4, 1), date(2026, 12, 31))
    stale = examine(story, "T2", period=later)
    assert (stale.verdict, stale.population) == ("insufficient_evidence", 0)
    assert "counterseal inventory" in stale.sentence
    story.on("2026-04-02").showed("cluster")
    again = examine(story, "T2", period=later)
    assert (again.verdict, again.population) == ("pass", 0)
    assert deployed not in again.entries


def test_production_may_be_spread_over_sources_none_of_which_shows_all() -> None:
    story = _begun()
    deployed = story.clean_change()["deployed"]
    story.showed("cluster")
    story.showed("edge", _differing("unlisted", deployed))
    assert examine(story, "T2").verdict == "pass"
    last = story.showed("cluster", _differing("unlisted", deployed))
    assert [one.entries[-1] for one in examine(story, "T2").exceptions] == [last, last - 1]


def test_a_list_older_than_a_deployment_does_not_vouch_for_it() -> None:
    story = _begun()
    story.showed("cluster")
    deployed = story.clean_change()["deployed"]
    entry = story.showed("edge", _differing("unlisted", deployed))
    assert [one.entries for one in examine(story, "T2").exceptions] == [(deployed, entry)]


def test_a_ledger_younger_than_the_horizon_says_since_when_it_covers() -> None:
    found = examine(_begun(), "T11", years=6)
    assert found.verdict == "insufficient_evidence"
    assert "since 2026-03-02" in found.sentence


def test_a_ledger_older_than_the_horizon_passes() -> None:
    period = Period(date(2032, 1, 1), date(2032, 12, 31))
    assert examine(_begun(), "T11", years=6, period=period).verdict == "pass"


def test_a_ledger_that_never_tried_a_restore_is_told_so() -> None:
    found = examine(_begun(), "T12", every_days=92)
    assert (found.verdict, found.human_part) == ("insufficient_evidence", "missing")
    assert "No restore for practice is recorded" in found.sentence


def test_a_long_time_without_a_drill_fails_once_there_was_one() -> None:
    story = _begun()
    story.says(
        "service",
        RestoreTested(
            backup="b0" * 32, position=3, root="be" * 32, behind=0, problems=0, outcome="pass"
        ),
    )
    story.on("2026-12-30").model("later")
    found = examine(story, "T12", every_days=92)
    assert found.verdict == "fail"
    assert "1 gap longer than 92 days" in found.sentence


@pytest.mark.parametrize(("outcome", "verdict"), [("pass", "pass"), ("fail", "fail")])
def test_a_restore_counts_only_if_it_was_found_whole(outcome: str, verdict: str) -> None:
    story = _begun()
    problems = 0 if outcome == "pass" else 2
    story.says(
        "service",
        RestoreTested(
            backup="b0" * 32,
            position=3,
            root="be" * 32,
            behind=0,
            problems=problems,
            outcome=outcome,
        ),
    )
    found = examine(story, "T12", every_days=365)
    assert (found.verdict, found.population) == (verdict, 1)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(Exception, match="ends before it begins"):
        Period(date(2026, 2, 1), date(2026, 1, 1))

"""Properties: nothing hidden goes unseen, and doing things well never makes a verdict worse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import LedgerError
from ledger.state.history import History, replay
from policies.controls.assess import assess
from policies.controls.finding import VERDICTS
from policies.controls.material import Material
from policies.controls.primitives import TESTS
from policies.controls.scope import Scope
from policies.controls.shipped import shipped_framework
from tests.policies.controls.examine import YEAR, verified
from tests.policies.controls.story import Story

if TYPE_CHECKING:
    from policies.controls.finding import Finding

FLAWS = ("none", "self_approved", "unevaluated", "unasked", "machine")


def _told(flaws: list[str]) -> Story:
    """A story in which version 1.N.0 is brought to production with the flaw at N."""
    story = Story().began()
    story.model()
    for number, flaw in enumerate(flaws):
        _change(story, f"1.{number}.0", flaw)
    return story


def _change(story: Story, version: str, flaw: str) -> None:
    if flaw == "none":
        story.clean_change(version)
        return
    more = {"metrics": ()} if flaw == "unevaluated" else {}
    story.version(version, by="ci" if flaw == "machine" else "ana", **more)
    if flaw != "unasked":
        asker = {"machine": "ci", "self_approved": "bo"}.get(flaw, "ana")
        asked = story.asked(version, by=asker)
        story.granted(asked, story.approved(asked, "bo"))
    story.deployed(version)


def _findings(history: History) -> list[Finding]:
    material = Material(history, Scope(YEAR), verified(history))
    return [
        TESTS[test].run(material, TESTS[test].arguments())
        for test in ("T1", "T2", "T3", "T4", "T9")
    ]


@given(st.lists(st.sampled_from(FLAWS), min_size=1, max_size=4), st.data())
def test_hiding_any_entry_is_either_impossible_or_seen(
    flaws: list[str], data: st.DataObject
) -> None:
    story = _told(flaws)
    hidden = data.draw(st.integers(0, len(story.entries) - 1))
    kept = [entry for entry in story.entries if entry.sequence != hidden]
    try:
        history = replay(kept)
    except LedgerError:
        return
    chain = _findings(history)[0]
    last = hidden == len(story.entries) - 1
    assert chain.verdict == "fail" or last
    if last:
        whole = verified(story.history())
        material = Material(history, Scope(YEAR), whole)
        assert _findings(story.history())[1] != TESTS["T2"].run(material, TESTS["T2"].arguments())


@given(st.lists(st.sampled_from(FLAWS), min_size=1, max_size=4), st.data())
def test_hiding_an_entry_of_a_change_changes_what_the_tests_of_changes_say(
    flaws: list[str], data: st.DataObject
) -> None:
    story = _told(flaws)
    before = _findings(story.history())[2:4]
    hidden = data.draw(st.sampled_from(before[0].entries))
    try:
        history = replay([entry for entry in story.entries if entry.sequence != hidden])
    except LedgerError:
        return
    assert _findings(history)[2:4] != before


@given(st.lists(st.sampled_from(FLAWS), max_size=4))
def test_a_further_clean_change_never_turns_a_pass_into_a_fail(flaws: list[str]) -> None:
    story = _told(flaws)
    before = _verdicts(story)
    story.clean_change("9.0.0")
    after = _verdicts(story)
    worse = [
        control
        for control, verdict in before.items()
        if verdict == "pass" and after[control] == "fail"
    ]
    assert worse == []


@given(st.lists(st.sampled_from(FLAWS), min_size=1, max_size=4), st.sampled_from(FLAWS[1:]))
def test_a_further_flawed_change_never_makes_a_verdict_better(flaws: list[str], flaw: str) -> None:
    story = _told(flaws)
    material = _findings(story.history())[2:4]
    _change(story, "9.0.0", flaw)
    for before, after in zip(material, _findings(story.history())[2:4], strict=True):
        assert VERDICTS.index(after.verdict) <= VERDICTS.index(before.verdict)


@given(st.lists(st.sampled_from(FLAWS), min_size=1, max_size=4))
def test_a_change_is_an_exception_exactly_where_it_was_made_badly(flaws: list[str]) -> None:
    order, duties = _findings(_told(flaws).history())[2:4]
    assert len(order.exceptions) == flaws.count("unasked")
    assert len(order.missing) == flaws.count("unevaluated")
    assert len(duties.exceptions) == flaws.count("unasked") + flaws.count("self_approved")
    assert len(duties.missing) == flaws.count("machine")
    assert order.population == duties.population == len(flaws)


def _verdicts(story: Story) -> dict[str, str]:
    history = story.history()
    assessment = assess(shipped_framework("soc2"), history, Scope(YEAR), verified(history))
    return {result.control.id: result.verdict for result in assessment.results}

"""The state that is kept up says at every position what a computation from the beginning says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import LedgerError
from ledger.events.access import Differing
from ledger.events.model import Parent, VersionArchived
from tests.policies.controls.kept_up import KeptUp
from tests.policies.controls.story import Story, data_set, personal
from tests.policies.controls.test_golden_controls import CASES, family, scene_of

if TYPE_CHECKING:
    from policies.controls.assess import Assessment


def _first_of_each_family() -> list[Any]:
    """One case of each family of tests for each verdict: the frameworks are assessed whole."""
    found: dict[tuple[str, str], Any] = {}
    for case in CASES:
        control, place, verdict = case.values
        found.setdefault((family(control.tests[place]), verdict), case)
    return list(found.values())


def _same(kept: KeptUp) -> None:
    for one, other in zip(kept.assessments(), kept.from_the_beginning(), strict=True):
        _same_results(one, other)
        assert one == other


def _same_results(one: Assessment, other: Assessment) -> None:
    for mine, theirs in zip(one.results, other.results, strict=True):
        assert mine == theirs, mine.control.id


@pytest.mark.parametrize(("control", "place", "verdict"), _first_of_each_family())
def test_a_golden_story_comes_to_the_same_entry_by_entry(
    control: Any, place: int, verdict: str
) -> None:
    scene = scene_of(control, place, verdict)
    kept = KeptUp()
    entries = [one for one in scene.story.entries if one.sequence != scene.hidden]
    for number, entry in enumerate(entries, 1):
        kept.takes(entry)
        if number % 7 == 0 or number == len(entries):
            _same(kept)


FLAWS = ("none", "self_approved", "unevaluated", "unasked", "machine")
STEPS = st.one_of(
    st.tuples(st.just("change"), st.sampled_from(FLAWS)),
    st.tuples(st.just("wait"), st.integers(1, 200)),
    st.tuples(
        st.sampled_from(
            ["again", "back", "paper", "late paper", "deprecate", "deny", "link", "child", "report",
             "list", "leave", "join", "archive"]
        ),
        st.integers(0, 3),
    ),
)  # fmt: skip


class Told:
    """A story made of random steps; a step that makes no sense is left out."""

    def __init__(self) -> None:
        self.story = Story().began()
        self.story.model(risk="high")
        self.made = 0

    def step(self, what: str, arg: Any) -> None:
        before = len(self.story.entries)
        try:
            self._step(what, arg)
        except (LedgerError, ValueError):
            assert len(self.story.entries) >= before

    def _step(self, what: str, arg: Any) -> None:
        story, version = self.story, f"1.{arg}.0"
        if what == "change":
            self._change(arg)
        elif what == "wait":
            day = date.fromisoformat(story.day) + timedelta(days=arg)
            story.on(day.isoformat())
        elif what == "again":
            story.deployed(version)
        elif what == "back":
            story.rolled_back(version)
        elif what == "paper":
            until = (date.fromisoformat(story.day) + timedelta(days=40 * arg)).isoformat()
            story.attached("bias_report", version, valid_until=until)
            story.attached("dpia", version)
        elif what == "late paper":
            story.attached("model_card", version)
        elif what == "deprecate":
            soon = (date.fromisoformat(story.day) + timedelta(days=20 * arg)).isoformat()
            story.deprecated(version, soon)
        else:
            self._aside(what, arg)

    def _aside(self, what: str, arg: int) -> None:
        story = self.story
        if what == "deny":
            story.denied()
        elif what == "link":
            story.linked("ana", "bo")
        elif what == "child":
            parent = f"1.{self.made + arg}.0"
            parents = (Parent(model="prices", version=parent, relation="fine_tuned_from"),)
            story.version(f"2.{self.made}.{arg}", parents=parents)
            story.deployed(f"2.{self.made}.{arg}")
        elif what == "archive":
            event = VersionArchived(model="prices", version=f"1.{arg}.0", reason="not used")
            story.says("hal", event)
        elif what == "report":
            story.reported()
        elif what == "list":
            how = ("", "unexplained", "unlisted", "other_version")[arg]
            differs = [
                Differing(model="prices", version="1.0.0", environment="production", how=how)
            ] if how else []  # fmt: skip
            story.showed(("cluster", "edge")[arg % 2], *differs)
        elif what == "leave":
            story.revoked_role("bo", "compliance")
        elif what == "join":
            story.granted_role("bo", "compliance", by=["service", "bo"][arg % 2])

    def _change(self, flaw: str) -> None:
        story, version = self.story, f"1.{self.made}.0"
        self.made += 1
        held = (personal(), data_set()) if self.made % 2 else (data_set(),)
        if flaw == "none":
            story.clean_change(version, data_sets=held)
            return
        more = {"metrics": ()} if flaw == "unevaluated" else {}
        story.version(version, by="ci" if flaw == "machine" else "ana", data_sets=held, **more)
        if flaw != "unasked":
            asker = {"machine": "ci", "self_approved": "bo"}.get(flaw, "ana")
            asked = story.asked(version, by=asker)
            story.granted(asked, story.approved(asked, "bo"))
        story.deployed(version)


@settings(max_examples=25)
@given(st.lists(STEPS, min_size=1, max_size=12), st.data())
def test_any_history_comes_to_the_same_in_steps_of_any_size(
    steps: list[Any], data: st.DataObject
) -> None:
    told = Told()
    for what, arg in steps:
        told.step(what, arg)
    entries, kept = told.story.entries, KeptUp()
    looked = data.draw(st.integers(1, len(entries)))
    at = 0
    while at < len(entries):
        stop = min(at + data.draw(st.integers(1, 9)), len(entries))
        if at < looked:
            stop = min(stop, looked)
        kept.takes(*entries[at:stop])
        at = stop
        if at in {looked, len(entries)}:
            _same(kept)


def test_time_alone_turns_a_verdict_when_a_document_expires() -> None:
    told = Told()
    told.step("change", "none")
    told.step("paper", 1)
    kept = KeptUp()
    kept.takes(*told.story.entries)
    before = min(kept.due())
    told.story.on("2027-06-01").denied()
    kept.takes(told.story.entries[-1])
    assert min(kept.due()) > before
    _same(kept)


def test_a_parent_that_is_registered_later_is_seen_by_its_descendants() -> None:
    told = Told()
    told.step("child", 0)
    kept = KeptUp()
    kept.takes(*told.story.entries)
    _same(kept)
    before = len(told.story.entries)
    told.story.version("1.0.0")
    kept.takes(*told.story.entries[before:])
    _same(kept)


def test_accounts_that_turn_out_to_be_one_person_turn_old_changes() -> None:
    told = Told()
    told.step("change", "none")
    kept = KeptUp()
    kept.takes(*told.story.entries)
    told.step("link", 0)
    kept.takes(told.story.entries[-1])
    assert "approved by the person who asked for it" in str(kept.stored.held)
    _same(kept)


def test_a_data_set_leaves_a_year_after_the_last_version_on_it_was_archived() -> None:
    told = Told()
    told.step("change", "unasked")
    told.step("change", "unasked")
    told.step("archive", 0)
    assert told.story.entries[-1].kind == "version.archived"
    kept = KeptUp()
    for entry in told.story.entries:
        kept.takes(entry)
    _same(kept)
    told.story.on("2027-06-01").denied()
    kept.takes(told.story.entries[-1])
    _same(kept)

"""For every control of every framework a history for each verdict it can have, known by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import LedgerError
from ledger.events.model import DataSet
from ledger.state.aggregates import ModelState
from ledger.state.history import replay
from policies.controls.assess import Result, assess
from policies.controls.outside import Anchor, Integrity
from policies.controls.scope import Period, Scope
from policies.controls.shipped import FRAMEWORKS, shipped_framework
from tests.policies.controls.scenes import FAIL, IDLE, INSUFFICIENT, NEVER, PASS, SCENES, Scene

if TYPE_CHECKING:
    from policies.controls.mapping import Control, Use

PERIOD = Period(date(2026, 1, 1), date(2027, 12, 31))
VERDICTS = (PASS, FAIL, INSUFFICIENT, IDLE)
CONTROLS = [one for name in FRAMEWORKS for one in shipped_framework(name).controls]


def family(use: Use) -> str:
    """Which scenes fit a test with these arguments."""
    args: Any = use.arguments
    if use.test.id == "T4" and args.of == "role_grant":
        return "T4 grants"
    if use.test.id == "T6" and args.of == "organisation":
        return "T6 ours"
    if use.test.id == "T10" and args.rollbacks:
        return "T10 back"
    return use.test.id


def can(use: Use, verdict: str) -> bool:
    """Whether a test can come out so with these arguments."""
    name, args = family(use), use.arguments
    if (name, verdict) == ("T3", INSUFFICIENT):
        return "evaluation" in args.steps
    if (name, verdict) == ("T5", FAIL) and args.subject == "data_set":
        return not all(DataSet.model_fields[one].is_required() for one in args.required)
    if (name, verdict) == ("T14", INSUFFICIENT):
        return bool(args.second_factor)
    return verdict in SCENES[name]


def single(control: Control, place: int) -> Control:
    """A control with one of its tests alone."""
    return replace(control, tests=(control.tests[place],))


CASES = [
    pytest.param(control, place, verdict, id=f"{control.id}-{use.test.id}-{place}-{verdict}")
    for control in CONTROLS
    for place, use in enumerate(control.tests)
    for verdict in VERDICTS
    if can(use, verdict)
]


def outcome(control: Control, scene: Scene, hidden: int | None = None) -> Result:
    left_out = {scene.hidden, hidden} - {None}
    history = replay(one for one in scene.story.entries if one.sequence not in left_out)
    size = history.position
    anchors = (Anchor("the guard", size),) if scene.anchored else ()
    framework = replace(shipped_framework(control.framework), controls=(control,))
    scope = Scope(PERIOD, ahead=True)
    found = assess(framework, history, scope, Integrity(size, (), anchors))
    return found.results[0]


def scene_of(control: Control, place: int, verdict: str) -> Scene:
    use = control.tests[place]
    return SCENES[family(use)][verdict](control, use.arguments)


@pytest.mark.parametrize(("control", "place", "verdict"), CASES)
def test_a_test_of_a_control_comes_out_as_the_scene_says(
    control: Control, place: int, verdict: str
) -> None:
    scene = scene_of(control, place, verdict)
    result = outcome(single(control, place), scene)
    assert result.verdict == verdict, result.sentence
    if not result.findings:
        return  # no version on such data, so no test was run
    (finding,) = result.findings
    assert finding.population == scene.population
    assert tuple(one.entries for one in finding.exceptions) == scene.exceptions
    assert len(finding.missing) == scene.missing


def test_every_verdict_that_has_no_scene_has_a_reason() -> None:
    lacking = {
        (family(use), verdict)
        for control in CONTROLS
        for use in control.tests
        for verdict in VERDICTS
        if not can(use, verdict)
    }
    assert lacking == set(NEVER)


@pytest.mark.parametrize("control", [one for one in CONTROLS if len(one.tests) > 1])
def test_a_control_of_several_tests_is_as_bad_as_the_worst(control: Control) -> None:
    for place, use in enumerate(control.tests):
        if can(use, FAIL):
            assert outcome(control, scene_of(control, place, FAIL)).verdict == FAIL


@given(st.sampled_from(CASES), st.data())
def test_hiding_an_entry_that_a_finding_rests_on_changes_it(case: Any, data: st.DataObject) -> None:
    """Where an entry can be left out at all: mostly the fold itself finds that it lacks."""
    control, place, verdict = case.values
    scene = scene_of(control, place, verdict)
    alone = single(control, place)
    before = outcome(alone, scene)
    if not before.entries:
        return
    hidden = data.draw(st.sampled_from(before.entries))
    try:
        after = outcome(alone, scene, hidden)
    except (LedgerError, ValueError, KeyError, AssertionError):
        return
    assert after != before


@pytest.mark.parametrize(
    ("control", "place"), [(case.values[0], case.values[1]) for case in CASES if case.values[2] == PASS]
)  # fmt: skip
def test_a_further_clean_change_never_turns_a_pass_into_a_fail(
    control: Control, place: int
) -> None:
    scene = scene_of(control, place, PASS)
    if not scene.story.registry.all(ModelState):
        return
    scene.story.clean_change("9.0.0")
    assert outcome(single(control, place), scene).verdict != FAIL

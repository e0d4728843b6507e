"""T3: request, evaluation, approval, deployment, with the same bytes."""

from __future__ import annotations

from ledger.events.decision import Decision
from tests.policies.controls.examine import examine, told
from tests.policies.controls.story import POLICY, Story, digest, metric


def _begun() -> Story:
    story = Story().began()
    story.model()
    return story


def test_a_change_that_followed_the_order_passes_with_every_entry_that_tells_of_it() -> None:
    story = _begun()
    assert story.clean_change() == {
        "registered": 10,
        "asked": 11,
        "first": 12,
        "second": 13,
        "granted": 14,
        "deployed": 15,
    }
    found = examine(story, "T3")
    assert (found.verdict, found.population, found.tested) == ("pass", 1, 1)
    assert found.entries == (10, 11, 12, 13, 14, 15)
    assert found.sentence == (
        "The one production change was asked for, evaluated, approved and then deployed, "
        "with the same bytes throughout."
    )


def test_a_deployment_that_nobody_asked_for_fails() -> None:
    story = _begun()
    story.version()
    deployed = story.deployed()
    found = examine(story, "T3")
    assert (found.verdict, found.population, found.tested) == ("fail", 1, 1)
    assert told(found) == (
        (
            (10, deployed),
            "Deployment of prices 1.0.0 to production (entry 11): nobody asked for this release.",
        ),
    )


def test_a_deployment_after_the_release_lapsed_fails() -> None:
    story = _begun()
    story.version()
    asked = story.asked()
    approved = story.approved(asked)
    story.granted(asked, approved)
    changed = story.attached("bias_report")
    story.lapsed(asked, changed)
    story.deployed()
    found = examine(story, "T3")
    assert found.verdict == "fail"
    assert "no granted release was in force" in found.exceptions[0].sentence


def test_a_grant_without_any_approval_fails() -> None:
    story = _begun()
    story.version()
    story.granted(story.asked())
    story.deployed()
    found = examine(story, "T3")
    assert found.verdict == "fail"
    assert "nobody approved it" in found.exceptions[0].sentence


def test_a_change_that_was_never_evaluated_is_insufficient_evidence_and_not_a_pass() -> None:
    story = _begun()
    place = story.clean_change(metrics=())
    found = examine(story, "T3")
    assert (found.verdict, found.population, found.tested) == ("insufficient_evidence", 1, 0)
    assert found.missing[0].entries == (10, 11, 12, 13, 14, 15)
    assert place["deployed"] in found.missing[0].entries
    assert found.exceptions == ()


def test_an_evaluation_after_the_last_approval_fails() -> None:
    story = _begun()
    story.version(metrics=())
    asked = story.asked()
    approved = story.approved(asked)
    story.granted(asked, approved)
    story.attached("evaluation_report")
    story.deployed()
    found = examine(story, "T3")
    assert found.verdict == "fail"
    assert "evaluated only after the last approval" in found.exceptions[0].sentence


def test_a_measurement_on_training_data_is_no_evaluation() -> None:
    story = _begun()
    story.clean_change(metrics=(metric().model_copy(update={"held_out": False}),))
    assert examine(story, "T3").verdict == "insufficient_evidence"


def test_a_decision_under_a_policy_that_was_not_in_force_fails() -> None:
    story = _begun()
    story.version()
    asked = story.asked()
    story.granted(asked, story.approved(asked))
    story.deployed(decision=Decision(outcome="allow", policy=digest("another"), engine=1))
    found = examine(story, "T3", steps=("deployment",))
    assert found.verdict == "fail"
    assert "a policy that was not in force" in found.exceptions[0].sentence
    assert found.sentence == (
        "1 of 1 production change was not allowed by the policy in force and made of registered "
        "bytes."
    )


def test_a_refused_deployment_that_stands_in_the_ledger_all_the_same_fails() -> None:
    story = _begun()
    story.version()
    asked = story.asked()
    story.granted(asked, story.approved(asked))
    story.deployed(decision=Decision(outcome="deny", policy=POLICY, engine=1))
    assert "the policy had refused it" in examine(story, "T3").exceptions[0].sentence


def test_a_roll_back_to_what_ran_under_a_grant_needs_no_new_release() -> None:
    story = _begun()
    story.clean_change("1.0.0")
    story.clean_change("1.1.0")
    back = story.rolled_back("1.0.0")
    found = examine(story, "T3")
    assert (found.verdict, found.population) == ("pass", 3)
    assert back in found.entries


def test_a_roll_back_to_what_never_ran_under_a_grant_is_judged_as_a_new_change() -> None:
    story = _begun()
    story.version("0.9.0")
    story.clean_change("1.0.0")
    story.rolled_back("0.9.0")
    found = examine(story, "T3")
    assert found.verdict == "fail"
    assert told(found) == (
        (
            (10, 17),
            "Roll-back to prices 0.9.0 to production (entry 17): nobody asked for this release.",
        ),
    )


def test_no_production_change_in_the_period_is_not_exercised() -> None:
    story = _begun()
    story.version()
    story.deployed(to="staging")
    found = examine(story, "T3")
    assert (found.verdict, found.population) == ("not_exercised", 0)
    assert found.sentence == "No production change in the period."


def test_a_grant_that_names_an_approval_which_is_none_fails() -> None:
    story = _begun()
    story.version()
    asked = story.asked()
    story.approved(asked)
    story.granted(asked, asked)
    story.deployed()
    found = examine(story, "T3")
    assert "approvals that are not in the ledger (entry 11)" in found.exceptions[0].sentence

"""T4: no one hand seals a change, or grants itself a role, alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.controls.examine import examine, told
from tests.policies.controls.story import Story


def _begun() -> Story:
    story = Story().began()
    story.model()
    return story


def _change(story: Story, by: str, approver: str, registrant: str = "ana") -> None:
    story.version(by=registrant)
    asked = story.asked(by=by)
    story.granted(asked, story.approved(asked, approver))
    story.deployed()


def test_two_independent_approvals_pass_where_two_are_asked_for() -> None:
    story = _begun()
    story.clean_change()
    found = examine(story, "T4", approvers=2, roles=("compliance", "ml_lead"))
    assert (found.verdict, found.population, found.tested) == ("pass", 1, 1)
    assert found.sentence == (
        "The one production change was approved by 2 persons, none of whom registered the version "
        "or asked for it."
    )


def test_an_approval_by_the_requester_fails_and_names_both_entries() -> None:
    story = _begun()
    _change(story, by="bo", approver="bo")
    found = examine(story, "T4")
    assert found.verdict == "fail"
    assert told(found) == (
        (
            (12, 14),
            (
                "Deployment of prices 1.0.0 to production (entry 14): approved by the person who "
                "asked for it; no independent approval."
            ),
        ),
    )


def test_an_approval_by_the_registrant_fails() -> None:
    story = _begun()
    story.granted_role("ana", "ml_lead")
    _change(story, by="bo", approver="ana")
    found = examine(story, "T4")
    assert found.exceptions[0].sentence.endswith(
        ": approved by the person who registered the version; no independent approval."
    )


def test_an_approver_who_lost_every_role_before_approving_does_not_count() -> None:
    story = _begun()
    story.revoked_role("bo", "compliance")
    _change(story, by="ana", approver="bo")
    found = examine(story, "T4")
    assert found.verdict == "fail"
    assert "an approver held no role at that time" in found.exceptions[0].sentence


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        ({"models": ("prices",)}, "pass"),
        ({"models": ("stock",)}, "fail"),
        ({"tags": ("retail",)}, "pass"),
        ({"tags": ("health",)}, "fail"),
        ({"until": "2026-03-03T00:00:00Z"}, "pass"),
        ({"until": "2026-03-02T00:00:00Z"}, "fail"),
    ],
)
def test_a_role_counts_for_its_models_and_before_its_end(
    limits: dict[str, Any], verdict: str
) -> None:
    """Whatever policy let the approval through: the control looks at it by itself."""
    story = Story().began()
    story.model(tags=("retail",))
    story.revoked_role("bo", "compliance")
    story.on("2026-03-01").granted_role("bo", "compliance", **limits)
    story.on("2026-03-02")
    _change(story, by="ana", approver="bo")
    found = examine(story, "T4", roles=("compliance",))
    assert found.verdict == verdict
    if verdict == "fail":
        assert "an approver held no role at that time" in found.exceptions[0].sentence


def test_a_role_revoked_after_the_approval_does_not_undo_it() -> None:
    story = _begun()
    _change(story, by="ana", approver="bo")
    story.revoked_role("bo", "compliance")
    assert examine(story, "T4", roles=("compliance",)).verdict == "pass"


def test_an_approval_by_a_machine_account_fails() -> None:
    story = _begun()
    story.granted_role("ci", "compliance")
    _change(story, by="ana", approver="ci")
    assert "approved by a machine account" in examine(story, "T4").exceptions[0].sentence


def test_a_change_whose_author_is_a_machine_is_insufficient_evidence() -> None:
    story = _begun()
    _change(story, by="ci", approver="bo", registrant="ci")
    found = examine(story, "T4")
    assert (found.verdict, found.population, found.tested) == ("insufficient_evidence", 1, 0)
    assert "its author is not known" in found.missing[0].sentence


def test_a_person_who_asks_for_what_a_machine_registered_is_known() -> None:
    story = _begun()
    _change(story, by="ana", approver="bo", registrant="ci")
    assert examine(story, "T4").verdict == "pass"


def test_a_deployer_among_the_approvers_fails_only_where_they_must_be_apart() -> None:
    story = _begun()
    story.version()
    asked = story.asked()
    story.granted(asked, story.approved(asked, "hal"))
    story.deployed(by="hal")
    assert examine(story, "T4").verdict == "pass"
    assert examine(story, "T4", deployer_apart=True).verdict == "fail"


def test_a_missing_role_among_the_approvers_fails() -> None:
    story = _begun()
    _change(story, by="ana", approver="bo")
    found = examine(story, "T4", roles=("ml_lead",))
    assert "nobody in the role ml_lead approved" in found.exceptions[0].sentence


def test_nothing_deployed_is_not_exercised() -> None:
    assert examine(_begun(), "T4").verdict == "not_exercised"


def test_a_role_granted_by_its_receiver_fails() -> None:
    story = _begun()
    entry = story.granted_role("bo", "admin", by="bo")
    found = examine(story, "T4", of="role_grant")
    assert (found.verdict, found.population) == ("fail", 4)
    assert told(found) == (((entry,), "Entry 10: the role admin was granted by its receiver."),)


def test_roles_granted_by_others_pass() -> None:
    found = examine(_begun(), "T4", of="role_grant")
    assert (found.verdict, found.population, found.entries) == ("pass", 3, (3, 5, 7))


def test_an_approval_by_another_account_of_the_requester_fails_whenever_that_is_found_out() -> None:
    story = _begun()
    _change(story, by="ana", approver="bo")
    assert examine(story, "T4").verdict == "pass"
    story.linked("ana", "bo")
    found = examine(story, "T4")
    assert found.verdict == "fail"
    assert "approved by the person who asked for it" in found.exceptions[0].sentence


def test_an_author_who_works_by_a_machine_is_known_by_it() -> None:
    story = _begun()
    story.enrolled("robot", kind="workload")
    story.enrolled("eve")
    _change(story, by="robot", approver="bo", registrant="robot")
    assert examine(story, "T4").verdict == "insufficient_evidence"
    story.linked("robot", "eve")
    assert examine(story, "T4").verdict == "pass"
    story.linked("eve", "bo")
    assert examine(story, "T4").verdict == "fail"

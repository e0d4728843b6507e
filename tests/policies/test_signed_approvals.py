"""A rule can ask that approvals are signed by passkeys, and says whose is not."""

from __future__ import annotations

from typing import Any

import pytest

from policies.cases import load_cases
from policies.decide import compile_document, decide_case
from policies.describe import describe
from policies.diff import diff
from policies.doctor import examine
from policies.document import Document, document_digest, load_document
from policies.errors import PolicyError
from policies.reasons import explain
from policies.stage import set_stages
from tests.world import shipped_policy

WITHOUT = "approvals: {at_least: 1, any_of: [ml_lead, compliance]}"
SIGNED = "approvals: {at_least: 1, any_of: [ml_lead, compliance], proof: passkey}"
BOUND = (
    "approvals: {at_least: 1, any_of: [ml_lead, compliance], proof: passkey, device_bound: true}"
)
POLICY = """
format: policy/1
id: signed
title: Signed
summary: Approvals are signed
roles: {ml_lead: Leads, compliance: Complies}
opens: [release.granted]
gates:
  - id: release
    event: release.granted
    title: A release
    require:
      - id: review
        RULE
"""
CASES = """
format: policy-cases/1
people: {leo: {roles: [ml_lead]}, ci: {type: workload}}
defaults:
  model.registered: {model: churn, version_scheme: semantic, task: ranking, risk_tier: high, purposes: [x], owner: "@leo"}
  version.registered:
    model: churn
    version: 1.0.0
    artifact: {sha256: c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0, size_bytes: 1, format: onnx}
    trained_at: "2026-02-28T10:00:00Z"
  release.requested: {model: churn, version: 1.0.0, environment: production}
history:
  - {by: ci, do: model.registered}
  - {by: ci, do: version.registered}
  - {by: ci, do: release.requested, as: r}
cases:
  - id: one
    given: [STEPS]
    try: {by: service, do: release.granted, with: {release: "@r"}}
    expect: allow
"""
_APPROVE = '{by: leo, do: release.approved, with: {release: "@r"}HOW}'
_REVOKE = "{by: leo, do: key.revoked, with: {actor_id: '@leo', credential: c3luY2VkLzAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAx}}"


def policy(rule: str) -> Document:
    return load_document(POLICY.replace("RULE", rule))


def said(rule: str, how: str, *more: str) -> list[str]:
    document = policy(rule)
    steps = ", ".join([_APPROVE.replace("HOW", f", signed: {how}" if how else ""), *more])
    read, lines = load_cases(CASES.replace("STEPS", steps))
    (stage,) = set_stages(read, lines, document, "")
    compiled = compile_document(document, document_digest(document))
    decision = decide_case(compiled, stage.case(document))
    return explain(decision, lambda actor: "leo" if actor.endswith("1") else actor)


@pytest.mark.parametrize(
    ("rule", "how"),
    [(WITHOUT, ""), (WITHOUT, "synced"), (SIGNED, "synced"), (BOUND, "device_bound")],
)
def test_an_approval_that_is_signed_as_asked_counts(rule: str, how: str) -> None:
    assert said(rule, how) == ["approved by leo"]


@pytest.mark.parametrize(
    ("rule", "how", "why"),
    [
        (SIGNED, "", "leo cannot count: the approval is not signed by a passkey"),
        (
            BOUND,
            "synced",
            "leo cannot count: the approval is signed by a passkey that can be copied to other devices",
        ),
    ],
)
def test_whose_approval_is_not_signed_is_told(rule: str, how: str, why: str) -> None:
    (sentence,) = said(rule, how)
    assert why in sentence
    assert "leo can give it" in sentence


def test_a_key_that_was_revoked_before_the_release_was_granted_does_not_count() -> None:
    (sentence,) = said(SIGNED, "synced", _REVOKE)
    assert "the passkey that signed the approval was revoked since" in sentence
    assert said(WITHOUT, "synced", _REVOKE) == ["approved by leo"]


def test_a_bound_key_is_asked_for_with_its_proof() -> None:
    with pytest.raises(PolicyError, match="say proof: passkey too"):
        policy(SIGNED.replace("proof: passkey", "device_bound: true"))


def test_a_proposal_is_not_signed_by_passkeys() -> None:
    text = POLICY.replace("release.granted", "policy.activated").replace("RULE", SIGNED)
    with pytest.raises(PolicyError, match="a passkey signs approvals of releases"):
        load_document(text.replace("roles: {", "roles: {administrator: Rules, "))


@pytest.mark.parametrize(
    ("old", "new", "way"),
    [
        (WITHOUT, SIGNED, "tighter"),
        (SIGNED, BOUND, "tighter"),
        (BOUND, SIGNED, "looser"),
        (SIGNED, WITHOUT, "looser"),
    ],
)
def test_the_difference_says_which_way_it_goes(old: str, new: str, way: str) -> None:
    (found,) = [one for one in diff(policy(old), policy(new)) if one.place == "release"]
    assert found.direction == way
    assert "passkey" in found.sentence


def test_a_rule_says_in_words_what_it_asks() -> None:
    for rule, words in ((SIGNED, "a passkey"), (BOUND, "a passkey that can't be copied")):
        (requirement,) = policy(rule).gates[0].require
        assert describe(requirement).endswith(f"each signed by {words}")


@pytest.mark.parametrize(
    ("rule", "signers", "ill"),
    [
        (WITHOUT, {}, False),
        (SIGNED, {}, True),
        (SIGNED, {"ana": False}, True),
        (SIGNED, {"leo": False}, False),
        (BOUND, {"leo": False}, True),
        (BOUND, {"leo": True}, False),
    ],
)
def test_the_doctor_finds_seats_that_nobody_could_sign_for(
    rule: str, signers: dict[str, bool], ill: bool
) -> None:
    holders: Any = {"ml_lead": {"leo": "person"}, "compliance": {}}
    codes = [one.code for one in examine(policy(rule), holders, signers)]
    assert ("no-passkeys" in codes) is ill


def test_a_document_without_it_keeps_its_digest() -> None:
    """What older entries activated is read back as what they name."""
    fields = shipped_policy().canonical()
    assert "proof" not in str(fields)
    assert Document.from_canonical(fields).canonical() == fields

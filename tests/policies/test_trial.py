"""Cases, stages and mutants, on a small policy of their own."""

from __future__ import annotations

import pytest

from policies import PolicyError, load_document
from policies.cases import load_cases
from policies.decide import compile_document, decide_case
from policies.expression.check import check_condition
from policies.expression.mutants import mutants
from policies.expression.parse import parse
from policies.expression.write import write
from policies.fields import FIELDS
from policies.mutate import mutate
from policies.stage import set_stages
from policies.trial import survivors, try_cases

POLICY = """\
format: policy/1
id: small
title: Small
summary: A policy to try cases on.
roles: {lead: Leads, checker: Checks}
calendar:
  - {id: freeze, title: Freeze, zone: UTC, starts: "2026-03-10T00:00", ends: "2026-03-12T00:00"}
opens: [model.registered, release.granted]
gates:
  - id: register
    event: model.registered
    title: Registering
    require:
      - {id: who, actor: {any_role: [lead]}}
  - id: release
    event: release.granted
    when: target.environment == "production"
    title: Releasing
    require:
      - id: review
        approvals: {at_least: 2, seats: [{role: lead, at_least: 1, after: [checker]}], any_of: [checker]}
      - {id: open, not_during: [freeze]}
      - {id: slow, wait: PT2H}
      - {id: commit, fields: [lineage.code_commit]}
  - id: elsewhere
    event: release.granted
    when: target.environment != "production"
    title: Elsewhere
    warn_until: "2026-03-05"
    require:
      - {id: reported, documents: [{type: card}, {type: report, not_older_than: P3D}]}
"""
CASES = """\
format: policy-cases/1
people: {ana: {roles: [lead]}, bo: {roles: [checker]}}
defaults:
  model.registered: {model: churn, version_scheme: semantic, task: other, risk_tier: low, purposes: [x], owner: "@ana"}
cases:
  - id: a-lead-registers
    try: {by: ana, do: model.registered}
    expect: allow
  - id: $who-does-not
    for: {who: [bo, service]}
    try: {by: $who, do: model.registered}
    expect: deny
    codes: [E_NOROLE]
"""


def tried(cases: str = CASES, policy: str = POLICY):  # noqa: ANN201
    document = load_document(policy)
    read, lines = load_cases(cases, "cases.yaml")
    return document, set_stages(read, lines, document, "cases.yaml")


def test_for_makes_several_cases_each_with_its_line() -> None:
    _, stages = tried()
    assert [(one.expected.id, one.line) for one in stages] == [
        ("a-lead-registers", 6),
        ("bo-does-not", 9),
        ("service-does-not", 9),
    ]
    assert try_cases(*tried()).failures == []


def test_a_case_that_comes_out_otherwise_says_how() -> None:
    wrong = CASES.replace(
        "expect: allow", "expect: deny\n    unmet: [register/who]\n    met: [x/y]"
    )
    (failure,) = try_cases(*tried(wrong)).failures
    assert failure.problems == (
        "expected deny, got allow (all met)",
        "register/who is met, expected unmet",
        "x/y is not asked, expected met",
    )


def test_coverage_names_what_no_case_has_seen() -> None:
    document, stages = tried()
    missing = [what for _, what in try_cases(document, stages).coverage.missing(document)]
    assert "release: when was never not known" in missing
    assert "release/review was never met" in missing
    assert not [what for what in missing if what.startswith("register")]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("by: ana, do", "by: eve, do", "There is nobody called eve"),
        ("do: model.registered}", "do: model.registred}", "There is no such kind"),
        ('"@ana"}', '"@eve"}', "Nothing is called eve"),
        ("task: other, ", "", "Field required"),
        ("expect: allow", "expect: maybe", "Input should be 'allow' or 'deny'"),
        ("id: a-lead-registers", "id: bo-does-not", "stands twice"),
        ("by: ana, do", "by: ana, via: magic, do", "Input should be 'service'"),
        (
            "model.registered}\n    expect",
            "policy.activated, with: {document: 3}}\n    expect",
            "by settings",
        ),
        ("for: {who: [bo, service]}", f"for: {{who: {['bo'] * 3000}}}", "at most 2000 cases"),
        ("    expect: allow\n", "    expect: allow\n    mistake: x\n", "mistake"),
    ],
)
def test_a_wrong_case_is_refused_with_its_reason(old: str, new: str, told: str) -> None:
    assert old in CASES
    with pytest.raises(PolicyError) as caught:
        tried(CASES.replace(old, new, 1))
    assert told in str(caught.value)


def test_every_form_of_requirement_is_mutated_without_being_known_by_name() -> None:
    said = {(one.place, one.what) for one in mutate(load_document(POLICY))}
    assert {
        ("register/who", "lead left out of any_role"),
        ("release", "when left out"),
        ("release", "when turned round"),
        ("release/review", "at_least 2 lowered to 1"),
        ("release/review", "seat of lead left out"),
        ("release/review", "after left out"),
        ("release/review", "checker left out of any_of"),
        ("release/review", "requester left out of not_by"),
        ("release/review", "valid_for P14D lengthened to P15D"),
        ("release/open", "dropped"),
        ("release/slow", "wait PT2H lengthened to PT3H"),
        ("release/commit", "dropped"),
        ("elsewhere", "warn_until left out"),
        ("elsewhere", "warn_until 2026-03-05 moved to 2026-03-06"),
        ("elsewhere/reported", "card left out of documents"),
        ("elsewhere/reported", "not_older_than left out"),
        ("elsewhere/reported", "not_older_than P3D lengthened to P4D"),
        ("calendar/freeze", "starts 2026-03-10T00:00 moved to 2026-03-11T00:00"),
    } <= said


def test_every_part_of_a_quorum_that_nests_is_mutated() -> None:
    old = "{at_least: 2, seats: [{role: lead, at_least: 1, after: [checker]}], any_of: [checker]}"
    new = (
        "{all_of: [{at_least: 2, any_of: [lead]}, {one_of: [{at_least: 1, any_of: [checker]},"
        " {all_of: [{at_least: 1, any_of: [lead]}, {at_least: 1, any_of: [checker]}]}]}]}"
    )
    mutants_of_it = list(mutate(load_document(POLICY.replace(old, new))))
    said = [one.what for one in mutants_of_it if one.place == "release/review"]
    assert {what: said.count(what) for what in set(said)} == {
        "dropped": 1,
        "requester left out of not_by": 1,
        "registrant left out of not_by": 1,
        "valid_for P14D lengthened to P15D": 1,
        "across_policies turned to true": 1,
        "bypass never turned to emergency": 1,
        "may_overlap turned to true": 1,
        "at_least 2 lowered to 1": 1,
        "number 1 left out of all_of": 2,
        "number 2 left out of all_of": 2,
        "number 1 left out of one_of": 1,
        "number 2 left out of one_of": 1,
        "lead left out of any_of": 2,
        "checker left out of any_of": 2,
    }


def test_a_mutant_that_is_noticed_does_not_survive() -> None:
    document, stages = tried()
    number, left = survivors(document, stages)
    assert 0 < len(left) < number
    assert not [one for one in left if one.place.startswith("register")]


def test_every_mutant_can_decide() -> None:
    document, stages = tried()
    for mutant in mutate(document):
        compiled = compile_document(mutant.document, "0" * 64)
        assert mutant.document != document
        assert {
            decide_case(compiled, stage.case(compiled.document)).outcome for stage in stages
        } <= {"allow", "deny"}


CONDITIONS = [
    'target.environment == "production" && !(model.task in ["other", "ranking"])',
    "directory.administrators > 1 || (grant.to_self && has(grant.role))",
    'size(lineage.data_sets) >= 2 && "phi" in version.data_classes',
    'version.registered < timestamp("2026-01-01T00:00:00Z") || evaluation.age_days <= 30',
]


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_condition_written_again_is_the_same(text: str) -> None:
    assert parse(write(parse(text))) == parse(text)


@pytest.mark.parametrize("text", CONDITIONS)
def test_mutants_of_a_condition_are_conditions_and_other_ones(text: str) -> None:
    types = {path: field.type for path, field in FIELDS.items()}
    found = [node for _, node in mutants(parse(text))]
    assert len(found) >= 5
    for node in found:
        assert node != parse(text)
        assert parse(write(node)) == node
    assert len({write(node) for node in found}) == len(found)
    check_condition(parse(text), types)


def test_boundaries_and_thresholds_move() -> None:
    said = {write(node) for _, node in mutants(parse("evaluation.age_days <= 30"))}
    assert said == {
        "evaluation.age_days < 30",
        "evaluation.age_days <= 31",
        "evaluation.age_days <= 29",
    }

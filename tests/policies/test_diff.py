"""Documents by meaning: what differs, which way, and a document in sentences."""

from __future__ import annotations

import pytest

from policies import load_document
from policies.decide import compile_document, decide_case
from policies.diff import diff, verdicts
from policies.directions import merge
from policies.expression.parse import parse
from policies.expression.words import words
from policies.fields import FIELDS
from policies.mutate import mutate
from policies.prose import tell
from tests.policies.test_default_cases import stages
from tests.policies.test_trial import POLICY
from tests.world import SHIPPED, shipped_policy

TEXT = SHIPPED.read_text(encoding="utf-8")


def directions(*changes: tuple[str, str], text: str = TEXT) -> dict[str, str]:
    changed = text
    for old, new in changes:
        assert old in changed, old
        changed = changed.replace(old, new, 1)
    return dict(verdicts(diff(load_document(text), load_document(changed))))


def test_a_document_does_not_differ_from_itself() -> None:
    assert diff(shipped_policy(), shipped_policy()) == []


@pytest.mark.parametrize(
    ("old", "new", "gate", "way"),
    [
        ("accuracy >= 0.90\n", "accuracy >= 0.92\n", "release-production-classification", "tighter"),
        ("accuracy >= 0.90\n", "accuracy > 0.85\n", "release-production-classification", "looser"),
        ("accuracy >= 0.90\n", "roc_auc >= 0.9\n", "release-production-classification", "both"),
        ("at_least: 2\n", "at_least: 3\n", "release-production", "tighter"),
        ("seats: [{role: compliance, at_least: 1}]\n", "seats: []\n", "release-production", "looser"),
        ("any_of: [ml_lead, compliance]}", "any_of: [ml_lead]}", "release-staging", "tighter"),
        ("valid_for: P14D", "valid_for: P7D", "release-production", "tighter"),
        ("not_by: [registrant, requester]\n", "not_by: [registrant]\n", "release-staging", "looser"),
        ("approvals: {at_least: 1, any_of: [ml_lead, compliance]}", "approvals: {one_of: [{at_least: 1, any_of: [ml_lead]}, {at_least: 1, any_of: [compliance]}]}", "release-staging", "same"),
        ("approvals: {at_least: 1, any_of: [ml_lead, compliance]}", "approvals: {one_of: [{at_least: 1, any_of: [ml_lead]}, {at_least: 2, any_of: [compliance]}]}", "release-staging", "tighter"),
        ("approvals: {at_least: 1, any_of: [ml_lead, compliance]}", "approvals: {one_of: [{at_least: 1, any_of: [ml_lead, compliance]}, {at_least: 1, any_of: [operations]}]}", "release-staging", "looser"),
        ("approvals: {at_least: 1, any_of: [ml_lead, compliance]}", "approvals: {may_overlap: true, all_of: [{at_least: 1, any_of: [ml_lead]}, {at_least: 1, any_of: [compliance]}]}", "release-staging", "tighter"),
        ("at_least: 2\n          seats: [{role: compliance, at_least: 1}]\n          any_of: [ml_lead, compliance]\n", "all_of: [{at_least: 1, any_of: [compliance]}, {at_least: 1, any_of: [compliance, ml_lead]}]\n", "release-production", "same"),
        ("at_least: 2\n          seats: [{role: compliance, at_least: 1}]\n          any_of: [ml_lead, compliance]\n", "may_overlap: true\n          all_of: [{at_least: 1, any_of: [compliance]}, {at_least: 1, any_of: [compliance, ml_lead]}]\n", "release-production", "looser"),
        ("within: P30D", "within: P31D", "deploy", "looser"),
        (", within: P365D", "", "roll-back", "looser"),
        ("[{type: evaluation_report}]", "[{type: bias_report}]", "release-production", "both"),
        ("[{type: evaluation_report}]", "[{type: evaluation_report, not_older_than: P9D}]", "release-production", "tighter"),
        ("any_role: [operations, pipeline]}", "any_role: [operations]}", "deploy", "tighter"),
        ("any_role: [operations, pipeline]}", "any_role: [operations, ml_lead]}", "deploy", "both"),
        ("types: [person]}", "types: [person, workload]}", "link-accounts", "looser"),
        (", types: [person]}", "}", "link-accounts", "looser"),
        ("owner: true}", "owner: false}", "deprecate", "tighter"),
        ('when: target.environment == "staging"', 'when: target.environment in ["staging", "test"]', "release-staging", "tighter"),
        ('when: target.environment == "staging"', 'when: target.environment == "test"', "release-staging", "both"),
        ("title: Deploying a version", "title: Deploying", "deploy", "same"),
        ("say: The version differs", "say: The version differs", "", ""),
    ],
)  # fmt: skip
def test_each_change_goes_its_way(old: str, new: str, gate: str, way: str) -> None:
    if gate:
        assert directions((old, new))[gate] == way


def test_gates_and_kinds_that_come_and_go() -> None:
    stop = TEXT[TEXT.index("  - id: stop\n") : TEXT.index("  # Emergencies: ")]
    gone = directions((stop, ""), ("  - deployment.stopped\n", ""))
    assert gone == {"opens": "tighter", "stop": "tighter"}
    staging = TEXT[
        TEXT.index("  - id: release-staging\n") : TEXT.index("  - id: release-production\n")
    ]
    assert directions((staging, "")) == {"release-staging": "looser"}
    added = (
        'x"\n    title: A title\n    require: [{id: who, actor: {service: true}}]\n\n  - id: stop\n'
    )
    gate = f'  - id: late\n    event: deployment.stopped\n    when: target.environment == "{added}'
    assert directions(("  - id: stop\n", gate)) == {"late": "tighter"}
    enrol = TEXT[TEXT.index("  - id: enrol-first\n") : TEXT.index("  - id: grant-role\n")]
    assert directions((enrol, "")) == {"enrol-first": "both"}


def test_a_check_in_other_words_means_the_same() -> None:
    same = directions(
        ('grant.role != "administrator" || directory.administrators > 1',
         'directory.administrators >= 2 || !(grant.role == "administrator")')
    )  # fmt: skip
    assert same == {"revoke-role": "same"}


def test_what_is_called_looser_never_refuses_more_and_tighter_never_allows_more() -> None:
    """Every mutant of the shipped policy, on every case, against what the diff calls it."""
    told = set()
    digest = "0" * 64
    before = compile_document(shipped_policy(), digest)
    answered = [
        (stage, decide_case(before, stage.case(before.document)).allowed) for stage in stages()
    ]
    for mutant in mutate(shipped_policy()):
        way = "same"
        for one in diff(shipped_policy(), mutant.document):
            way = merge(way, one.direction)
        told.add(way)
        after = compile_document(mutant.document, digest)
        for stage, was in answered:
            if mutant.kind not in {"", stage.event.kind}:
                continue
            now = decide_case(after, stage.case(after.document)).allowed
            assert not (way in {"looser", "same"} and was and not now), (mutant.place, mutant.what)
            assert not (way in {"tighter", "same"} and now and not was), (mutant.place, mutant.what)
    assert told >= {"looser", "tighter", "both"}


def test_a_document_is_told_gate_by_gate() -> None:
    sections = tell(load_document(POLICY))
    assert [one.heading for one in sections] == ["Small", "Registering", "Releasing", "Elsewhere"]
    assert sections[2].lead == "Before release.granted where the environment is production:"
    assert "At least 2 hours after it was asked for." in sections[2].sentences
    assert any("only warns" in text for text in sections[3].sentences)
    assert any("2026-03-10 00:00" in text for text in sections[0].sentences)


def test_every_gate_of_the_shipped_policy_has_its_sentences() -> None:
    sections = tell(shipped_policy())[1:]
    for section, gate in zip(sections, shipped_policy().gates, strict=True):
        assert len(section.sentences) >= len(gate.require)
        assert all(text.endswith(".") for text in section.sentences)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("evaluation.accuracy >= 0.90", "accuracy on held-out data is at least 0.90"),
        ("difference.accuracy > -0.01", "accuracy less that of the version that runs there is more than -0.01"),
        ('model.task in ["other", "ranking"]', "the model's task is other or ranking"),
        ('"phi" in version.data_classes', "the classes of its data include phi"),
        ("!(grant.to_self)", "it is not so that the asker is the receiver"),
        ("has(lineage.code_commit) && size(lineage.data_sets) > 0",
         "the code commit is recorded and the number of data sets is more than 0"),
        ('version.registered < timestamp("2026-03-01T00:00:00Z")',
         "the time of its registration is before 2026-03-01 00:00 UTC"),
        ("running.any || (grant.to_self && lineage.code_dirty)",
         "a version of the model runs there or (the asker is the receiver and uncommitted changes went in)"),
    ],
)  # fmt: skip
def test_conditions_are_told_in_words(text: str, told: str) -> None:
    assert words(parse(text)) == told


def test_every_fact_has_a_name_in_words() -> None:
    assert [path for path in FIELDS if words(parse(path)) == path] == []

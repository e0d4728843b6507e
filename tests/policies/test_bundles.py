"""Bundles: they only tighten, they fit together, and each comes with cases that notice mutants."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policies import PolicyError, document_digest, document_text, load_document
from policies.bundle import compose, is_bundle, load_bundle
from policies.cases import load_cases
from policies.controls.shipped import FRAMEWORKS, shipped_framework
from policies.decide import compile_document, decide_case
from policies.diff import diff, verdicts
from policies.doctor import examine
from policies.document import MOST_CANONICAL_BYTES, canonical
from policies.mutate import mutate
from policies.shipped import BUNDLES, shipped_bundle, shipped_policy
from policies.stage import Stage, set_stages
from policies.trial import survivors, try_cases

FOLDER = Path(__file__).parent.parent.parent / "policies" / "bundles"
SMALL = """format: policy-bundle/1
id: small
title: Small
summary: A bundle for a test
source_version: None at all
gates:
  - id: named
    event: version.registered
    title: Named
    require:
      - {id: there, fields: [model.name]}
"""


def stages(name: str) -> list[Stage]:
    found: list[Stage] = []
    document = compose(shipped_policy(), [shipped_bundle(name)])
    for file in sorted((FOLDER / name / "cases").glob("*.yaml")):
        read, lines = load_cases(file.read_text(encoding="utf-8"), file.name)
        found += set_stages(read, lines, document, file.name)
    return found


def test_every_folder_ships() -> None:
    assert {path.parent.name for path in FOLDER.glob("*/bundle.yaml")} == set(BUNDLES)


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_comes_with_cases_that_notice_everything(name: str) -> None:
    document = compose(shipped_policy(), [shipped_bundle(name)])
    base = len(shipped_policy().gates)
    tried = stages(name)
    trial = try_cases(document, tried)
    assert [(one.stage.expected.id, one.problems) for one in trial.failures] == []
    assert [what for _, what in trial.coverage.missing(document, base)] == []
    number, left = survivors(document, tried, since=base)
    assert [(one.place, one.what) for one in left] == []
    of_the_bundle = [m for m in mutate(document) if m.path[0] == "gates" and m.path[1] >= base]  # type: ignore[operator]
    assert number == len(of_the_bundle) > 15


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_only_tightens(name: str) -> None:
    """Gate by gate; and in each of its cases, what it lets through the base lets through too."""
    base = shipped_policy()
    document = compose(base, [shipped_bundle(name)])
    assert set(verdicts(diff(base, document)).values()) <= {"tighter", "same"}
    compiled = compile_document(base, document_digest(base))
    other = compile_document(document, document_digest(document))
    for stage in stages(name):
        if decide_case(other, stage.case(document)).allowed:
            assert decide_case(compiled, stage.case(base)).allowed, stage.expected.id


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_bundles_fit_together_in_any_choice(number: int) -> None:
    for chosen in combinations(BUNDLES, number):
        document = compose(shipped_policy(), [shipped_bundle(name) for name in chosen])
        assert [one.sentence for one in examine(document) if one.level == "error"] == []
        assert len(canonical(document.canonical())) < MOST_CANONICAL_BYTES / 3


@given(st.permutations(BUNDLES))
def test_the_order_of_bundles_decides_nothing(order: list[str]) -> None:
    one = compose(shipped_policy(), [shipped_bundle(name) for name in order])
    other = compose(shipped_policy(), [shipped_bundle(name) for name in BUNDLES])
    assert sorted(one.gates, key=lambda gate: gate.id) == sorted(
        other.gates, key=lambda gate: gate.id
    )
    assert (one.opens, one.roles) == (other.opens, other.roles)


@pytest.mark.parametrize("name", BUNDLES)
def test_every_gate_of_a_bundle_names_a_control_that_exists(name: str) -> None:
    known = {control.id for one in FRAMEWORKS for control in shipped_framework(one).controls}
    for gate in shipped_bundle(name).gates:
        assert gate.controls, gate.id
        ours = [control for control in gate.controls if not control.startswith("eu-ai-act-")]
        assert set(ours) <= known, gate.id


def test_every_gate_of_the_default_names_a_control_that_counts_its_events_as_evidence() -> None:
    """Two gates ask for metrics before a release: their control counts the metrics instead."""
    evidence = {
        control.id: control.evidence
        for one in FRAMEWORKS
        for control in shipped_framework(one).controls
    }
    without = []
    for gate in shipped_policy().gates:
        assert gate.controls, gate.id
        assert set(gate.controls) <= set(evidence), gate.id
        if not any(gate.event in evidence[control] for control in gate.controls):
            without.append(gate.id)
    assert without == ["release-production-classification", "release-production-regression"]
    assert "metrics.observed" in evidence["soc2-pi1-3"]


def test_what_is_composed_can_be_written_and_read_as_one_document() -> None:
    document = compose(shipped_policy(), [shipped_bundle(name) for name in BUNDLES])
    assert load_document(document_text(document)) == document


# What is refused.


def test_a_bundle_is_told_from_a_document() -> None:
    assert is_bundle(SMALL)
    assert not is_bundle(document_text(shipped_policy()))


def test_a_bundle_is_not_put_on_twice() -> None:
    bundle = load_bundle(SMALL, shipped_policy())
    with pytest.raises(PolicyError, match="in the document already"):
        compose(shipped_policy(), [bundle, bundle])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("gates:", "opens: [model.registered]\ngates:", "opens"),
        ("gates:", "approvals_default: {valid_for: P99D}\ngates:", "approvals_default"),
        ("event: version.registered", "event: version.regsitered", "no such kind"),
        ("event: version.registered", "event: release.lapsed", "is not opened"),
        ("[model.name]", "[model.nmae]", "There is no fact"),
        ("gates:", "roles: {compliance: Something else}\ngates:", "says something else"),
        ("policy-bundle/1", "policy-bundle/2", "policy-bundle/1"),
        ("id: named", "id: named\n    mode: allow", "mode"),
    ],
)
def test_a_bundle_that_would_do_more_is_refused(old: str, new: str, says: str) -> None:
    assert old in SMALL
    with pytest.raises(PolicyError) as refused:
        load_bundle(SMALL.replace(old, new, 1), shipped_policy(), "small.yaml")
    assert says in str(refused.value)
    assert str(refused.value).startswith("small.yaml")


def test_a_role_that_base_and_bundle_say_the_same_of_stands_once() -> None:
    about = shipped_policy().roles["compliance"]
    text = SMALL.replace("gates:", f"roles: {{compliance: '{about}'}}\ngates:", 1)
    document = compose(shipped_policy(), [load_bundle(text, shipped_policy())])
    assert document.roles == shipped_policy().roles


def test_a_quorum_takes_what_it_leaves_out_from_the_base() -> None:
    rules = yaml.safe_dump({"at_least": 1, "any_of": ["compliance"]}, default_flow_style=True)
    text = SMALL.replace("event: version.registered", "event: release.granted").replace(
        "{id: there, fields: [model.name]}", f"{{id: there, approvals: {rules.strip()}}}"
    )
    (gate,) = load_bundle(text, shipped_policy()).gates
    assert gate.require[0].approvals is not None
    assert gate.require[0].approvals.not_by == shipped_policy().approvals_default.not_by

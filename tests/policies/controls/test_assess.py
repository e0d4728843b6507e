"""Rows over a history: verdicts combine to the worst, and the numbers add up."""

from __future__ import annotations

from datetime import date

import pytest

from policies.controls.assess import Assessment, Result, assess
from policies.controls.finding import Verdict, worst, worst_human_part
from policies.controls.mapping import load_framework
from policies.controls.scope import Period, Scope
from policies.controls.shipped import FRAMEWORKS, shipped_framework
from tests.policies.controls.examine import YEAR, verified
from tests.policies.controls.story import Story, personal


def _assessed(story: Story, framework: str, scope: Scope | None = None) -> Assessment:
    history = story.history()
    return assess(shipped_framework(framework), history, scope or Scope(YEAR), verified(history))


def _result(assessment: Assessment, control: str) -> Result:
    return next(item for item in assessment.results if item.control.id == control)


def _verdicts(assessment: Assessment) -> dict[str, Verdict]:
    return {item.control.id: item.verdict for item in assessment.results}


def _begun(risk: str = "low") -> Story:
    story = Story().began()
    story.model(risk=risk)
    return story


@pytest.mark.parametrize(
    ("given", "together"),
    [
        (("pass", "pass"), "pass"),
        (("pass", "not_exercised"), "not_exercised"),
        (("not_exercised", "insufficient_evidence", "pass"), "insufficient_evidence"),
        (("pass", "fail", "insufficient_evidence"), "fail"),
        (("pass", "not_applicable"), "pass"),
        (("not_applicable",), "not_applicable"),
        ((), "not_applicable"),
    ],
)
def test_verdicts_combine_to_the_worst(given: tuple[Verdict, ...], together: Verdict) -> None:
    assert worst(given) == together


def test_an_expired_document_is_worse_than_a_missing_one() -> None:
    assert worst_human_part(("attached", "missing", "expired", "none")) == "expired"
    assert worst_human_part(("attached", "none")) == "attached"


def test_soc2_over_one_clean_change_says_what_passed_and_what_is_not_known() -> None:
    story = _begun()
    story.clean_change()
    assessment = _assessed(story, "soc2")
    assert _verdicts(assessment) == {
        "soc2-cc8-1-authorised": "pass",
        "soc2-cc8-1-complete": "insufficient_evidence",
        "soc2-cc8-1-emergency": "not_exercised",
        "soc2-cc5-3": "pass",
        "soc2-cc6-1": "insufficient_evidence",
        "soc2-cc6-2-granted": "pass",
        "soc2-cc6-2-leavers": "insufficient_evidence",
        "soc2-cc6-3": "insufficient_evidence",
        "soc2-cc6-8": "pass",
        "soc2-cc7-2-refusals": "not_exercised",
        "soc2-cc7-2-monitoring": "insufficient_evidence",
        "soc2-cc7-4": "not_exercised",
        "soc2-cc3-4": "not_exercised",
        "soc2-cc2-1": "pass",
        "soc2-cc2-3": "not_exercised",
        "soc2-cc4-1": "insufficient_evidence",
        "soc2-a1-2": "insufficient_evidence",
        "soc2-pi1-2": "pass",
        "soc2-pi1-3": "pass",
        "soc2-cc1-1": "insufficient_evidence",
        "soc2-cc1-3": "insufficient_evidence",
        "soc2-cc1-5": "insufficient_evidence",
        "soc2-cc5-1": "insufficient_evidence",
        "soc2-cc7-1": "insufficient_evidence",
        "soc2-cc7-3": "not_exercised",
        "soc2-cc7-5": "insufficient_evidence",
        "soc2-cc9-2": "insufficient_evidence",
        "soc2-a1-3": "insufficient_evidence",
        "soc2-pi1-4": "pass",
        "soc2-pi1-5": "pass",
        "soc2-c1-1": "insufficient_evidence",
        "soc2-c1-2": "not_exercised",
    }
    assert assessment.counts() == {
        "fail": 0,
        "insufficient_evidence": 16,
        "not_exercised": 7,
        "pass": 9,
        "not_applicable": 0,
    }
    assert (assessment.position, assessment.as_of) == (16, "2026-03-02T00:00:15.000000Z")


def test_one_control_carries_the_findings_of_all_its_tests() -> None:
    story = _begun()
    story.version()
    asked = story.asked(by="bo")
    story.granted(asked, story.approved(asked, "bo"))
    story.deployed()
    found = _result(_assessed(story, "soc2"), "soc2-cc8-1-authorised")
    assert [finding.test for finding in found.findings] == ["T3", "T4"]
    assert [finding.verdict for finding in found.findings] == ["pass", "fail"]
    assert found.verdict == "fail"
    assert found.sentence.startswith("1 of 1 production change was not approved by")
    assert (found.population, found.entries) == (1, (10, 11, 12, 13, 14))


def test_gdpr_over_personal_data_without_papers_fails_where_fields_are_missing() -> None:
    story = _begun()
    held = personal().model_copy(update={"legal_basis": None})
    story.clean_change(data_sets=(held,))
    verdicts = _verdicts(_assessed(story, "gdpr"))
    assert verdicts["gdpr-6"] == "fail"
    assert verdicts["gdpr-30"] == "fail"
    assert verdicts["gdpr-5-1-e"] == "pass"
    assert verdicts["gdpr-35"] == "insufficient_evidence"
    assert verdicts["gdpr-9"] == "not_exercised"
    assert verdicts["gdpr-25"] == "pass"
    assert verdicts["gdpr-44"] == "fail"


def test_hipaa_without_health_data_exercises_none_of_its_rows() -> None:
    story = _begun()
    story.clean_change()
    found = _result(_assessed(story, "hipaa"), "hipaa-514")
    assert (found.verdict, found.findings) == ("not_exercised", ())
    assert found.sentence == "No version in scope is recorded as trained on health data (PHI)."


def test_hipaa_over_de_identified_health_data_passes_its_rows() -> None:
    story = _begun()
    story.clean_change(data_sets=(personal("patients", "phi"),))
    verdicts = _verdicts(_assessed(story, "hipaa"))
    assert verdicts["hipaa-514"] == "pass"
    assert verdicts["hipaa-312-c-1"] == "pass"
    assert verdicts["hipaa-308-a-1-ii-a"] == "insufficient_evidence"
    assert verdicts["hipaa-502-b"] == "insufficient_evidence"
    assert verdicts["hipaa-316-b-2"] == "insufficient_evidence"


def test_a_model_out_of_scope_is_not_counted() -> None:
    story = _begun()
    story.model("claims")
    story.clean_change(of="claims")
    whole = _assessed(story, "soc2")
    prices = _assessed(story, "soc2", Scope(YEAR, ("prices",)))
    assert _result(whole, "soc2-cc8-1-authorised").population == 1
    assert _result(prices, "soc2-cc8-1-authorised").verdict == "not_exercised"


def test_a_change_after_the_period_is_not_counted() -> None:
    story = _begun()
    story.on("2026-04-01").clean_change()
    march = Scope(Period(date(2026, 3, 1), date(2026, 3, 31)))
    assert _result(_assessed(story, "soc2", march), "soc2-cc8-1-authorised").verdict == (
        "not_exercised"
    )


def test_a_row_that_applies_only_later_is_not_applicable() -> None:
    text = """
format: controls/1
framework: later
short: Later
title: A rule to come
source_version: draft
applies_from: "2030-01-01"
notice: Ours.
controls:
  - id: later-1
    ref: "1"
    title: Whole
    question: Is it whole?
    tests: [{use: T1}]
    evidence: [log.created]
    human: []
    exceptions_allowed: false
"""
    history = _begun().history()
    assessment = assess(load_framework(text), history, Scope(YEAR), verified(history))
    assert assessment.results[0].verdict == "not_applicable"
    assert assessment.results[0].sentence == "Applies from 2030-01-01, after the period."


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_same_history_gives_an_equal_assessment(framework: str) -> None:
    story = _begun("high")
    story.clean_change("1.0.0", data_sets=(personal(),))
    story.clean_change("1.1.0")
    story.rolled_back("1.0.0")
    assert _assessed(story, framework) == _assessed(story, framework)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_no_control_passes_on_an_empty_population(framework: str) -> None:
    for result in _assessed(_begun(), framework).results:
        for finding in result.findings:
            assert not (finding.verdict == "pass" and finding.population == 0), result.control.id


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_result_says_a_sentence_and_never_that_somebody_is_compliant(framework: str) -> None:
    story = _begun("high")
    story.clean_change(data_sets=(personal(), personal("patients", "phi")))
    story.denied()
    for result in _assessed(story, framework).results:
        assert result.sentence.endswith(".")
        assert "complian" not in result.sentence.lower().replace("compliance", "")


def test_a_ledger_without_entries_is_not_assessed() -> None:
    history = Story().history()
    with pytest.raises(ValueError, match="nothing to assess"):
        assess(shipped_framework("soc2"), history, Scope(YEAR), verified(history))

"""T5 fields, T6 documents, T7 cadence, T9 lineage."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.errors import ConflictError
from ledger.events.model import Parent
from policies.controls.scope import Period
from tests.policies.controls.examine import examine, told
from tests.policies.controls.story import CODE, Story, data_set, personal

PEOPLE = ("personal", "special_category", "phi")


def _begun(**more: Any) -> Story:
    story = Story().began()
    story.model(**more)
    return story


def test_a_personal_data_set_that_says_everything_passes() -> None:
    story = _begun()
    entry = story.version(data_sets=(personal(),))
    found = examine(
        story,
        "T5",
        subject="data_set",
        required=("legal_basis", "purposes", "region", "retain_until"),
        data=PEOPLE,
    )
    assert (found.verdict, found.population, found.entries) == ("pass", 1, (entry,))


def test_a_personal_data_set_without_legal_basis_fails_and_says_what_is_missing() -> None:
    story = _begun()
    entry = story.version(data_sets=(data_set("customers", "personal", purposes=("pricing",)),))
    found = examine(
        story, "T5", subject="data_set", required=("legal_basis", "purposes"), data=PEOPLE
    )
    assert told(found) == (((entry,), "Data set customers 1 (personal): no legal basis."),)
    assert found.verdict == "fail"


def test_a_data_set_that_is_not_personal_needs_no_legal_basis() -> None:
    story = _begun()
    story.version()
    found = examine(story, "T5", subject="data_set", required=("legal_basis",), data=PEOPLE)
    assert (found.verdict, found.population) == ("not_exercised", 0)


def test_a_field_that_the_ledger_has_no_place_for_is_insufficient_evidence() -> None:
    story = _begun()
    story.version(data_sets=(personal("patients", "special_category"),))
    found = examine(story, "T5", subject="data_set", required=("art9_condition",), data=PEOPLE)
    assert (found.verdict, found.tested, found.human_part) == (
        "insufficient_evidence",
        0,
        "missing",
    )
    assert found.sentence.endswith(
        "The ledger has no place for: condition for special-category data."
    )


def test_health_data_that_was_not_de_identified_fails() -> None:
    story = _begun()
    held = personal("patients", "phi").model_copy(update={"de_identification": "none"})
    story.version(data_sets=(held,))
    found = examine(
        story,
        "T5",
        subject="data_set",
        required=("de_identification",),
        data=("phi",),
        admitted={"de_identification": ("safe_harbor", "expert_determination")},
    )
    assert found.exceptions[0].sentence == (
        "Data set patients 1 (phi): method of de-identification is none."
    )


def test_a_data_set_used_by_two_versions_is_one_item_with_two_entries() -> None:
    story = _begun()
    first = story.version("1.0.0", data_sets=(personal(),))
    second = story.version("1.1.0", data_sets=(personal(),))
    found = examine(story, "T5", subject="data_set", required=("legal_basis",))
    assert (found.population, found.entries) == (1, (first, second))


def test_a_refused_attempt_that_says_why_passes() -> None:
    story = _begun()
    entry = story.denied()
    found = examine(story, "T5", subject="denial", required=("attempted", "reasons"))
    assert (found.verdict, found.entries) == ("pass", (entry,))


def test_a_production_deployment_without_a_region_fails() -> None:
    story = _begun()
    place = story.clean_change(data_sets=(personal(),))
    found = examine(story, "T5", subject="deployment", required=("region",), data=PEOPLE)
    assert (found.verdict, found.exceptions[0].entries) == ("fail", (place["deployed"],))


def _with_dpia(valid_until: str | None = None, late: bool = False) -> Story:
    story = _begun()
    story.version(data_sets=(personal(),))
    if not late:
        story.attached("dpia", valid_until=valid_until)
    asked = story.asked()
    story.granted(asked, story.approved(asked))
    story.deployed()
    if late:
        story.attached("dpia")
    return story


def test_an_impact_assessment_attached_before_the_first_deployment_passes() -> None:
    found = examine(_with_dpia(), "T6", types=("dpia",), data=PEOPLE)
    assert (found.verdict, found.population, found.human_part) == ("pass", 1, "attached")
    assert found.entries == (10, 11, 15)


def test_an_impact_assessment_attached_afterwards_fails() -> None:
    found = examine(_with_dpia(late=True), "T6", types=("dpia",), data=PEOPLE)
    assert found.verdict == "fail"
    assert told(found) == (
        (
            (14, 15),
            "prices 1.0.0: impact assessment (DPIA) attached in entry 15, after the first production deployment (entry 14).",
        ),
    )


def test_no_impact_assessment_at_all_is_insufficient_evidence() -> None:
    story = _begun()
    story.clean_change(data_sets=(personal(),))
    found = examine(story, "T6", types=("dpia",), data=PEOPLE)
    assert (found.verdict, found.tested, found.human_part) == (
        "insufficient_evidence",
        0,
        "missing",
    )
    assert found.missing[0].entries == (10, 15)


def test_an_impact_assessment_that_expired_before_the_deployment_fails() -> None:
    found = examine(_with_dpia(valid_until="2026-03-01"), "T6", types=("dpia",))
    assert (found.verdict, found.human_part) == ("fail", "expired")


def test_an_impact_assessment_that_expired_while_the_version_ran_fails() -> None:
    story = _with_dpia(valid_until="2026-05-01")
    story.on("2026-06-01").denied()
    found = examine(story, "T6", types=("dpia",))
    assert "expired while the version was in use" in found.exceptions[0].sentence


def test_no_version_with_personal_data_in_production_is_not_exercised() -> None:
    story = _begun()
    story.clean_change()
    assert examine(story, "T6", types=("dpia",), data=PEOPLE).verdict == "not_exercised"


def test_a_low_risk_model_needs_no_risk_assessment() -> None:
    story = _begun()
    story.clean_change()
    found = examine(story, "T6", types=("risk_assessment",), risk_tiers=("medium", "high"))
    assert found.verdict == "not_exercised"


def test_a_yearly_report_passes_and_a_forgotten_one_fails() -> None:
    story = _begun()
    story.on("2026-06-01").reported()
    story.on("2027-05-01").reported()
    story.on("2027-12-30").denied()
    two_years = Period(date(2026, 1, 1), date(2027, 12, 31))
    arguments = {"kind": "report.issued", "framework": "soc2"}
    passed = examine(story, "T7", period=two_years, every_days=366, **arguments)
    assert (passed.verdict, passed.population, passed.entries) == ("pass", 2, (10, 11))
    failed = examine(story, "T7", period=two_years, every_days=300, **arguments)
    assert passed.sentence == (
        "2 reports of this kind in the period; no gap is longer than 366 days."
    )
    assert failed.sentence == "2 reports of this kind in the period; 1 gap longer than 300 days."
    assert failed.verdict == "fail"
    assert told(failed) == (((10, 11), "None from 2026-06-01 to 2027-05-01 (334 days)."),)


def test_a_report_of_another_framework_does_not_count() -> None:
    story = _begun()
    story.on("2026-06-01").reported("gdpr")
    story.on("2027-06-01").denied()
    period = Period(date(2026, 1, 1), date(2027, 12, 31))
    found = examine(
        story, "T7", period=period, kind="report.issued", framework="soc2", every_days=366
    )
    assert (found.verdict, found.population) == ("fail", 0)


def test_a_ledger_younger_than_the_interval_is_insufficient_evidence() -> None:
    found = examine(_begun(), "T7", kind="report.issued", every_days=366)
    assert found.verdict == "insufficient_evidence"
    assert found.sentence == (
        "No report of this kind yet; the time covered (1 day) is shorter than the interval of 366 days."
    )


def test_events_that_are_not_recorded_are_insufficient_evidence() -> None:
    found = examine(_begun(), "T7", kind="login.failed", every_days=90)
    assert found.sentence == (
        "Reviews of failed sign-ins are not recorded in this ledger; show from elsewhere that one "
        "was made at least every 90 days."
    )


def test_a_version_that_leads_back_to_data_code_and_parents_passes() -> None:
    story = _begun()
    story.version("1.0.0")
    parent = Parent(model="prices", version="1.0.0", relation="fine_tuned_from")
    place = story.clean_change("1.1.0", parents=(parent,))
    found = examine(story, "T9")
    assert (found.verdict, found.entries) == ("pass", (10, place["registered"]))


def test_a_parent_that_is_not_registered_is_insufficient_evidence() -> None:
    story = _begun()
    parent = Parent(model="llama", version="3", relation="base_model")
    story.clean_change(parents=(parent,))
    found = examine(story, "T9")
    assert found.verdict == "insufficient_evidence"
    assert found.missing[0].sentence == "prices 1.0.0: parent llama 3 is not in this ledger."


def test_a_version_that_would_be_its_own_ancestor_is_not_registered() -> None:
    story = _begun()
    story.version(
        "1.0.0", parents=(Parent(model="prices", version="1.1.0", relation="successor_of"),)
    )
    with pytest.raises(ConflictError) as refused:
        story.clean_change(
            "1.1.0", parents=(Parent(model="prices", version="1.0.0", relation="successor_of"),)
        )
    assert refused.value.code == "lineage-cycle"


def test_uncommitted_code_fails() -> None:
    story = _begun()
    place = story.clean_change(code=CODE.model_copy(update={"dirty": True}))
    assert examine(story, "T9").exceptions[0].entries == (place["registered"],)


def test_no_commit_is_insufficient_evidence() -> None:
    story = _begun()
    story.clean_change(code=None)
    assert examine(story, "T9").verdict == "insufficient_evidence"


def test_a_purpose_that_personal_data_was_not_recorded_for_fails() -> None:
    story = _begun(purposes=("pricing", "scoring"))
    story.clean_change(data_sets=(personal(),))
    found = examine(story, "T9", purposes=True, clean_code=False, data=PEOPLE)
    assert found.exceptions[0].sentence == (
        "prices 1.0.0: data set customers is not recorded for: scoring."
    )


def test_a_forbidden_class_of_data_fails() -> None:
    story = _begun()
    story.clean_change(data_sets=(personal("patients", "phi"),))
    assert examine(story, "T9", forbidden=("phi",)).verdict == "fail"


def test_nothing_in_production_is_not_exercised() -> None:
    story = _begun()
    story.version()
    assert examine(story, "T9").verdict == "not_exercised"

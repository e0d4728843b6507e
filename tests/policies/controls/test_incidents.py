"""Incidents against their clocks, and what people sign for a control or set aside."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import ConflictError
from ledger.events import incident, statement
from policies.controls.assess import Result, assess
from policies.controls.scope import Scope
from policies.controls.shipped import shipped_framework
from tests.policies.controls.examine import YEAR, examine, verified
from tests.policies.controls.story import Story

BREACH = {"severity": "high", "nature": "privacy", "personal_data": True}
TOLD = {"authority_told_at": 72}


def _begun() -> Story:
    story = Story().began()
    story.model()
    return story


def opened(story: Story, detected_at: str, **more: Any) -> int:
    return story.says(
        "ana",
        incident.IncidentOpened(**{**BREACH, **more}, detected_at=detected_at, summary="S"),
    )


def closed(story: Story, number: int, **more: Any) -> int:
    return story.says(
        "bo", incident.IncidentClosed(incident=number, cause="C", measures="M", **more)
    )


def test_an_incident_told_of_and_closed_in_time_passes() -> None:
    story = _begun().on("2026-03-04")
    number = opened(story, "2026-03-03T08:00:00Z")
    ended = closed(story, number, authority_told_at="2026-03-03T20:00:00Z")
    found = examine(story, "T5-incidents", within_hours=TOLD)
    assert (found.verdict, found.population, found.entries) == ("pass", 1, (number, ended))


@pytest.mark.parametrize("told", [None, "2026-03-06T08:00:01Z"])
def test_told_late_or_not_at_all_fails_and_names_the_incident(told: str | None) -> None:
    story = _begun().on("2026-03-10")
    number = opened(story, "2026-03-03T08:00:00Z")
    closed(story, number, authority_told_at=told)
    found = examine(story, "T5-incidents", within_hours=TOLD)
    assert found.verdict == "fail"
    assert found.exceptions[0].entries[0] == number
    assert "72 hours" in found.exceptions[0].sentence


def test_exactly_on_the_hour_is_in_time() -> None:
    story = _begun().on("2026-03-10")
    closed(story, opened(story, "2026-03-03T08:00:00Z"), authority_told_at="2026-03-06T08:00:00Z")
    assert examine(story, "T5-incidents", within_hours=TOLD).verdict == "pass"


def test_an_open_incident_is_missing_evidence_and_wrong_once_it_is_old() -> None:
    story = _begun().on("2026-03-04")
    opened(story, "2026-03-03T08:00:00Z", personal_data=False)
    assert examine(story, "T5-incidents").verdict == "insufficient_evidence"
    story.on("2026-05-04").model("later")
    found = examine(story, "T5-incidents")
    assert found.verdict == "fail"
    assert "open for more than 30 days" in found.exceptions[0].sentence


def test_no_incident_is_never_a_pass_and_others_do_not_count() -> None:
    story = _begun().on("2026-03-04")
    assert examine(story, "T5-incidents").verdict == "not_exercised"
    opened(story, "2026-03-03T08:00:00Z", personal_data=False)
    assert examine(story, "T5-incidents", only="personal_data").verdict == "not_exercised"
    assert examine(story, "T5-incidents", natures=("safety",)).verdict == "not_exercised"


@pytest.mark.parametrize(
    ("what", "pointer"),
    [
        ({"authority_told_at": "2026-03-03T07:59:59Z"}, "/event/authority_told_at"),
        ({"persons_told_at": "2027-03-03T07:59:59Z"}, "/event/persons_told_at"),
    ],
)
def test_nobody_is_told_before_it_was_known_or_in_the_future(
    what: dict[str, str], pointer: str
) -> None:
    story = _begun().on("2026-03-04")
    number = opened(story, "2026-03-03T08:00:00Z")
    with pytest.raises(ConflictError) as refused:
        closed(story, number, **what)
    assert refused.value.pointer == pointer


def test_an_incident_is_closed_once_and_not_detected_tomorrow() -> None:
    story = _begun().on("2026-03-04")
    number = opened(story, "2026-03-03T08:00:00Z")
    closed(story, number)
    with pytest.raises(ConflictError, match="closed already"):
        closed(story, number)
    with pytest.raises(ConflictError, match="still to come"):
        opened(story, "2026-03-05T08:00:00Z")


def signed(story: Story, control: str, until: str = "2026-12-31") -> int:
    framework = control.partition("-")[0]
    return story.says(
        "bo",
        statement.StatementSigned(
            framework=framework, control=control, valid_until=until, text="We do."
        ),
    )


def result(story: Story, control: str) -> Result:
    history = story.history()
    assessed = assess(
        shipped_framework(control.partition("-")[0]), history, Scope(YEAR), verified(history)
    )
    return next(item for item in assessed.results if item.control.id == control)


def test_a_statement_is_the_human_part_of_its_control_until_its_day() -> None:
    story = _begun()
    assert result(story, "soc2-cc2-1").human_part == "missing"
    number = signed(story, "soc2-cc2-1", "2026-04-01")
    assert result(story, "soc2-cc2-1").human_part == "attached"
    assert result(story, "soc2-cc2-1").statement == number
    story.on("2026-04-02").model("later")
    assert result(story, "soc2-cc2-1").human_part == "expired"
    again = signed(story, "soc2-cc2-1")
    assert (result(story, "soc2-cc2-1").human_part, result(story, "soc2-cc2-1").statement) == (
        "attached",
        again,
    )


def test_a_paper_of_the_organisation_is_a_signed_statement() -> None:
    story = _begun()
    assert result(story, "gdpr-28").verdict == "insufficient_evidence"
    number = signed(story, "gdpr-28", "2026-04-01")
    found = result(story, "gdpr-28")
    assert (found.verdict, found.entries, found.human_part) == ("pass", (number,), "attached")
    story.on("2026-04-02").model("later")
    assert result(story, "gdpr-28").verdict == "fail"


def test_a_control_is_set_aside_by_a_person_until_a_day_and_a_statement_takes_it_up_again() -> None:
    story = _begun()
    number = story.says(
        "bo",
        statement.ControlSetAside(
            framework="soc2", control="soc2-a1-2", valid_until="2026-04-01", reason="R"
        ),
    )
    found = result(story, "soc2-a1-2")
    assert found.verdict == "not_applicable"
    assert f"entry {number}" in found.sentence
    story.on("2026-04-02").model("later")
    assert result(story, "soc2-a1-2").verdict == "insufficient_evidence"
    story.on("2026-04-03")
    signed(story, "soc2-a1-2")
    assert result(story, "soc2-a1-2").verdict == "insufficient_evidence"


def test_a_statement_is_for_a_control_of_its_framework_and_not_for_the_past() -> None:
    story = _begun()
    with pytest.raises(ConflictError, match="begins with"):
        story.says(
            "bo",
            statement.StatementSigned(
                framework="gdpr", control="soc2-a1-2", valid_until="2026-12-31", text="T"
            ),
        )
    with pytest.raises(ConflictError, match="past"):
        signed(story, "soc2-a1-2", "2026-03-01")

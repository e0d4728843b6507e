"""Reports about one thing: each answers on page one, says what it is not, and tests what it tells."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ledger.events.metadata import DocumentationSigned, MetadataStated
from policies.controls.scope import Scope
from policies.controls.shipped import FRAMEWORKS, shipped_framework
from tests.policies.controls.examine import YEAR
from tests.policies.controls.story import actor_id
from tests.tools import trestle
from tests.webui.reports.assemble.year import NAMES, WHOLE_YEAR, context, told
from webui.reports.assemble import assemble, assembled, basis_of
from webui.reports.assemble.kinds import KINDS
from webui.reports.evidence_json import to_json
from webui.reports.model import Callout, Table
from webui.reports.oscal import assessment_results

if TYPE_CHECKING:
    from pathlib import Path

    from webui.reports.model import Report

STORY = told()
HISTORY = STORY.history()
OTHERS = tuple(name for name in KINDS if name not in FRAMEWORKS and name != "sample")
ANSWERS = {
    "integrity": "94 of 94 entries verified: no gap, no broken link, every signature valid.",
    "model-dossier": "churn 1.2.0 runs in production. Of 21 points of Annex IV, 7 have something "
    "in the ledger and 14 are blank.",
    "access-review": "4 roles held by 4 actors; a review decided 0 of them.",
    "hipaa-activity": "324 of 324 days of the period are covered by no review.",
    "gdpr-pack": "2 of 3 models in scope use personal data; 0 requests for erasure, 0 unanswered.",
    "control-matrix": "109 controls of 5 frameworks over one ledger.",
    "crosswalk": "14 duties lead to points of two schemes: 27 of NIST AI RMF and 38 of ISO/IEC "
    "42001. Of 27 controls that give evidence, 11 passed; applicability is stated for 0 of 38 "
    "points.",
    "retirement": "2 versions were deprecated in the period; 0 were in production after the day "
    "that was announced.",
    "ai-act-logs": "Lifecycle entries reach back to 2026-01-12; no digest of run-time logs is "
    "recorded, so their custody must be shown from elsewhere.",
}


def report(kind: str) -> Report:
    scope = Scope(YEAR, ("churn",)) if KINDS[kind].needs == "model" else WHOLE_YEAR
    return assemble(kind, scope, HISTORY, context(STORY, kind))


def test_every_kind_has_an_answer_that_was_worked_out_by_hand() -> None:
    assert set(ANSWERS) == set(OTHERS)


@pytest.mark.parametrize("kind", OTHERS)
def test_page_one_is_the_answer_and_the_next_says_what_it_is_not(kind: str) -> None:
    made = report(kind)
    assert made.subtitle == ANSWERS[kind]
    assert made.sections[0].title == "The answer"
    limit = made.sections[0].blocks[-1]
    assert isinstance(limit, Callout)
    assert limit.text.endswith(KINDS[kind].limit)
    assert "How to verify this report" in [part.title for part in made.sections]


@pytest.mark.parametrize("kind", OTHERS)
def test_the_same_history_gives_the_same_report(kind: str) -> None:
    assert to_json(report(kind)) == to_json(report(kind))


@pytest.mark.parametrize("kind", OTHERS)
def test_no_kind_calls_anything_compliant_and_names_come_from_the_vault(kind: str) -> None:
    text = json.dumps(to_json(report(kind)), ensure_ascii=False).lower()
    assert "compliant" not in text
    assert "certified" not in text
    scope = Scope(YEAR, ("churn",)) if KINDS[kind].needs == "model" else WHOLE_YEAR
    erased = replace(context(STORY, kind), names=lambda actor: f"erased {actor[:4]}")
    said = json.dumps(to_json(assemble(kind, scope, HISTORY, erased)), ensure_ascii=False)
    assert not [name for name in NAMES.values() if name in said]


@pytest.mark.parametrize("kind", [name for name in KINDS if name not in FRAMEWORKS])
def test_a_kind_tests_controls_that_exist(kind: str) -> None:
    known = {one.id for each in FRAMEWORKS for one in shipped_framework(each).controls}
    found = {one.id for one in KINDS[kind].framework.controls}
    assert set(KINDS[kind].controls) <= found <= known


def test_trestle_accepts_the_twin_of_every_kind(tmp_path: Path) -> None:
    for kind in ("control-matrix", "model-dossier", "crosswalk"):
        scope = Scope(YEAR, ("churn",)) if KINDS[kind].needs == "model" else WHOLE_YEAR
        basis = basis_of(kind, scope, HISTORY, context(STORY, kind))
        data = assessment_results(basis, assembled(basis), "ab" * 32)
        folder = tmp_path / kind
        folder.mkdir()
        said = trestle.judged(folder, {"assessment-results": data})
        assert "INVALID" not in said
        assert "VALID" in said


def rows(kind: str, section: str) -> list[tuple[str, ...]]:
    return [
        row
        for part in report(kind).sections
        if part.title == section
        for block in part.blocks
        if isinstance(block, Table)
        for row in block.rows
    ]


def test_annex_iv_is_filled_by_entries_and_blank_where_nothing_is_recorded() -> None:
    states = {row[0]: row[2:] for row in rows("model-dossier", "Annex IV, point by point")}
    assert states["1(a)"] == ("filled", "planning (entry 26)")
    assert states["5"] == ("filled", "risk assessment (entry 77)")
    assert states["9"] == ("BLANK", "to be written by the provider")


def test_the_dossier_says_what_fields_hold_and_what_people_stand_for() -> None:
    story = told()
    of = {"model": "churn", "version": "1.2.0"}
    for source, value in (("capture", "MIT"), ("mlflow", "BSD")):
        story.says("ana", MetadataStated(**of, source=source, values={"licence": value}))
    signed = story.says("ana", DocumentationSigned(**of, section="limits", text="Not for minors"))
    scope, found = Scope(YEAR, ("churn",)), context(story, "model-dossier")
    texts = replace(found, text=lambda entry, field: f"{field} of entry {entry}")
    made = json.dumps(to_json(assemble("model-dossier", scope, story.history(), texts)))
    assert "disputed: " in made
    assert "capture: MIT" in made
    assert f"text of entry {signed}" in made
    assert made.count("nobody has signed this section") == 5


def test_a_version_that_ran_past_its_last_day_is_named() -> None:
    story = told()
    story.on("2026-08-20").deprecated("1.2.0", "2026-08-25", of="churn")
    story.on("2026-11-21").denied("ana", "release.approved", of="churn")
    late = assemble("retirement", WHOLE_YEAR, story.history(), context(story, "retirement"))
    assert late.subtitle.startswith("3 versions were deprecated in the period; 1 was in production")
    assert "churn 1.2.0" in json.dumps(to_json(late))


def test_every_control_of_every_framework_has_its_row_in_the_matrix() -> None:
    found = rows("control-matrix", "Controls side by side")
    wanted = [one.ref for each in FRAMEWORKS for one in shipped_framework(each).controls]
    assert [row[1] for row in found[: len(wanted)]] == wanted


def test_duties_of_a_later_day_are_tested_ahead_where_a_kind_says_so() -> None:
    assert report("ai-act-logs").summary["not_applicable"] == 0


def test_erasures_stand_under_random_ids_only() -> None:
    made = json.dumps(to_json(report("gdpr-pack")))
    assert actor_id("ana") not in made

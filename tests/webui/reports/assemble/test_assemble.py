"""A history becomes a report: whole, deterministic, with names only where names are looked up."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ledger.errors import LedgerError
from ledger.events.catalogue import CATALOGUE
from ledger.state.history import replay
from policies.controls.outside import Integrity
from policies.controls.scope import Scope
from policies.controls.shipped import FRAMEWORKS
from tests.policies.controls.examine import YEAR
from tests.policies.controls.story import Story, actor_id
from tests.webui.reports.assemble.year import NAMES, WHOLE_YEAR, context, told
from webui.reports.assemble import assemble
from webui.reports.assemble.words import KIND_WORDS
from webui.reports.evidence_json import to_json
from webui.reports.model import Figure, KeyValues, Report, Table, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

STORY = told()
HISTORY = STORY.history()


def _report(framework: str, scope: Scope = WHOLE_YEAR) -> Report:
    return assemble(framework, scope, HISTORY, context(STORY, framework))


def _tables(report: Report, section: str) -> Iterator[Table]:
    for part in report.sections:
        if part.title == section:
            yield from (block for block in part.blocks if isinstance(block, Table))


def _text(report: Report) -> str:
    return json.dumps(to_json(report), ensure_ascii=False)


def _facts(report: Report, section: str) -> dict[str, str]:
    return {
        row.key: row.value
        for part in report.sections
        if part.title == section
        for block in part.blocks
        if isinstance(block, KeyValues)
        for row in block.rows
    }


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_same_history_gives_an_equal_report(framework: str) -> None:
    assert _report(framework) == assemble(
        framework, WHOLE_YEAR, told().history(), replace(context(STORY, framework), names=_named())
    )


def _named() -> Any:
    known = {actor_id(key): name for key, name in NAMES.items()}
    return lambda actor: known.get(actor, "the service")


@pytest.mark.parametrize(
    ("framework", "counts"),
    [
        ("soc2", (4, 15, 2, 11)),
        ("gdpr", (5, 9, 4, 5)),
        ("hipaa", (2, 12, 4, 9)),
    ],
)
def test_the_year_comes_out_as_counted_by_hand(
    framework: str, counts: tuple[int, int, int, int]
) -> None:
    summary = _report(framework).summary
    assert (
        summary["fail"],
        summary["insufficient_evidence"],
        summary["not_exercised"],
        summary["pass"],
    ) == counts


def test_the_subtitle_is_the_answer() -> None:
    assert _report("soc2").subtitle == (
        "Of 32 controls, 4 failed, 15 could not be computed for lack of evidence, 2 had nothing to "
        "test and 11 passed. Failed: CC8.1, CC6.3, CC7.2, C1.2."
    )


def test_the_time_of_a_report_is_that_of_its_last_entry() -> None:
    report = _report("soc2")
    last = datetime.fromisoformat(STORY.entries[-1].recorded_at)
    assert report.generated_at == last.astimezone(UTC)
    assert report.position == len(STORY.entries)


def test_every_production_change_of_the_year_stands_in_the_population() -> None:
    deployed = [
        str(entry.sequence)
        for entry in STORY.entries
        if entry.kind in {"deployment.recorded", "deployment.rolled_back"}
    ]
    changes, *_ = _tables(_report("soc2"), "Changes in the period")
    assert [row[0] for row in changes.rows] == deployed
    assert changes.caption == "11 production changes"


def test_an_approval_is_shown_with_person_and_role_at_that_time() -> None:
    changes, *_ = _tables(_report("soc2"), "Changes in the period")
    first = changes.rows[0]
    assert first[3:5] == ("prices 2.0.0", "Bo Lindqvist (compliance; 16); Hal Müller (ml lead; 17)")


def test_refused_attempts_say_who_tried_what_and_why_not() -> None:
    tables = list(_tables(_report("hipaa"), "Changes in the period"))
    rows = next(table.rows for table in tables if table.columns[-1].title == "Why it was refused")
    assert [row[2] for row in rows] == ["Finn Adeyemi", "Ana Kovač"]
    assert rows[0][3] == "Deployed: churn"
    assert rows[0][4]


def test_exceptions_come_first_and_name_their_entries() -> None:
    report = _report("soc2")
    assert [part.title for part in report.sections[:3]] == [
        "The answer",
        "Exceptions and missing evidence",
        "Control by control",
    ]
    table = next(_tables(report, "Exceptions and missing evidence"))
    row = table.rows[0]
    assert list(dict.fromkeys(one[0] for one in table.rows)) == ["CC8.1", "CC6.3", "CC7.2", "C1.2"]
    assert "churn 1.2.0" in row[2]
    assert "approved by the person who asked for it" in row[2]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_exception_of_a_control_stands_in_the_list_of_exceptions(framework: str) -> None:
    report = _report(framework)
    listed = {row[2] for table in _tables(report, report.sections[1].title) for row in table.rows}
    for part in report.sections:
        for block in part.blocks:
            if isinstance(block, Verdict):
                assert {item.sentence for item in (*block.exceptions, *block.missing)} <= listed


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_no_report_calls_anything_compliant_or_certified(framework: str) -> None:
    text = _text(_report(framework)).lower()
    assert "compliant" not in text
    assert "certified" not in text


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_names_come_from_the_vault_and_from_nowhere_else(framework: str) -> None:
    erased = replace(context(STORY, framework), names=lambda actor: f"erased {actor[:4]}")
    text = _text(assemble(framework, WHOLE_YEAR, HISTORY, erased))
    assert not [name for name in NAMES.values() if name in text]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_model_out_of_scope_is_not_named(framework: str) -> None:
    text = _text(_report(framework, Scope(YEAR, ("prices",))))
    assert "prices" in text
    assert "churn" not in text
    assert "readmission" not in text


def test_every_kind_of_event_has_words_for_its_reader() -> None:
    assert KIND_WORDS.keys() == CATALOGUE.keys()


def test_activity_counts_every_entry_of_the_year_once() -> None:
    kinds, actors = _tables(_report("hipaa"), "Activity in the period")
    assert sum(int(row[2]) for row in kinds.rows) == len(STORY.entries)
    assert sum(int(row[1]) for row in actors.rows) == len(STORY.entries)
    assert sum(int(row[2]) for row in actors.rows) == 2


def test_the_register_of_processing_fills_what_is_recorded_and_leaves_blanks_to_people() -> None:
    report = _report("gdpr")
    facts = _facts(report, "Register of processing")
    assert facts["Recipients"] == "______ (to be written by the data protection officer)"
    rows = [row for table in _tables(report, "Register of processing") for row in table.rows]
    assert ("customers 1", "personal", "contract") in [row[:3] for row in rows]
    poor = next(row for row in rows if row[0] == "calls 1")
    assert poor[2:7] == ("not recorded", "planning", "not recorded", "not recorded", "not recorded")
    assert "prices" in _text(report)


def test_the_time_from_request_to_deployment_is_measured() -> None:
    facts = _facts(_report("soc2"), "From request to deployment")
    assert facts["Deployments with a request"] == "10"
    assert facts["Roll-backs"] == "1"
    assert facts["Shortest time from request to deployment"] == "3 s"


def test_each_model_has_its_lineage_drawn_and_told_in_words() -> None:
    (part,) = [p for p in _report("gdpr").sections if p.title == "Models and where they come from"]
    figures = [block for block in part.blocks if isinstance(block, Figure)]
    assert [figure.caption for figure in figures] == [
        "Lineage of churn: 3 versions of 3",
        "Lineage of prices: 5 versions of 5",
        "Lineage of readmission: 2 versions of 2",
    ]
    assert "customers@1 trained on churn@1.0.0" in figures[0].alternative_text


def test_metrics_stand_side_by_side_with_their_entries() -> None:
    tables = _tables(_report("soc2"), "Models and where they come from")
    metrics = [table for table in tables if table.columns[0].title == "Metric"]
    prices = metrics[1]
    assert [column.title for column in prices.columns[2:]] == [
        "2.0.0",
        "2.1.0",
        "2.3.0",
        "2.4.0",
        "2.2.0",
    ]
    assert prices.rows[0][:3] == ("accuracy", "sales", "0.91 (14)")
    assert prices.rows[0][-1] == "\N{EN DASH}"


def test_access_shows_who_holds_which_role_since_when() -> None:
    held, ended = _tables(_report("soc2"), "Who may do what")
    assert [row[:2] for row in held.rows] == [
        ("compliance", "Bo Lindqvist"),
        ("compliance", "Chi Nakamura"),
        ("data scientist", "Ana Kovač"),
        ("ml lead", "Hal Müller"),
    ]
    assert ended.rows[0][:2] == ("operations", "Finn Adeyemi")


def test_a_reader_finds_position_root_and_keys() -> None:
    facts = _facts(_report("soc2"), "How to verify this report")
    assert facts["Root at this position"] == "5f" * 32
    assert facts["Position"] == f"{len(STORY.entries)} entries"
    assert facts["Key of checkpoints"] == "example.test/main+a1b2c3d4+AbCd"
    assert facts["Seal certificate, SHA-256"] == "bb" * 32


def test_a_ledger_that_does_not_verify_says_so_with_a_warning() -> None:
    broken = Integrity(94, ("Entry 7: the signature is not valid.",))
    report = assemble("soc2", WHOLE_YEAR, HISTORY, replace(context(STORY), integrity=broken))
    assert "Entry 7: the signature is not valid." in _text(report)
    assert report.summary["fail"] == 6


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_ledger_with_nothing_but_its_beginning_has_a_report(framework: str) -> None:
    story = Story().began()
    ahead = replace(WHOLE_YEAR, ahead=True)
    report = assemble(framework, ahead, story.history(), context(story, framework))
    assert report.summary["fail"] == 0
    assert report.summary["pass"] >= (framework in {"soc2", "gdpr", "hipaa"})


def test_what_applies_later_is_tested_only_where_that_is_asked_for() -> None:
    assert _report("eu-ai-act").summary["not_applicable"] == 20
    ahead = assemble(
        "eu-ai-act", replace(WHOLE_YEAR, ahead=True), HISTORY, context(STORY, "eu-ai-act")
    )
    assert ahead.summary["not_applicable"] == 0


@pytest.mark.parametrize("hidden", range(9, len(STORY.entries) - 1, 7))
def test_a_hidden_entry_changes_the_report(hidden: int) -> None:
    kept = [entry for entry in STORY.entries if entry.sequence != hidden]
    try:
        history = replay(kept)
    except LedgerError:
        return
    report = assemble("soc2", WHOLE_YEAR, history, context(STORY))
    (whole,) = [
        block
        for part in report.sections
        for block in part.blocks
        if isinstance(block, Verdict) and block.control_ref == "CC2.1"
    ]
    assert whole.verdict == "fail"
    assert f"Entry {hidden} is missing before this entry." in _text(report)


def test_a_report_of_a_demonstration_carries_its_watermark() -> None:
    report = assemble("soc2", WHOLE_YEAR, HISTORY, context(STORY, watermark="DEMONSTRATION"))
    assert (report.watermark, _report("soc2").watermark) == ("DEMONSTRATION", None)

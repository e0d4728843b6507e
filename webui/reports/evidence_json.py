"""A report as JSON: what it says, for machines. Drawn shapes and column widths are left out.

Numbers are integers, times are UTC in ISO 8601, so that the result has one canonical form
(RFC 8785) and one digest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from ledger.core.encoding import canonical
from policies.controls.finding import VERDICTS, Deviation
from webui.reports.model import (
    Block,
    Callout,
    Chart,
    Code,
    Figure,
    Heading,
    KeyValues,
    Paragraph,
    Table,
    Verdict,
)

if TYPE_CHECKING:
    from webui.reports.model import Report

FORMAT = "counterseal-report-v1"


def to_json(report: Report) -> dict[str, Any]:
    """A report as plain data: dictionaries, lists, strings, integers, booleans and null."""
    return {
        "format": FORMAT,
        "title": report.title,
        "subtitle": report.subtitle,
        "framework": report.framework,
        "scope": report.scope,
        "report_id": report.report_id,
        "classification": report.classification,
        "watermark": report.watermark,
        "ledger": {"origin": report.origin, "position": report.position, "head": report.head},
        "period": {
            "from": report.period_from.isoformat(),
            "to": report.period_to.isoformat(),
        },
        "generated_at": report.generated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "generator": report.generator,
        "verdict_counts": {
            verdict: report.summary[verdict] for verdict in VERDICTS if verdict in report.summary
        },
        "sections": [
            {"title": section.title, "blocks": [_block(block) for block in section.blocks]}
            for section in report.sections
        ],
    }


def evidence_json(report: Report) -> bytes:
    """The canonical bytes of a report's JSON form."""
    return canonical(to_json(report))


def _block(block: Block) -> dict[str, Any]:  # noqa: PLR0911 - one return for each kind
    match block:
        case Paragraph() | Heading():
            return {"type": type(block).__name__.lower(), "text": block.text}
        case KeyValues():
            rows = [{"key": row.key, "value": row.value} for row in block.rows]
            return {"type": "key_values", "rows": rows}
        case Table():
            return {
                "type": "table",
                "columns": [column.title for column in block.columns],
                "rows": [list(row) for row in block.rows],
                "caption": block.caption,
            }
        case Verdict():
            return _verdict(block)
        case Figure():
            return {
                "type": "figure",
                "caption": block.caption,
                "alternative_text": block.alternative_text,
            }
        case Chart():
            bars = [{"label": bar.label, "count": bar.count} for bar in block.bars]
            return {"type": "chart", "caption": block.caption, "bars": bars}
        case Code():
            return {"type": "code", "lines": list(block.lines)}
        case Callout():
            return {"type": "callout", "kind": block.kind, "text": block.text}
        case _:
            assert_never(block)


def _verdict(block: Verdict) -> dict[str, Any]:
    return {
        "type": "verdict",
        "control_ref": block.control_ref,
        "question": block.question,
        "verdict": block.verdict,
        "sentence": block.sentence,
        "population": block.population,
        "tested": block.tested,
        "exceptions": _deviations(block.exceptions),
        "missing": _deviations(block.missing),
        "entries": list(block.entries),
        "tests": list(block.tests),
        "human_part": block.human_part,
    }


def _deviations(deviations: tuple[Deviation, ...]) -> list[dict[str, Any]]:
    return [{"entries": list(item.entries), "sentence": item.sentence} for item in deviations]

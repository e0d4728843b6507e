"""What is kept of a control's result: plain values, bounded, enough for a page without reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from policies.controls.standing.pieces import id_of

RESULT: Final = "result "
"""Before the name of a note that holds a control's result."""
SEEN: Final = "result seen"
MOST_KEPT: Final = 20
MOST_ENTRIES: Final = 20

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.controls.assess import Result
    from policies.controls.finding import Deviation, Finding


def as_kept(result: Result, findings: Sequence[Finding] = ()) -> dict[str, Any]:
    """A result as plain values; ``findings`` in place of its own, in the order that is kept.

    Nothing here changes with every entry, so that only results that changed are written again.
    """
    held = findings or result.findings
    return {
        "control": result.control.id,
        "framework": result.control.framework,
        "verdict": result.verdict,
        "human_part": result.human_part,
        "sentence": result.sentence,
        "statement": result.statement,
        "population": result.population,
        "failed": sum(finding.failed for finding in held),
        "lacking": sum(finding.lacking for finding in held),
        "findings": [
            {
                "piece": id_of(use),
                "test": finding.test,
                "verdict": finding.verdict,
                "population": finding.population,
                "tested": finding.tested,
                "failed": finding.failed,
                "lacking": finding.lacking,
                "human_part": finding.human_part,
                "sentence": finding.sentence,
                "exceptions": _few(finding.exceptions),
                "missing": _few(finding.missing),
            }
            for use, finding in zip(result.control.tests, held, strict=False)
        ],
    }


def _few(found: Sequence[Deviation]) -> list[list[Any]]:
    return [[list(item.entries[-MOST_ENTRIES:]), item.sentence] for item in found[:MOST_KEPT]]

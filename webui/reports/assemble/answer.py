"""The answer, on one page: how many controls came out how, which failed, and what is missing.

Nothing here calls anybody compliant: the numbers are printed, and a person concludes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.controls.finding import VERDICTS, many
from webui.reports.appearance import VERDICT_LOOKS
from webui.reports.assemble.words import ranges
from webui.reports.model import (
    Bar,
    Callout,
    Chart,
    Column,
    Paragraph,
    Section,
    Table,
)

if TYPE_CHECKING:
    from policies.controls.assess import Result
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block

_MOST_EXCEPTIONS = 200
_MOST_NAMED = 2
WHAT_THIS_IS_NOT = (
    "This report is not an opinion, a certificate or legal advice, and it does not say that "
    "anybody meets the framework. It says which tests passed, failed or could not be computed from "
    "the entries of one ledger, over the whole population, and which entries prove it. What lies "
    "outside the ledger it can't see; what a person must judge it leaves to a person."
)


def answer_sentence(basis: Basis) -> str:
    """The result in one sentence, worst first."""
    counts = basis.assessment.counts()
    total = sum(counts.values())
    words = {
        "fail": "failed",
        "insufficient_evidence": "could not be computed for lack of evidence",
        "not_exercised": "had nothing to test",
        "pass": "passed",
        "not_applicable": "did not apply",
    }
    parts = [f"{counts[verdict]} {words[verdict]}" for verdict in VERDICTS if counts[verdict]]
    return f"Of {many(total, 'control')}, {_listed(parts)}."


def cover_sentence(basis: Basis) -> str:
    """The answer, or the count of verdicts and what failed: what stands on the cover."""
    failed = basis.with_verdict("fail")
    if basis.kind.lead is not None:
        return basis.kind.lead(basis)
    if not failed:
        return answer_sentence(basis)
    if len(failed) <= _MOST_NAMED:
        named = "; ".join(f"{item.control.ref} {item.control.title}" for item in failed)
    else:
        named = ", ".join(dict.fromkeys(item.control.ref for item in failed))
    return f"{answer_sentence(basis)} Failed: {named}."


def _listed(parts: list[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def answer(basis: Basis) -> Section:
    """The summary: sentence, chart, and a line for each control that failed."""
    counts = basis.assessment.counts()
    lead = basis.kind.lead
    blocks: list[Block] = [
        *((Paragraph(lead(basis)),) if lead is not None else ()),
        Paragraph(answer_sentence(basis)),
        Chart(
            tuple(
                Bar(VERDICT_LOOKS[verdict].word, counts[verdict], verdict)
                for verdict in VERDICTS
                if counts[verdict]
            ),
            f"Controls by verdict ({sum(counts.values())} in all)",
        ),
    ]
    failed = basis.with_verdict("fail")
    if failed:
        blocks.append(_lines("What failed", failed))
    else:
        blocks.append(Callout("note", "No test found an exception."))
    unknown = basis.with_verdict("insufficient_evidence")
    if unknown:
        blocks.append(_lines("What could not be computed, and why", unknown))
    blocks.append(Callout("limit", f"{WHAT_THIS_IS_NOT} {basis.kind.limit}".strip()))
    return Section("The answer", tuple(blocks))


def _lines(caption: str, results: tuple[Result, ...]) -> Table:
    return Table(
        (Column("Reference", 3), Column("Control", 5), Column("What was found", 9)),
        tuple((item.control.ref, item.control.title, item.sentence) for item in results),
        caption,
    )


def exceptions(basis: Basis) -> Section:
    """Every exception, then everything whose proof is missing, each with its entries."""
    broken = [
        (result.control.ref, ranges(item.entries), item.sentence)
        for result in basis.assessment.results
        for finding in result.findings
        for item in finding.exceptions
    ]
    absent = [
        (result.control.ref, ranges(item.entries), item.sentence)
        for result in basis.assessment.results
        for finding in result.findings
        for item in finding.missing
    ]
    return Section(
        "Exceptions and missing evidence",
        (
            *_deviations("Exceptions: items that break a rule", broken, "No exception was found."),
            *_deviations(
                "Missing evidence: items whose proof is not in the ledger",
                absent,
                "No evidence was missing.",
            ),
        ),
    )


def _deviations(caption: str, rows: list[tuple[str, str, str]], none: str) -> tuple[Block, ...]:
    rows = list(dict.fromkeys(rows))
    if not rows:
        return (Callout("note", none),)
    table = Table(
        (Column("Reference", 3), Column("Entries", 2), Column("What was found", 9)),
        tuple(rows[:_MOST_EXCEPTIONS]),
        f"{caption} ({len(rows):,})",
    )
    if len(rows) <= _MOST_EXCEPTIONS:
        return (table,)
    more = f"{len(rows) - _MOST_EXCEPTIONS:,} more stand under their controls."
    return (table, Paragraph(more))

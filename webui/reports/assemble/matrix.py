"""Control by control: question, verdict, numbers, the entries that prove it, and the human part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webui.reports.appearance import VERDICT_LOOKS
from webui.reports.assemble.words import ranges
from webui.reports.model import (
    Callout,
    Column,
    Paragraph,
    Section,
    Table,
    Verdict,
)

if TYPE_CHECKING:
    from policies.controls.assess import Result
    from policies.controls.finding import Finding
    from policies.controls.mapping import Framework
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block


def control_matrix(basis: Basis) -> Section:
    """One part for each control, in the framework's order."""
    framework = basis.assessment.framework
    blocks: list[Block] = [
        Paragraph(f"Source: {framework.source_version}."),
        Callout("limit", framework.notice),
    ]
    if framework.entry is not None:
        blocks.insert(1, Paragraph(rows_in_force(framework)))
    for result in basis.assessment.results:
        blocks.extend(_control(result))
    return Section("Control by control", tuple(blocks))


def rows_in_force(framework: Framework) -> str:
    """Which rows of the organisation's own a report was computed with."""
    return (
        f"Rows of the organisation's own, in force since entry {framework.entry}, "
        f"SHA-256 {framework.digest}."
    )


def _control(result: Result) -> tuple[Block, ...]:
    control = result.control
    blocks: list[Block] = [_verdict(result)]
    if len(result.findings) > 1:
        blocks.append(_tests(result))
    if control.human:
        blocks.append(Paragraph(f"A person's part: {'; '.join(control.human)}."))
    return tuple(blocks)


def _verdict(result: Result) -> Verdict:
    decisive = deciding(result)
    said = result.sentence
    missing = (item for finding in result.findings for item in finding.missing)
    return Verdict(
        control_ref=result.control.ref,
        question=result.control.question,
        verdict=result.verdict,
        sentence=result.sentence,
        population=decisive.population if decisive else 0,
        tested=decisive.tested if decisive else 0,
        exceptions=tuple(item for finding in result.findings for item in finding.exceptions),
        missing=tuple(item for item in missing if item.entries or item.sentence not in said),
        entries=result.entries,
        tests=tuple(named_test(finding) for finding in result.findings),
        human_part=result.human_part,
    )


def deciding(result: Result) -> Finding | None:
    """The first finding whose verdict is that of the control."""
    return next((item for item in result.findings if item.verdict == result.verdict), None)


def named_test(finding: Finding) -> str:
    """A test with its version, as it is printed."""
    return f"{finding.test} v{finding.version}"


def _tests(result: Result) -> Table:
    return Table(
        (
            Column("Test", 1),
            Column("Verdict", 3),
            Column("Population", 2, "right"),
            Column("Tested", 2, "right"),
            Column("Exceptions", 2, "right"),
            Column("Entries that prove it", 5),
        ),
        tuple(
            (
                named_test(finding),
                VERDICT_LOOKS[finding.verdict].word,
                f"{finding.population:,}",
                f"{finding.tested:,}",
                f"{len(finding.exceptions):,}",
                ranges(finding.entries),
            )
            for finding in result.findings
        ),
        "Each test of this control",
    )

"""Controls of every framework side by side: one row each, and which of them one test answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.controls.finding import many
from policies.controls.own import frameworks_in_force
from policies.controls.primitives import TESTS
from policies.controls.shipped import FRAMEWORKS, shipped_framework
from webui.reports.appearance import HUMAN_PART_WORDS, VERDICT_LOOKS
from webui.reports.assemble.matrix import rows_in_force
from webui.reports.assemble.words import ranges
from webui.reports.model import Column, Heading, Paragraph, Section, Table

if TYPE_CHECKING:
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block


def matrix_lead(basis: Basis) -> str:
    """How many controls of how many frameworks."""
    total = len(basis.assessment.results)
    of = len({item.control.framework for item in basis.assessment.results})
    return f"{many(total, 'control')} of {of} frameworks over one ledger."


def _short(basis: Basis) -> dict[str, str]:
    """The name of every framework, the organisation's own included."""
    own = frameworks_in_force(basis.material.history.registry)
    every = (*map(shipped_framework, FRAMEWORKS), *own)
    return {one.id: one.short for one in every}


def side_by_side(basis: Basis) -> Section:
    """A row for each control, and the crosswalk by test."""
    short = _short(basis)
    rows = tuple(
        (
            short[item.control.framework],
            item.control.ref,
            item.control.title,
            VERDICT_LOOKS[item.verdict].word,
            f"{sum(len(one.exceptions) for one in item.findings):,}",
            HUMAN_PART_WORDS[item.human_part],
            ranges(item.entries, 3),
        )
        for item in basis.assessment.results
    )
    return Section(
        "Controls side by side",
        (
            Table(
                (
                    Column("Framework", 3),
                    Column("Reference", 4),
                    Column("Control, in our words", 7),
                    Column("Verdict", 4),
                    Column("Exceptions", 3, "right"),
                    Column("A person's part", 3),
                    Column("Entries", 4),
                ),
                rows,
                many(len(rows), "control"),
            ),
            *_own_rows(basis),
            Heading("Crosswalk by test"),
            Paragraph(
                "Controls that rest on one test stand in one row: what is put right for one "
                "framework is put right for the others. Arguments of a test may differ."
            ),
            _by_test(basis, short),
        ),
    )


def _own_rows(basis: Basis) -> tuple[Block, ...]:
    return tuple(
        Paragraph(f"{one.short}: {rows_in_force(one)}")
        for one in frameworks_in_force(basis.material.history.registry)
    )


def _by_test(basis: Basis, short: dict[str, str]) -> Table:
    rows = []
    for test in TESTS.values():
        told: dict[str, list[str]] = {}
        for item in basis.assessment.results:
            if any(use.test.id == test.id for use in item.control.tests):
                told.setdefault(item.control.framework, []).append(item.control.ref)
        if told:
            listed = "; ".join(
                f"{short[name]}: {', '.join(dict.fromkeys(refs))}" for name, refs in told.items()
            )
            rows.append((test.id, test.title, listed))
    return Table(
        (Column("Test", 2), Column("What it looks at", 4), Column("Controls", 12)),
        tuple(rows),
        "Which controls one test answers",
    )

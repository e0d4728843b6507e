"""What people must still write, collected, with templates of the statements auditors ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webui.reports.appearance import HUMAN_PART_WORDS
from webui.reports.assemble.words import period_words
from webui.reports.model import (
    Callout,
    Column,
    Heading,
    KeyValue,
    KeyValues,
    Paragraph,
    Section,
    Table,
)

if TYPE_CHECKING:
    from policies.controls.assess import Result
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block


def _asked(rows: tuple[tuple[str, ...], ...]) -> tuple[Block, ...]:
    if not rows:
        return (Callout("note", "No control here asks people to write anything."),)
    columns = (Column("Reference", 3), Column("Text or document", 9), Column("State", 2))
    return (Table(columns, rows, "The human part of each control"),)


def _signed(basis: Basis, result: Result) -> tuple[Block, ...]:
    """The text of a statement that people signed, as the vault still has it."""
    entry = result.statement
    held = basis.material.statement(result.control.id)
    if entry is None or held is None:
        return ()
    text = basis.context.text(entry, "text") or "(The text is not there any more: erased.)"
    paper = f" A paper of SHA-256 {held.document} says it at length." if held.document else ""
    over = ", which is over" if result.human_part == "expired" else ""
    return (
        Heading(f"{result.control.ref}: statement in entry {entry}"),
        Paragraph(
            f"Signed by {basis.name(held.signed_by)}, stands until {held.signed_until}{over}."
            f"{paper}"
        ),
        Paragraph(text),
    )


def statements(basis: Basis) -> Section:
    """Each human part with its state, then management's and the record keeper's statements."""
    rows = tuple(
        (item.control.ref, text, HUMAN_PART_WORDS[item.human_part])
        for item in basis.assessment.results
        if item.verdict != "not_applicable"
        for text in item.control.human
    )
    told = [
        block
        for item in basis.assessment.results
        if item.statement is not None and item.verdict != "not_applicable"
        for block in _signed(basis, item)
    ]
    signed = KeyValues(
        (KeyValue("Name and office", "______"), KeyValue("Date and signature", "______"))
    )
    return Section(
        "What people must still write",
        (
            *_asked(rows),
            *told,
            Heading("Statement of management (template)"),
            Paragraph(
                "We are responsible for the controls that this report tests under "
                f"{basis.assessment.framework.short}, in the period "
                f"{period_words(basis.scope)}. We have read the exceptions and the missing "
                "evidence in this report, and what we did about them is: ______"
            ),
            signed,
            Heading("Statement of the keeper of the record (template)"),
            Paragraph(
                f"The ledger {basis.context.origin} is kept in the course of our regular "
                "activity. Its entries are made at or near the time of what they record, by the "
                "persons and systems named in them. This report was made from it by an automatic "
                "process, and its digests identify it."
            ),
            signed,
        ),
    )

"""What people must still write, collected, with templates of the statements auditors ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webui.reports.appearance import HUMAN_PART_WORDS
from webui.reports.assemble.words import period_words
from webui.reports.model import Column, Heading, KeyValue, KeyValues, Paragraph, Section, Table

if TYPE_CHECKING:
    from webui.reports.assemble.basis import Basis


def statements(basis: Basis) -> Section:
    """Each human part with its state, then management's and the record keeper's statements."""
    rows = tuple(
        (item.control.ref, text, HUMAN_PART_WORDS[item.human_part])
        for item in basis.assessment.results
        if item.verdict != "not_applicable"
        for text in item.control.human
    )
    signed = KeyValues(
        (KeyValue("Name and office", "______"), KeyValue("Date and signature", "______"))
    )
    return Section(
        "What people must still write",
        (
            Table(
                (Column("Reference", 3), Column("Text or document", 9), Column("State", 2)),
                rows,
                "The human part of each control",
            ),
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

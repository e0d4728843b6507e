"""How to verify this report without trusting who made it, and the words that it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.controls.finding import many
from policies.controls.primitives import TESTS
from webui.reports.assemble.words import minute
from webui.reports.model import (
    Callout,
    Code,
    Column,
    KeyValue,
    KeyValues,
    Paragraph,
    Section,
    Table,
)

if TYPE_CHECKING:
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block


def verification(basis: Basis) -> Section:
    """Commands, position, root and key fingerprints."""
    context, assessment = basis.context, basis.assessment
    keys = context.fingerprints
    last = basis.material.history.recorded[-1].entry
    return Section(
        "How to verify this report",
        (
            Paragraph(
                "The ledger is a chain of signed entries under one tree. Whoever has the entries "
                "can compute everything in this report again. In this order:"
            ),
            Code(
                (
                    "pdfsig report.pdf                   # the seal: valid, total document signed",
                    "pdfdetach -saveall report.pdf       # evidence.json: the findings as data",
                    "counterseal verify                  # every entry, link, signature and root",
                )
            ),
            Paragraph(
                "Compare the seal's certificate and the root below with what you hold from another "
                "source. The report.issued entry of the ledger names the SHA-256 of this file."
            ),
            KeyValues(
                (
                    KeyValue("Ledger", context.origin, mono=True),
                    KeyValue("Position", many(assessment.position, "entry", "entries")),
                    KeyValue("Root at this position", context.root, mono=True),
                    KeyValue("Last entry", f"{last.sequence}, {minute(last.recorded_at)} UTC"),
                    KeyValue("Policy in force then", assessment.policy or "none", mono=True),
                    KeyValue("Key of checkpoints", keys.checkpoint, mono=True),
                    KeyValue("Key of entries", keys.entries, mono=True),
                    KeyValue("Seal certificate, SHA-256", keys.seal, mono=True),
                    KeyValue("Report", context.report_id, mono=True),
                    KeyValue("Made by", context.generator),
                )
            ),
            *_integrity(basis),
        ),
    )


def _integrity(basis: Basis) -> tuple[Block, ...]:
    integrity = basis.context.integrity
    said = f"When this report was made, {many(integrity.verified_size, 'entry', 'entries')} were "
    said += "verified"
    if integrity.problems:
        problems = "\n".join(f"\N{BULLET} {sentence}" for sentence in integrity.problems)
        return (Callout("warning", f"{said} and this did not verify:\n{problems}"),)
    holders = "; ".join(
        f"{anchor.name} (at {many(anchor.size, 'entry', 'entries')})"
        for anchor in integrity.anchors
    )
    also = f" Outside the ledger its root is held by: {holders}." if holders else ""
    return (Callout("note", f"{said} without a problem.{also}"),)


def glossary(basis: Basis) -> Section:
    """The verdicts, the tests that were used, and the words of the field."""
    used = {use.test.id for row in basis.assessment.framework.controls for use in row.tests}
    tests = tuple((test.id, test.title) for test in TESTS.values() if test.id in used)
    return Section(
        "Words used in this report",
        (
            KeyValues(tuple(KeyValue(word, meaning) for word, meaning in _WORDS)),
            Table((Column("Test", 1), Column("What it looks at", 6)), tests, "Tests used here"),
        ),
    )


_WORDS = (
    (
        "Passed",
        "Every item of a population that is not empty was tested, and none broke the rule.",
    ),
    ("Failed", "At least one item broke the rule; each is listed with its entries."),
    (
        "Insufficient evidence",
        "The ledger does not hold what the test needs; what is missing is named.",
    ),
    ("Not exercised", "There was nothing to test. This is not a pass."),
    (
        "Not applicable",
        "The rule did not yet apply in the period, or a person signed that it does not apply.",
    ),
    ("Control", "A requirement of the framework, put as a question in our own words."),
    (
        "Several tests",
        (
            "A control with several tests has the worst of their verdicts: failed, then "
            "insufficient evidence, then not exercised, then passed."
        ),
    ),
    ("Population", "All items that a test is about, not a sample."),
    ("Exception", "An item of the population that breaks the rule."),
    ("Entry", "One signed line of the ledger, known by its number; the first is entry 0."),
    ("Root", "A digest over all entries up to a position; it changes if any of them does."),
    ("Seal", "The service's electronic seal on this file; it is not a person's signature."),
)

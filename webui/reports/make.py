"""Make a report: assemble, draw, attach its data, seal. No clock, no store: all is handed in.

The unsealed bytes are deterministic, so that anybody with the entries can draw them again and
compare their digest with the one in the ledger; the seal then only appends to them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Final, TypeAlias

from webui.reports.assemble import ReportContext, assembled, basis_of
from webui.reports.evidence_json import evidence_json
from webui.reports.oscal import assessment_results
from webui.reports.pdf.attachment import Attachment
from webui.reports.rows_csv import rows_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ledger.state.history import History
    from policies.controls.changes import Change
    from policies.controls.finding import Verdict
    from policies.controls.scope import Scope
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Report

Note: TypeAlias = "Callable[[str, int, int], None]"
"""Is told the step, how much of it is done, and of how much (0: not known)."""

__all__ = [
    "EVIDENCE",
    "OSCAL",
    "PROOFS",
    "ROWS",
    "VERIFIER",
    "MadeReport",
    "Note",
    "ReportContext",
    "make_report",
    "silent",
]

EVIDENCE: Final = "evidence.json"
ROWS: Final = "rows.csv"
OSCAL: Final = "oscal.json"
PROOFS: Final = "proofs.zip"
VERIFIER: Final = "verify.py"
MOST_PROVED: Final = 2_000
"""Entries in the attached bundle: those of exceptions first, then those of the changes."""


def silent(step: str, done: int, total: int) -> None:
    """Tell nobody how far the work is."""
    del step, done, total


@dataclass(frozen=True)
class MadeReport:
    """A sealed report. Digests are SHA-256 in hexadecimal, of the bytes before and after sealing.

    ``verdicts`` counts controls by verdict; ``evidence_json`` is attached to the PDF as well.
    """

    unsealed_sha256: str
    sealed: bytes
    sealed_sha256: str
    pages: int
    verdicts: dict[Verdict, int]
    evidence_json: bytes


def make_report(
    framework: str,
    scope: Scope,
    history: History,
    context: ReportContext,
    *,
    seal_key_pem: bytes,
    certificate_pem: bytes,
    signing_time: datetime,
    prove: Callable[[Sequence[int]], bytes] | None = None,
    note: Note = silent,
    stamp: Callable[[bytes], bytes] | None = None,
) -> MadeReport:
    """Make and seal the report of one kind; ``signing_time`` has a time zone.

    ``prove`` makes a bundle of entries with their proofs, which is attached together with the
    program that checks it; the same entries must give the same bytes. ``note`` is told the step
    that begins, and may raise to end the work. ``stamp`` has the seal time-stamped.

    Raises:
        InputError: there is no such kind.
        ValueError: the history is empty, or key and certificate do not belong together.
    """
    from webui.reports.pdf.render import render_pdf
    from webui.reports.pdf.seal import seal_pdf

    note("testing", 0, 0)
    basis = basis_of(framework, scope, history, context)
    report = assembled(basis)
    evidence = evidence_json(report)
    note("proving", 0, 0)
    attached = (*_attached(basis, report, evidence), *_proofs(basis, prove))
    note("drawing", 0, 0)
    drawn = render_pdf(report, attached)
    note("sealing", 0, 0)
    sealed = seal_pdf(
        drawn.data,
        key_pem=seal_key_pem,
        certificate_pem=certificate_pem,
        signing_time=signing_time,
        stamp=stamp,
    )
    return MadeReport(
        unsealed_sha256=hashlib.sha256(drawn.data).hexdigest(),
        sealed=sealed,
        sealed_sha256=hashlib.sha256(sealed).hexdigest(),
        pages=drawn.pages,
        verdicts=dict(report.summary),
        evidence_json=evidence,
    )


def _attached(basis: Basis, report: Report, evidence: bytes) -> tuple[Attachment, ...]:
    digest = hashlib.sha256(evidence).hexdigest()
    return (
        Attachment(
            EVIDENCE,
            "application/json",
            "What this report says, as data: findings, tables, position, root",
            evidence,
        ),
        Attachment(
            ROWS,
            "text/csv",
            "Every production change of the period, a row each",
            rows_csv(_rows(basis)),
        ),
        Attachment(
            OSCAL,
            "application/json",
            "The findings as OSCAL assessment results",
            assessment_results(basis, report, digest),
        ),
    )


def _rows(basis: Basis) -> tuple[Change, ...]:
    """The changes of the period; of a sample, its frozen population."""
    sample = basis.context.sample
    return basis.material.changes if sample is None else sample.material.changes


def _proofs(basis: Basis, prove: Callable[[Sequence[int]], bytes] | None) -> tuple[Attachment, ...]:
    cited = _cited(basis)
    if prove is None or not cited:
        return ()
    verifier = (resources.files("ledger") / "standalone" / "verify.py").read_bytes()
    return (
        Attachment(
            PROOFS,
            "application/zip",
            f"{len(cited)} of the entries named here, each with its inclusion proof",
            prove(cited),
            "Supplement",
        ),
        Attachment(
            VERIFIER,
            "text/x-python",
            "Checks proofs.zip without this program: Python and the package cryptography",
            verifier,
            "Supplement",
        ),
    )


def _cited(basis: Basis) -> list[int]:
    """The entries to prove, each once: the sample's, what is wrong, every change of the period."""
    sampled = basis.context.sample.cited() if basis.context.sample else ()
    wrong = (
        entry
        for result in basis.assessment.results
        for finding in result.findings
        for deviation in (*finding.exceptions, *finding.missing)
        for entry in deviation.entries
    )
    told = (entry for change in basis.material.changes for entry in change.story)
    return list(dict.fromkeys((*sampled, *wrong, *told)))[:MOST_PROVED]

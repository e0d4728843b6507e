"""Make a report: assemble, draw, attach its data, seal. No clock, no store: all is handed in.

The unsealed bytes are deterministic, so that anybody with the entries can draw them again and
compare their digest with the one in the ledger; the seal then only appends to them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webui.reports.assemble import ReportContext, assemble
from webui.reports.evidence_json import evidence_json
from webui.reports.pdf.attachment import Attachment

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.state.history import History
    from policies.controls.finding import Verdict
    from policies.controls.scope import Scope

__all__ = ["EVIDENCE", "MadeReport", "ReportContext", "make_report"]

EVIDENCE: Final = "evidence.json"


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
) -> MadeReport:
    """Make and seal the report of one framework; ``signing_time`` has a time zone.

    Raises:
        InputError: no such framework ships.
        ValueError: the history is empty, or key and certificate do not belong together.
    """
    from webui.reports.pdf.render import render_pdf
    from webui.reports.pdf.seal import seal_pdf

    report = assemble(framework, scope, history, context)
    evidence = evidence_json(report)
    attached = Attachment(
        EVIDENCE,
        "application/json",
        "What this report says, as data: findings, tables, position, root",
        evidence,
    )
    drawn = render_pdf(report, (attached,))
    sealed = seal_pdf(
        drawn.data, key_pem=seal_key_pem, certificate_pem=certificate_pem, signing_time=signing_time
    )
    return MadeReport(
        unsealed_sha256=hashlib.sha256(drawn.data).hexdigest(),
        sealed=sealed,
        sealed_sha256=hashlib.sha256(sealed).hexdigest(),
        pages=drawn.pages,
        verdicts=dict(report.summary),
        evidence_json=evidence,
    )

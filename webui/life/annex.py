"""An annex: a few sections as a PDF of the same make as reports, over the ledger as it stands.

It is drawn for whoever asks, is not sealed and leaves no entry; the cover says at which position of
which ledger it stands, so that it can be made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.names import parse_instant
from webui.reports.model import Report
from webui.reports.pdf.render import render_pdf
from webui.wiring import generator

if TYPE_CHECKING:
    from webui.reports.model import Section
    from webui.wiring import Wiring


def annex_pdf(
    wiring: Wiring, title: str, subtitle: str, scope: str, sections: tuple[Section, ...]
) -> bytes:
    """Draw sections behind a cover."""
    head = wiring.reader.head()
    last = parse_instant(head.recorded_at).replace(microsecond=0)
    report = Report(
        title=title,
        subtitle=subtitle,
        framework="Annex",
        scope=scope,
        report_id=f"annex-{head.size}",
        origin=wiring.log.origin,
        position=head.size,
        head=head.root.hex(),
        period_from=last.date(),
        period_to=last.date(),
        generated_at=last,
        generator=generator(),
        sections=sections,
        watermark="DEMO DATA" if wiring.is_demo else None,
    )
    return render_pdf(report).data

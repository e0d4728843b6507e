"""A report becomes a PDF: cover, contents, sections; the same report gives the same bytes.

The file is dated with the report's own time, so that neither clock nor machine stands in it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportlab.platypus import BaseDocTemplate, Flowable, NextPageTemplate, PageBreak

from webui.reports.pdf.attachment import embed
from webui.reports.pdf.blocks import story
from webui.reports.pdf.contents import contents_pages, marks_of
from webui.reports.pdf.cover import Cover
from webui.reports.pdf.fonts import SANS
from webui.reports.pdf.glyph_notice import glyph_notice, missing_glyphs
from webui.reports.pdf.metadata import LANGUAGE, describe
from webui.reports.pdf.page import (
    BODY,
    UPRIGHT,
    ReportCanvas,
    edge_words,
    inner_size,
    page_templates,
)
from webui.reports.pdf.text import identity

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Sequence

    from webui.reports.model import Report
    from webui.reports.pdf.attachment import Attachment


@dataclass(frozen=True)
class Rendered:
    """A PDF that is not sealed yet.

    ``missing_glyphs`` is how many characters are drawn as boxes because no typeface has them; the
    PDF says so itself where there are any.
    """

    data: bytes
    pages: int
    missing_glyphs: int


def render_pdf(report: Report, attachments: Sequence[Attachment] = ()) -> Rendered:
    """Draw a report, with files embedded in it.

    Raises:
        ValueError: two attachments have one name.
    """
    buffer = io.BytesIO()
    words = edge_words(report)
    made: list[ReportCanvas] = []

    def canvas(*arguments: Any, **settings: Any) -> ReportCanvas:
        settings |= {"invariant": 1, "pageCompression": 1, "lang": LANGUAGE, "pdfVersion": (1, 7)}
        drawn = ReportCanvas(*arguments, words=words, **(settings | {"initialFontName": SANS}))
        _date(drawn, report)
        embed(drawn._doc, attachments)  # noqa: SLF001 - reportlab has no reader for it
        describe(drawn._doc, report)  # noqa: SLF001
        made.append(drawn)
        return drawn

    document = BaseDocTemplate(
        buffer,
        pagesize=UPRIGHT,
        title=identity(report.title),
        subject=identity(report.subtitle),
        author=identity(report.origin),
        creator=identity(report.generator),
    )
    document.addPageTemplates(page_templates(words))
    missing = missing_glyphs(report)
    document.build(list(_story(report, missing)), canvasmaker=canvas)
    return Rendered(buffer.getvalue(), made[-1].page_count, sum(missing.values()))


def _story(report: Report, missing: Counter[str]) -> Iterator[Flowable]:
    yield NextPageTemplate(BODY)
    yield Cover(report)
    for page in contents_pages(marks_of(report), inner_size(UPRIGHT)[1]):
        yield PageBreak()
        yield page
    yield from story(report, glyph_notice(missing))


def _date(canvas: ReportCanvas, report: Report) -> None:
    canvas.setViewerPreference("DisplayDocTitle", "true")
    canvas.showOutline()
    stamp = canvas._doc._timeStamp  # noqa: SLF001 - the only way to date a file
    stamp.YMDhms = report.generated_at.timetuple()[:6]

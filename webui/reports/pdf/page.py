"""The pages: A4 upright or lying, a canvas that knows how many there will be, header, footer.

Rules:
- One pass: pages are kept until the last is drawn, then each gets its header, footer and, where the
  table of contents stands, its page numbers.
- What stands on the margin, the watermark included, is an artifact: it is not read out.
- Header and footer never overlap and never run into the margin: what is too long is shortened.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from reportlab.lib.pagesizes import A3, A4, landscape
from reportlab.pdfbase.pdfdoc import LinkAnnotation, PDFName, PDFString
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Frame, PageTemplate

from webui.reports.appearance import RULE
from webui.reports.pdf.fonts import BOLD, SANS, drawable, text_width
from webui.reports.pdf.object_streams import write_document
from webui.reports.pdf.tags import Structure
from webui.reports.pdf.text import Mark, Style, draw, draw_right, identity, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webui.reports.model import Report
    from webui.reports.pdf.tags import Node

UPRIGHT: Final[tuple[float, float]] = A4
LYING: Final[tuple[float, float]] = landscape(A4)
LARGE: Final[tuple[float, float]] = landscape(A3)
SIDE: Final = 56.0
TOP: Final = 74.0
BOTTOM: Final = 66.0
COVER: Final = "cover"
BODY: Final = "body"
WIDE: Final = "wide"
LARGEST: Final = "largest"
SHEETS: Final = {BODY: UPRIGHT, WIDE: LYING, LARGEST: LARGE}
"""The templates for text and figures, the usual one first."""

_EDGE_WORDS: Final = Style(size=7, colour="#566472")
_EDGE_BOLD: Final = Style(face=BOLD, size=7, colour="#566472")
_SECTION_LINE: Final = Style(face=BOLD, size=9.4, colour="#1b2733")
_INNER_LINE: Final = Style(size=8.6, colour="#37444f")
_HEAD_SHOWN: Final = 16
_WATERMARK: Final = "#eceff2"
LinkAnnotation.permitted = (*LinkAnnotation.permitted, "StructParent")
"""reportlab does not know that a link can be an element."""


@dataclass(frozen=True)
class EdgeWords:
    """What stands in the margin of every page, drawable."""

    title: str
    classification: str
    standing: str
    watermark: str


@dataclass(frozen=True)
class Slot:
    """Lines of the table of contents waiting for their page numbers. ``y`` are base lines."""

    node: Node
    x: float
    width: float
    lines: tuple[tuple[Mark, float], ...]


def edge_words(report: Report) -> EdgeWords:
    """The words of header, footer and watermark."""
    parts = (
        report.origin,
        f"position {report.position:,}",
        f"head {report.head[:_HEAD_SHOWN]}",
        report.report_id,
    )
    return EdgeWords(
        title=drawable(report.title),
        classification=drawable(report.classification),
        standing=drawable(" · ".join(parts)),
        watermark=drawable(report.watermark or ""),
    )


def inner_size(page: tuple[float, float]) -> tuple[float, float]:
    """Width and height that a page leaves for text."""
    return page[0] - 2 * SIDE, page[1] - TOP - BOTTOM


def page_templates(words: EdgeWords) -> list[PageTemplate]:
    """The templates: the cover and each of ``SHEETS``."""

    def ground(canvas: ReportCanvas, _document: Any) -> None:
        _draw_watermark(canvas, words.watermark)

    return [
        PageTemplate(name, [_frame(size)], onPage=ground, pagesize=size)
        for name, size in ((COVER, UPRIGHT), *SHEETS.items())
    ]


class ReportCanvas(Canvas):  # type: ignore[misc]  # reportlab has no types
    """A canvas that keeps its pages until ``save``. Used by one thread, for one document."""

    def __init__(self, *args: Any, words: EdgeWords, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._annotationCount: int
        self._words = words
        self._kept: list[dict[str, Any]] = []
        self._pages_of: dict[str, int] = {}
        self.structure = Structure()
        self.slot: Slot | None = None

    @property
    def page_count(self) -> int:
        """How many pages there are so far."""
        return len(self._kept)

    def mark(self, mark: Mark, top: float) -> None:
        """Bind a mark to the current page at height ``top`` of the current coordinates."""
        if mark.level == 0:
            self.structure.begin_section()
        self._pages_of[mark.key] = self._pageNumber
        self.bookmarkHorizontal(mark.key, 0, top)
        self.addOutlineEntry(identity(mark.title), mark.key, mark.level, closed=mark.level == 0)

    @contextmanager
    def tagged(self, node: Node) -> Iterator[None]:
        """What is drawn within belongs to an element."""
        self._code.append(self.opening(node))
        yield
        self._code.append("EMC")

    def opening(self, node: Node) -> str:
        """The operator that opens a piece of an element; ``EMC`` closes it."""
        return f"/{node.kind} <</MCID {self.structure.mark(node, self._pageNumber)}>> BDC"

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """What is drawn within is for the eye alone."""
        self._code.append("/Artifact BMC")
        yield
        self._code.append("EMC")

    def link_element(self, node: Node, name: str) -> dict[str, Any]:
        """What an annotation ``name`` of this page needs to belong to an element of links."""
        key = self.structure.link(node, self._pageNumber, self._doc.annotationName(name))
        return {"StructParent": key, "F": 4}

    def web_link(self, address: str, box: tuple[float, float, float, float], words: str) -> None:
        """A link to a whole address, in the coordinates of the moment; ``words`` name it."""
        name = f"NUMBER{self._annotationCount + 1}"
        needs = self.link_element(self.structure.here.add("Link"), name)
        self.linkURL(address, box, relative=1, Contents=PDFString(identity(words)), **needs)

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        """Keep the page; links bound to it hold, since page names are counted on here."""
        self._kept.append(dict(self.__dict__))
        self._doc.pageCounter += 1
        self._doc.inObject = None
        self.slot = None
        self._startPage()

    def save(self) -> None:
        """Complete and write every page."""
        self._doc.pageCounter = 1
        annotations = self._annotationCount
        for page in self._kept:
            self.__dict__.update(page)
            self._annotationCount = annotations
            with self.artifact():
                self._draw_edges(len(self._kept))
            if self.slot is not None:
                self._draw_slot(self.slot)
            annotations = self._annotationCount
            super().showPage()
        for number, drawn in enumerate(self._doc.Pages.pages):
            drawn.__NoDefault__ = [*drawn.__NoDefault__, "StructParents", "Tabs"]
            drawn.StructParents, drawn.Tabs = number, PDFName("S")
        elements = self.structure.write(self._doc)
        self._doc.format = partial(write_document, self._doc, elements)
        self._doc.SaveToFile(self._filename, self)

    def _draw_edges(self, pages: int) -> None:
        words, (width, height) = self._words, self._pagesize
        right, room = width - SIDE, width - 2 * SIDE
        self.setStrokeColor(RULE)
        self.setLineWidth(0.5)
        if self._pageNumber > 1:
            top = height - 46
            label = shortened(words.classification, _EDGE_BOLD, room / 3)
            label_width = text_width(label, BOLD, _EDGE_BOLD.size)
            title = shortened(words.title, _EDGE_WORDS, room - label_width - 16)
            draw(self, SIDE, top, title, _EDGE_WORDS)
            draw_right(self, right, top, label, _EDGE_BOLD)
            self.line(SIDE, top - 7, right, top - 7)
        bottom = 38
        count = f"page {self._pageNumber} of {pages}"
        count_width = text_width(count, SANS, _EDGE_WORDS.size)
        standing = shortened(words.standing, _EDGE_WORDS, room - count_width - 16)
        self.line(SIDE, bottom + 13, right, bottom + 13)
        draw(self, SIDE, bottom, standing, _EDGE_WORDS)
        draw_right(self, right, bottom, count, _EDGE_WORDS)

    def _draw_slot(self, slot: Slot) -> None:
        right = slot.x + slot.width
        for mark, y in slot.lines:
            style = _INNER_LINE if mark.level else _SECTION_LINE
            left = slot.x + 14 * mark.level
            number = str(self._pages_of[mark.key])
            title = shortened(mark.title, style, right - left - 40)
            link = slot.node.add("TOCI").add("Reference").add("Link")
            with self.tagged(link):
                draw(self, left, y, title, style)
                draw_right(self, right, y, number, style)
            with self.artifact():
                end = left + text_width(title, style.face, style.size)
                self._draw_leader(end + 6, right - 24, y)
            self._link_to(mark, (left, y - 3, right, y + style.size), link)

    def _link_to(self, mark: Mark, box: tuple[float, float, float, float], link: Node) -> None:
        name = f"contents-{mark.key}"
        needs = self.link_element(link, name)
        words = identity(f"{mark.title}, page {self._pages_of[mark.key]}")
        self.linkAbsolute(words, mark.key, box, name=name, thickness=0, **needs)

    def _draw_leader(self, left: float, right: float, y: float) -> None:
        if right - left < 12:  # noqa: PLR2004 - three dots at least
            return
        self.saveState()
        self.setStrokeColor(RULE)
        self.setLineWidth(0.6)
        self.setDash([0.6, 3])
        self.line(left, y + 1, right, y + 1)
        self.restoreState()


def _frame(size: tuple[float, float]) -> Frame:
    width, height = inner_size(size)
    return Frame(
        SIDE, BOTTOM, width, height, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0
    )


def _draw_watermark(canvas: ReportCanvas, text: str) -> None:
    if not text:
        return
    with canvas.artifact():
        _draw_across(canvas, text)


def _draw_across(canvas: ReportCanvas, text: str) -> None:
    width, height = canvas._pagesize  # noqa: SLF001 - reportlab has no reader for it
    size = min(96.0, width * 0.95 * 96 / max(text_width(text, BOLD, 96), 1))
    canvas.saveState()
    canvas.translate(width / 2, height / 2)
    canvas.rotate(45)
    style = Style(face=BOLD, size=size, colour=_WATERMARK)
    draw(canvas, -text_width(text, BOLD, size) / 2, -size / 3, text, style)
    canvas.restoreState()

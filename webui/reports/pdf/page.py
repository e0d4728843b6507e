"""The page: A4, margins, header, footer, watermark, and a canvas that knows all pages at the end.

Pages are kept until the last one is drawn. Only then are the things added that need the whole:
"page x of y", the page numbers of the contents, the outline's targets. So one pass is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from webui.reports.appearance import INK, MUTED, RULE
from webui.reports.pdf.fonts import BOLD, SANS, drawable, text_width
from webui.reports.pdf.text import Mark, Style, draw, draw_right, identity, shortened

if TYPE_CHECKING:
    from datetime import datetime

    from webui.reports.model import Report

PAGE_WIDTH: Final[float] = A4[0]
PAGE_HEIGHT: Final[float] = A4[1]
MARGIN: Final = 56.0
TOP: Final = 78.0
BOTTOM: Final = 66.0
TEXT_WIDTH: Final = PAGE_WIDTH - 2 * MARGIN
TEXT_HEIGHT: Final = PAGE_HEIGHT - TOP - BOTTOM

_HEADER: Final = Style(size=7.4, colour=MUTED)
_HEADER_CLASS: Final = Style(face=BOLD, size=7.4, colour=MUTED)
_FOOTER: Final = Style(size=6.6, colour=MUTED)
_PAGE: Final = Style(size=7.4, colour=INK)
_WATERMARK: Final = "#eceff2"
_HASH: Final = 12


@dataclass(frozen=True)
class Furniture:
    """What stands on every page. ``moment`` dates the file."""

    title: str
    classification: str
    foot: str
    watermark: str
    moment: datetime
    subject: str
    generator: str

    @classmethod
    def of(cls, report: Report) -> Furniture:
        """The furniture of a report."""
        foot = (
            f"{report.origin} \N{MIDDLE DOT} position {report.position:,} \N{MIDDLE DOT} "
            f"root {report.head[:_HASH]}\N{HORIZONTAL ELLIPSIS} \N{MIDDLE DOT} {report.report_id}"
        )
        return cls(
            report.title,
            report.classification,
            foot,
            report.watermark or "",
            report.generated_at,
            report.subtitle,
            report.generator,
        )


@dataclass(frozen=True)
class _Listed:
    """A line of the contents on a page, whose number is still to come."""

    page: int
    mark: Mark
    rectangle: tuple[float, float, float, float]
    style: Style


@dataclass(frozen=True)
class _Marked:
    page: int
    mark: Mark
    top: float


class PageCanvas(Canvas):  # type: ignore[misc]  # reportlab has no types
    """A canvas that keeps its pages and finishes them when their number is known."""

    def __init__(self, *arguments: Any, furniture: Furniture, **options: Any) -> None:
        options |= {"invariant": 1, "initialFontName": SANS, "lang": "en-GB"}
        options |= {"pageCompression": 1}
        super().__init__(*arguments, **options)
        self._furniture = furniture
        self._states: list[dict[str, Any]] = []
        self._marks: list[_Marked] = []
        self._listed: list[_Listed] = []
        self._describe()
        self._draw_watermark()

    def mark(self, mark: Mark, y: float) -> None:
        """Make the height ``y`` of the current page a target of the outline and the contents."""
        _, top = self.absolutePosition(0, y)
        self._marks.append(_Marked(len(self._states) + 1, mark, top))

    def list_mark(self, mark: Mark, width: float, height: float, style: Style) -> None:
        """Let the line at the origin, so large, lead to ``mark`` and show its page number."""
        left, bottom = self.absolutePosition(0, 0)
        rectangle = (left, bottom, left + width, bottom + height)
        self._listed.append(_Listed(len(self._states) + 1, mark, rectangle, style))

    @property
    def page_count(self) -> int:
        """How many pages were finished."""
        return len(self._states)

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        """Keep the page and begin another."""
        self._states.append(dict(self.__dict__))
        self._startPage()
        self._draw_watermark()

    def save(self) -> None:
        """Finish every page and write the file."""
        pages = {marked.mark.key: marked.page for marked in self._marks}
        for number, state in enumerate(self._states, start=1):
            self.__dict__.update(state)
            self._draw_header(number)
            self._draw_footer(number)
            self._set_targets(number)
            self._number_contents(number, pages)
            super().showPage()
        super().save()

    def _describe(self) -> None:
        furniture = self._furniture
        self.setTitle(identity(furniture.title))
        self.setSubject(identity(furniture.subject))
        self.setAuthor(identity(furniture.generator))
        self.setCreator(identity(furniture.generator))
        self.setViewerPreference("DisplayDocTitle", "true")
        self.showOutline()
        stamp = self._doc._timeStamp  # noqa: SLF001 - the only way to date a file
        stamp.YMDhms = furniture.moment.timetuple()[:6]

    def _draw_watermark(self) -> None:
        text = drawable(self._furniture.watermark)
        if not text:
            return
        size = min(92.0, PAGE_WIDTH * 0.95 / max(text_width(text, BOLD, 1.0), 0.1))
        style = Style(face=BOLD, size=size, colour=_WATERMARK)
        self.saveState()
        self.translate(PAGE_WIDTH / 2, PAGE_HEIGHT / 2)
        self.rotate(52)
        draw(self, -text_width(text, BOLD, size) / 2, -size / 3, text, style)
        self.restoreState()

    def _draw_header(self, number: int) -> None:
        y = PAGE_HEIGHT - 44
        right = PAGE_WIDTH - MARGIN
        classification = shortened(self._furniture.classification, _HEADER_CLASS, TEXT_WIDTH / 3)
        draw_right(self, right, y, classification, _HEADER_CLASS)
        if number == 1:
            return
        draw(self, MARGIN, y, shortened(self._furniture.title, _HEADER, TEXT_WIDTH * 0.6), _HEADER)
        self._rule(y - 9)

    def _draw_footer(self, number: int) -> None:
        y = 36
        page = f"page {number} of {len(self._states)}"
        room = TEXT_WIDTH - 70
        self._rule(y + 14)
        draw(self, MARGIN, y, shortened(self._furniture.foot, _FOOTER, room), _FOOTER)
        draw_right(self, PAGE_WIDTH - MARGIN, y, page, _PAGE)

    def _rule(self, y: float) -> None:
        self.setStrokeColor(RULE)
        self.setLineWidth(0.5)
        self.setDash()
        self.line(MARGIN, y, PAGE_WIDTH - MARGIN, y)

    def _set_targets(self, number: int) -> None:
        for marked in self._marks:
            if marked.page == number:
                mark = marked.mark
                self.bookmarkHorizontalAbsolute(mark.key, marked.top)
                closed = 1 if mark.level == 0 else None
                self.addOutlineEntry(identity(mark.title), mark.key, mark.level, closed)

    def _number_contents(self, number: int, pages: dict[str, int]) -> None:
        for listed in self._listed:
            if listed.page != number or listed.mark.key not in pages:
                continue
            _, bottom, right, _ = listed.rectangle
            y = bottom + listed.style.leading * 0.27
            draw_right(self, right, y, str(pages[listed.mark.key]), listed.style)
            self.linkAbsolute("", listed.mark.key, listed.rectangle, Border="[0 0 0]")

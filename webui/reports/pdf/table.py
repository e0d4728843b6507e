"""Tables that are drawn fast: heights are known before drawing, one text object per column.

Rules:
- Cells wrap; a cell of more than ``MOST_LINES`` lines ends in an ellipsis, and the table then says
  that the attached evidence holds the whole text.
- Rows never split; the head stands on every page, and is read out once.

Cost: 10,000 rows of six cells take about two seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from reportlab.platypus import Flowable

from webui.reports.appearance import INK, MUTED, RULE
from webui.reports.pdf.fonts import BOLD, MONO, SANS, Face, text_width
from webui.reports.pdf.tags import HEAD_OF_COLUMN, Element
from webui.reports.pdf.text import (
    CAPTION,
    SMALL,
    Line,
    Style,
    capped,
    draw,
    shortened,
    show,
    wrap,
)

if TYPE_CHECKING:
    from reportlab.pdfgen.textobject import PDFTextObject

    from webui.reports.model import Align, Table
    from webui.reports.pdf.page import ReportCanvas
    from webui.reports.pdf.tags import Node

MOST_LINES: Final = 12
SIZE: Final = 7.8
LEADING: Final = 10.4
GUTTER: Final = 8.0
PADDING: Final = 3.2
_WIDEST: Final = 1.0
_HEAD_STYLE: Final = Style(face=BOLD, size=7.2, leading=9.6, colour=MUTED)
_CUT_NOTE: Final = "Cells that end in “…” were too long to print; the attached evidence is whole."


@dataclass(frozen=True)
class _Cells:
    """A table broken into lines for one width. ``tops`` are the sums of row heights so far."""

    widths: tuple[float, ...]
    head: tuple[list[str], ...]
    rows: tuple[tuple[list[str], ...], ...]
    tops: tuple[float, ...]
    is_cut: bool

    @property
    def head_height(self) -> float:
        most = max((len(lines) for lines in self.head), default=0)
        return most * _HEAD_STYLE.leading + 2 * PADDING if most else 0.0


@dataclass(frozen=True)
class _Setting:
    """How the lines of one column are set."""

    face: Face
    size: float
    align: Align
    width: float


class TableFlow(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A table of the model, or a stretch of its rows."""

    def __init__(self, table: Table, *, with_head: bool = True) -> None:
        super().__init__()
        self._table = table
        self._with_head = with_head
        self._element = Element("Table")
        self._cells: _Cells | None = None
        self._start = 0
        self._end = len(table.rows)
        self.spaceBefore = 4
        self.spaceAfter = 12

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """The size of the rows and what stands around them."""
        del available_height
        self.width = available_width
        if self._cells is None:
            self._cells = _broken(self._table, available_width, with_head=self._with_head)
        rows = self._cells.tops[self._end] - self._cells.tops[self._start]
        self.height = self._above(self._cells) + rows + self._below(self._cells)
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        """The rows that fit, and the others; nothing if no row fits."""
        self.wrap(available_width, available_height)
        cells = self._cells
        if cells is None:
            return []
        room = available_height - self._above(cells)
        at = bisect_right(cells.tops, cells.tops[self._start] + room) - 1
        if at <= self._start or at >= self._end:
            at = min(at, self._end - 1)
        if at <= self._start:
            return []
        return [self._stretch(self._start, at), self._stretch(at, self._end)]

    def draw(self) -> None:
        """Draw at the canvas's origin."""
        cells = self._cells
        if cells is None:
            return
        y = self.height
        table = self._element.of(self.canv.structure)
        if self._start == 0 and self._table.caption:
            y -= CAPTION.leading
            caption = shortened(self._table.caption, CAPTION, self.width)
            with self.canv.tagged(table.add("Caption")):
                draw(self.canv, 0, y + 4, caption, CAPTION)
        if cells.head_height:
            y -= cells.head_height
            if self._start == 0:
                self._draw_head(cells, y, table.add("TR"))
            else:
                with self.canv.artifact():
                    self._draw_head(cells, y, None)
        self._draw_rows(cells, y, [table.add("TR") for _ in range(self._start, self._end)])
        if self._below(cells):
            with self.canv.tagged(self.canv.structure.here.add("P")):
                draw(self.canv, 0, 2, shortened(_CUT_NOTE, SMALL, self.width), SMALL)

    def _stretch(self, start: int, end: int) -> TableFlow:
        piece = TableFlow(self._table, with_head=self._with_head)
        piece._cells, piece._start, piece._end = self._cells, start, end
        piece._element = self._element
        return piece

    def _above(self, cells: _Cells) -> float:
        caption = CAPTION.leading if self._start == 0 and self._table.caption else 0.0
        return caption + cells.head_height

    def _below(self, cells: _Cells) -> float:
        return SMALL.leading if cells.is_cut and self._end == len(self._table.rows) else 0.0

    def _draw_head(self, cells: _Cells, bottom: float, row: Node | None) -> None:
        """Draw the head, as a row of the table or, without one, within an artifact."""
        canvas = self.canv
        top = bottom + cells.head_height - PADDING
        x = 0.0
        canvas.setFillColor(_HEAD_STYLE.colour)
        for column, lines, width in zip(self._table.columns, cells.head, cells.widths, strict=True):
            setting = _Setting(_HEAD_STYLE.face, _HEAD_STYLE.size, column.align, width)
            out = canvas.beginText()
            out.setFont(setting.face, setting.size)
            if row is not None:
                _begin(out, canvas, row.add("TH", HEAD_OF_COLUMN))
            for number, line in enumerate(lines, start=1):
                _put(out, setting, x, top - number * _HEAD_STYLE.leading + 2.4, line)
            if row is not None:
                _end(out)
            canvas.drawText(out)
            x += width + GUTTER
        with nullcontext() if row is None else canvas.artifact():
            canvas.setStrokeColor(INK)
            canvas.setLineWidth(0.7)
            canvas.line(0, bottom, self.width, bottom)

    def _draw_rows(self, cells: _Cells, top: float, elements: list[Node]) -> None:
        canvas = self.canv
        first = cells.tops[self._start]
        tops = [top - (cells.tops[row] - first) for row in range(self._start, self._end + 1)]
        with canvas.artifact():
            canvas.setStrokeColor(RULE)
            canvas.setLineWidth(0.4)
            canvas.lines([(0, y, self.width, y) for y in tops[1:]])
        canvas.setFillColor(INK)
        x = 0.0
        for place, (column, width) in enumerate(
            zip(self._table.columns, cells.widths, strict=True)
        ):
            face = MONO if column.mono else SANS
            size = SIZE - 0.6 if column.mono else SIZE
            setting = _Setting(face, size, column.align, width)
            out = canvas.beginText()
            out.setFont(face, size)
            for row, row_top in zip(range(self._start, self._end), tops, strict=False):
                _begin(out, canvas, elements[row - self._start].add("TD"))
                for number, line in enumerate(cells.rows[row][place], start=1):
                    y = row_top - PADDING - number * LEADING + 2.6
                    _put(out, setting, x, y, line)
                _end(out)
            canvas.drawText(out)
            x += width + GUTTER


def _begin(out: PDFTextObject, canvas: ReportCanvas, cell: Node) -> None:
    """What follows within a text object belongs to a cell."""
    out._code.append(canvas.opening(cell))  # noqa: SLF001 - reportlab has no word for it


def _end(out: PDFTextObject) -> None:
    out._code.append("EMC")  # noqa: SLF001


def _put(out: PDFTextObject, setting: _Setting, x: float, y: float, line: str) -> None:
    """Put a line into a column that begins at ``x``."""
    if setting.align != "left":
        left = setting.width - text_width(line, setting.face, setting.size)
        x += left if setting.align == "right" else left / 2
    out.setTextOrigin(x, y)
    show(out, line, setting.face, setting.size)


def _broken(table: Table, width: float, *, with_head: bool) -> _Cells:
    shares = sum(column.weight for column in table.columns)
    room = width - GUTTER * (len(table.columns) - 1)
    widths = tuple(room * column.weight / shares for column in table.columns)
    styles = [
        Style(face=MONO, size=SIZE - 0.6) if column.mono else Style(size=SIZE)
        for column in table.columns
    ]
    head: tuple[list[str], ...] = tuple(
        [line.text for line in wrap(column.title, _HEAD_STYLE, wide)] if with_head else []
        for column, wide in zip(table.columns, widths, strict=True)
    )
    rows: list[tuple[list[str], ...]] = []
    is_cut = False
    for row in table.rows:
        cells = tuple(
            _cell(text, style, wide) for text, style, wide in zip(row, styles, widths, strict=True)
        )
        is_cut = is_cut or any(len(lines) > MOST_LINES for lines in cells)
        rows.append(
            tuple(
                _few(lines, style, wide)
                for lines, style, wide in zip(cells, styles, widths, strict=True)
            )
        )
    heights = (max(map(len, row)) * LEADING + 2 * PADDING for row in rows)
    return _Cells(widths, head, tuple(rows), (0.0, *accumulate(heights)), is_cut)


def _cell(text: str, style: Style, width: float) -> list[str]:
    if len(text) * style.size * _WIDEST <= width and text.isascii() and text.isprintable():
        return [text]
    if text.isascii() and text.isprintable() and text_width(text, style.face, style.size) <= width:
        return [text.rstrip()]
    return [line.text for line in wrap(text, style, width)]


def _few(lines: list[str], style: Style, width: float) -> list[str]:
    if len(lines) <= MOST_LINES:
        return lines
    return [line.text for line in capped([Line(text, style) for text in lines], MOST_LINES, width)]

"""Names and values in two columns; a row never splits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reportlab.platypus import Flowable

from webui.reports.appearance import RULE
from webui.reports.pdf.fonts import BOLD, MONO
from webui.reports.pdf.tags import HEAD_OF_ROW, Element
from webui.reports.pdf.text import Line, Style, capped, draw_line, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webui.reports.model import KeyValue
    from webui.reports.pdf.page import ReportCanvas
    from webui.reports.pdf.tags import Node

KEY: Final = Style(face=BOLD, size=8.2, leading=12, colour="#566472")
VALUE: Final = Style(size=8.8, leading=12)
MONO_VALUE: Final = Style(face=MONO, size=7.8, leading=12)
KEY_SHARE: Final = 0.27
MOST_LINES: Final = 30
_PADDING: Final = 3.4

Row = tuple[list[Line], list[Line]]


def key_value_rows(rows: Sequence[KeyValue], width: float, most_lines: int) -> list[Row]:
    """Each row broken into the lines of its name and of its value."""
    key_width = width * KEY_SHARE
    value_width = width - key_width
    return [
        (
            capped(wrap(row.key, KEY, key_width - 8), most_lines, key_width - 8),
            capped(
                wrap(row.value, MONO_VALUE if row.mono else VALUE, value_width),
                most_lines,
                value_width,
            ),
        )
        for row in rows
    ]


def row_height(row: Row) -> float:
    """The height of a row, in points."""
    return max(len(lines) for lines in row) * VALUE.leading + 2 * _PADDING


def draw_rows(
    canvas: ReportCanvas, rows: Sequence[Row], width: float, top: float, table: Node
) -> float:
    """Draw rows of an element downwards from ``top``; returns where the last one ends."""
    for row in rows:
        element = table.add("TR")
        cells = (element.add("TH", HEAD_OF_ROW), element.add("TD"))
        for left, lines, cell in zip((0.0, width * KEY_SHARE), row, cells, strict=True):
            y = top - _PADDING
            with canvas.tagged(cell):
                for line in lines:
                    y -= VALUE.leading
                    draw_line(canvas, left, y + 3.2, line)
        top -= row_height(row)
        with canvas.artifact():
            canvas.setStrokeColor(RULE)
            canvas.setLineWidth(0.4)
            canvas.line(0, top, width, top)
    return top


class KeyValuesFlow(Flowable):  # type: ignore[misc]  # reportlab has no types
    """Names and values in a page's text."""

    def __init__(
        self,
        rows: Sequence[KeyValue],
        broken: list[Row] | None = None,
        element: Element | None = None,
    ) -> None:
        super().__init__()
        self._element = element or Element("Table")
        self._rows = tuple(rows)
        self._broken = broken
        self.spaceBefore = 2
        self.spaceAfter = 12

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """The size of all rows."""
        del available_height
        if self._broken is None:
            self._broken = key_value_rows(self._rows, available_width, MOST_LINES)
        self.width = available_width
        self.height = sum(map(row_height, self._broken))
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        """The rows that fit, and the others; nothing if none fits."""
        self.wrap(available_width, available_height)
        broken = self._broken or []
        count, room = 0, available_height
        while count < len(broken) and room >= row_height(broken[count]):
            room -= row_height(broken[count])
            count += 1
        if not 0 < count < len(broken):
            return []
        return [
            KeyValuesFlow(self._rows, broken[:count], self._element),
            KeyValuesFlow(self._rows, broken[count:], self._element),
        ]

    def draw(self) -> None:
        """Draw at the canvas's origin."""
        table = self._element.of(self.canv.structure)
        draw_rows(self.canv, self._broken or [], self.width, self.height, table)

"""The cover: what the report is about, where in the ledger it stands, and the verdicts counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reportlab.platypus import Flowable

from policies.controls.finding import VERDICTS
from webui.reports.appearance import ACCENT, INK, MUTED, VERDICT_LOOKS, Look
from webui.reports.model import KeyValue
from webui.reports.pdf.fonts import BOLD
from webui.reports.pdf.key_values import draw_rows, key_value_rows
from webui.reports.pdf.text import (
    SMALL,
    Line,
    Style,
    capped,
    draw,
    draw_line,
    draw_right,
    shortened,
    wrap,
)

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from webui.reports.model import Report
    from webui.reports.pdf.tags import Kind

_NAME: Final = Style(face=BOLD, size=10.5, colour=ACCENT)
_CLASS: Final = Style(face=BOLD, size=8, colour=MUTED)
_FRAMEWORK: Final = Style(face=BOLD, size=10, leading=14, colour=ACCENT)
_TITLE: Final = Style(face=BOLD, size=26, leading=32)
_LONG_TITLE: Final = Style(face=BOLD, size=19, leading=24)
_LONGEST_TITLE: Final = Style(face=BOLD, size=14, leading=18.5)
_SUBTITLE: Final = Style(size=12, leading=17, colour=MUTED)
_COUNT: Final = Style(face=BOLD, size=21)
_STRIP_HEIGHT: Final = 74.0
_MOST_LINES: Final = 4
_WHAT_IT_IS: Final = (
    "This report states what each test found over the whole population: passed, failed, or could "
    "not be computed. Every statement names the ledger entries that prove it, and both can be "
    "checked offline. It is not an opinion and does not replace the judgement of an auditor."
)


class Cover(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A page of its own; fills the frame."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self._report = report

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """All of the frame."""
        self.width, self.height = available_width, available_height
        return available_width, available_height

    def draw(self) -> None:
        """Draw from the top down; the counted verdicts stand at the foot."""
        self._draw_name()
        y = self._draw_title(self.height - 96)
        rows = key_value_rows(_facts(self._report), self.width, _MOST_LINES)
        table = self.canv.structure.here.add("Table")
        draw_rows(self.canv, rows, self.width, y - 22, table)
        self._draw_foot()

    def _draw_name(self) -> None:
        canvas, y = self.canv, self.height - 4
        with canvas.artifact():
            canvas.setStrokeColor(ACCENT)
            canvas.setFillColor(ACCENT)
            canvas.setLineWidth(1.6)
            canvas.circle(9, y + 3.5, 8, stroke=1, fill=0)
            canvas.circle(9, y + 3.5, 4, stroke=0, fill=1)
        with self._element("P"):
            draw(canvas, 25, y, "counterseal", _NAME)
        label = shortened(self._report.classification.upper(), _CLASS, self.width / 2)
        with self._element("P"):
            draw_right(canvas, self.width, y, label, _CLASS)

    def _draw_title(self, y: float) -> float:
        canvas, report = self.canv, self._report
        with self._element("P"):
            draw(canvas, 0, y, "Report from the ledger", _FRAMEWORK)
        y = self._draw_lines("H1", _title_lines(report.title, self.width), y - 14) - 7
        if report.subtitle:
            lines = capped(wrap(report.subtitle, _SUBTITLE, self.width), 3, self.width)
            y = self._draw_lines("P", lines, y)
        with canvas.artifact():
            canvas.setFillColor(ACCENT)
            canvas.rect(0, y - 18, 64, 3, stroke=0, fill=1)
        return y - 18

    def _draw_lines(self, kind: Kind, lines: list[Line], y: float) -> float:
        """Draw lines below ``y`` as one element; returns where the last one stands."""
        with self._element(kind):
            for line in lines:
                y -= line.style.leading
                draw_line(self.canv, 0, y, line)
        return y

    def _element(self, kind: Kind) -> AbstractContextManager[None]:
        """What is drawn within is a new element."""
        within: AbstractContextManager[None] = self.canv.tagged(self.canv.structure.here.add(kind))
        return within

    def _draw_foot(self) -> None:
        note = wrap(_WHAT_IT_IS, SMALL, self.width)
        height = len(note) * SMALL.leading
        if self._report.summary:
            self._draw_strip(height + 18)
        self._draw_lines("P", note, height + 2)

    def _draw_strip(self, bottom: float) -> None:
        total = sum(self._report.summary.values())
        heading = f"{total:,} {'control' if total == 1 else 'controls'} by verdict"
        style = Style(face=BOLD, size=9, colour=INK)
        with self._element("P"):
            draw(self.canv, 0, bottom + _STRIP_HEIGHT + 10, heading, style)
        gap = 8.0
        width = (self.width - gap * (len(VERDICTS) - 1)) / len(VERDICTS)
        for place, verdict in enumerate(VERDICTS):
            count = self._report.summary.get(verdict, 0)
            self._draw_count(place * (width + gap), bottom, width, VERDICT_LOOKS[verdict], count)

    def _draw_count(self, x: float, y: float, width: float, look: Look, count: int) -> None:
        canvas = self.canv
        with canvas.artifact():
            canvas.setFillColor(look.tint)
            canvas.rect(x, y, width, _STRIP_HEIGHT, stroke=0, fill=1)
            canvas.setFillColor(look.ink)
            canvas.rect(x, y + _STRIP_HEIGHT - 3, width, 3, stroke=0, fill=1)
        number = Style(_COUNT.face, _COUNT.size, colour=look.ink if count else MUTED)
        word = Style(face=BOLD, size=7.6, leading=9.8, colour=look.ink)
        below = y + 23
        with self._element("P"):
            draw(canvas, x + 9, y + 40, shortened(f"{count:,}", number, width - 14), number)
            for line in wrap(f"{look.sign} {look.word}", word, width - 14):
                draw_line(canvas, x + 9, below, line)
                below -= word.leading


def _title_lines(title: str, width: float) -> list[Line]:
    """A title of up to two lines in large letters, a longer one in smaller ones."""
    for style, most in ((_TITLE, 2), (_LONG_TITLE, 4)):
        lines = wrap(title, style, width)
        if len(lines) <= most:
            return lines
    return capped(wrap(title, _LONGEST_TITLE, width), 8, width)


def _facts(report: Report) -> tuple[KeyValue, ...]:
    period = f"{report.period_from.isoformat()} to {report.period_to.isoformat()}"
    made = f"{report.generated_at:%Y-%m-%d %H:%M:%S} UTC, the time of the last entry included"
    return (
        KeyValue("Framework", report.framework),
        KeyValue("Scope", report.scope),
        KeyValue("Period", period),
        KeyValue("Ledger", report.origin),
        KeyValue("Position", f"{report.position:,} entries covered"),
        KeyValue("Root hash at the position", report.head, mono=True),
        KeyValue("As of", made),
        KeyValue("Report", report.report_id, mono=True),
        KeyValue("Made by", report.generator),
    )

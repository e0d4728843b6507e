"""A control's verdict on paper: word and sign, question, sentence, numbers, exceptions first."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from reportlab.platypus import CondPageBreak, Flowable

from webui.reports.appearance import HUMAN_PART_WORDS, INK, MUTED, VERDICT_LOOKS, WHITE
from webui.reports.model import Column, Table
from webui.reports.pdf.fonts import BOLD, MONO, drawable, text_width
from webui.reports.pdf.table import TableFlow
from webui.reports.pdf.text import (
    SMALL,
    Line,
    Lines,
    Mark,
    Style,
    capped,
    draw,
    draw_line,
    draw_right,
    shortened,
    wrap,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policies.controls.finding import Deviation
    from webui.reports.model import Verdict
    from webui.reports.pdf.tags import Node

_REF: Final = Style(face=BOLD, size=10.4, leading=14.4, colour=INK)
_QUESTION: Final = Style(size=9.4, leading=13.4)
_SENTENCE: Final = Style(face=BOLD, size=8.8, leading=12.8)
_PROOF: Final = Style(face=MONO, size=7.2, leading=10.4, colour=MUTED)
_INSET: Final = 12.0
_TAG_HEIGHT: Final = 15.0
_MOST_LINES: Final = 9
_MOST_RANGES: Final = 60
_ROOM_BELOW: Final = 170.0


def verdict_flow(block: Verdict, mark: Mark) -> list[Flowable]:
    """The flowables of a verdict."""
    return [
        CondPageBreak(_ROOM_BELOW),
        VerdictHead(block, mark),
        *_deviations("Exceptions", "What is not as asked", block.exceptions),
        *_deviations("Not provable from the ledger", "What is missing", block.missing),
        *_proof(block.entries),
    ]


def ranges(entries: Iterable[int]) -> list[str]:
    """Sequence numbers with neighbours joined: 3, 4, 5, 9 are ``3-5`` and ``9``, by an en dash."""
    known = sorted(set(entries))
    gaps = [(low, high) for low, high in pairwise(known) if high != low + 1]
    lows = (*known[:1], *(high for _, high in gaps))
    highs = (*(low for low, _ in gaps), *known[-1:])
    joined = zip(lows, highs, strict=True)
    return [f"{low}" if low == high else f"{low}\N{EN DASH}{high}" for low, high in joined]


def numbers(block: Verdict) -> str:
    """The numbers behind a verdict in one line of words."""
    parts = [
        f"Population {block.population:,}",
        f"Tested {block.tested:,}",
        f"Exceptions {len(block.exceptions):,}",
    ]
    if block.missing:
        parts.append(f"Not provable {len(block.missing):,}")
    parts.append(f"Person's part: {HUMAN_PART_WORDS[block.human_part]}")
    return "   ·   ".join(parts)


class VerdictHead(Flowable):  # type: ignore[misc]  # reportlab has no types
    """The panel at the head of a verdict. Texts past nine lines end in an ellipsis."""

    def __init__(self, block: Verdict, mark: Mark) -> None:
        super().__init__()
        self._block = block
        self._mark = mark
        self._texts: tuple[list[Line], ...] = ()
        self.spaceBefore = 8
        self.spaceAfter = 8

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """The size of the panel."""
        del available_height
        room = available_width - 2 * _INSET
        self._texts = (
            capped(wrap(self._block.question, _QUESTION, room), _MOST_LINES, room),
            capped(wrap(self._block.sentence, _SENTENCE, room), _MOST_LINES, room),
        )
        self.width = available_width
        texts = sum(line.style.leading for lines in self._texts for line in lines)
        self.height = _TAG_HEIGHT + texts + SMALL.leading + 2 * _INSET + 12
        return self.width, self.height

    def draw(self) -> None:
        """Draw at the canvas's origin."""
        canvas, look = self.canv, VERDICT_LOOKS[self._block.verdict]
        canvas.mark(self._mark, self.height + 8)
        with canvas.artifact():
            canvas.setFillColor(look.tint)
            canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
            canvas.setFillColor(look.ink)
            canvas.rect(0, 0, 3.2, self.height, stroke=0, fill=1)
        top = self.height - _INSET
        parent = canvas.structure.here
        self._draw_top(top, parent.add("H3"))
        y = top - _TAG_HEIGHT - 6
        for lines in self._texts:
            with canvas.tagged(parent.add("P")):
                for line in lines:
                    y -= line.style.leading
                    draw_line(canvas, _INSET, y + 3.4, line)
        room = self.width - 2 * _INSET
        with canvas.tagged(parent.add("P")):
            draw(canvas, _INSET, _INSET - 1, shortened(numbers(self._block), SMALL, room), SMALL)

    def _draw_top(self, top: float, heading: Node) -> None:
        """The reference, which is the heading, and beside it verdict and tests."""
        canvas, look = self.canv, VERDICT_LOOKS[self._block.verdict]
        tag_style = Style(face=BOLD, size=8, colour=WHITE)
        tag = f"{look.sign}  {look.word.upper()}"
        tag_width = text_width(tag, BOLD, tag_style.size) + 14
        with canvas.artifact():
            canvas.setFillColor(look.ink)
            canvas.roundRect(_INSET, top - _TAG_HEIGHT, tag_width, _TAG_HEIGHT, 3, stroke=0, fill=1)
        left = _INSET + tag_width + 10
        right = self.width - _INSET
        tests = shortened(" · ".join(self._block.tests), SMALL, (right - left) / 2)
        room = right - left - text_width(tests, SMALL.face, SMALL.size) - 10
        reference = shortened(self._block.control_ref, _REF, room)
        with canvas.tagged(heading):
            draw(canvas, left, top - _TAG_HEIGHT + 4, reference, _REF)
        with canvas.tagged(canvas.structure.here.add("P")):
            draw(canvas, _INSET + 7, top - _TAG_HEIGHT + 4.6, tag, tag_style)
        if tests:
            with canvas.tagged(canvas.structure.here.add("P")):
                draw_right(canvas, right, top - _TAG_HEIGHT + 4.6, tests, SMALL)


def _deviations(title: str, heading: str, items: Sequence[Deviation]) -> list[Flowable]:
    if not items:
        return []
    rows = tuple(
        (", ".join(ranges(item.entries)) or "\N{EN DASH}", item.sentence) for item in items
    )
    columns = (Column("Entries", 2, mono=True), Column(heading, 9))
    return [TableFlow(Table(columns, rows, f"{title} ({len(items):,})"))]


def _proof(entries: Sequence[int]) -> list[Flowable]:
    if not entries:
        return []
    found = ranges(entries)
    text = ", ".join(found[:_MOST_RANGES])
    if len(found) > _MOST_RANGES:
        text += f", … and {len(found) - _MOST_RANGES:,} more ranges, in the attached evidence"
    title = f"Proved by {len(set(entries)):,} " + ("entry" if len(entries) == 1 else "entries")
    return [Lines([(drawable(title), SMALL), (text, _PROOF)], before=2, after=14)]

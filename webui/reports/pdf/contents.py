"""The table of contents: which marks a report has, and the pages that wait for their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reportlab.platypus import Flowable

from webui.reports.model import Heading, Verdict
from webui.reports.pdf.fonts import drawable
from webui.reports.pdf.page import Slot
from webui.reports.pdf.text import SECTION, Mark, draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webui.reports.model import Report

_TITLE_ROOM: Final = 40.0
_LEADINGS: Final = (22.0, 15.0)


def section_mark(report: Report, section: int) -> Mark:
    """The mark of a section, counted from 0."""
    title = report.sections[section].title
    return Mark(f"s{section + 1}", f"{section + 1}  {drawable(title)}", 0)


def block_mark(block: Heading | Verdict, section: int, place: int) -> Mark:
    """The mark of a heading or verdict within its section, both counted from 0."""
    text = block.text if isinstance(block, Heading) else _named(block)
    return Mark(f"s{section + 1}-{place + 1}", drawable(text), 1)


def marks_of(report: Report) -> list[Mark]:
    """Every mark, in the order of the text."""
    marks: list[Mark] = []
    for number, section in enumerate(report.sections):
        marks.append(section_mark(report, number))
        marks += [
            block_mark(block, number, place)
            for place, block in enumerate(section.blocks)
            if isinstance(block, Heading | Verdict)
        ]
    return marks


def contents_pages(marks: Sequence[Mark], height: float) -> list[ContentsPage]:
    """As many pages as the marks need, each ``height`` points high."""
    pages: list[list[Mark]] = [[]]
    room = height - _TITLE_ROOM
    for mark in marks:
        leading = _LEADINGS[mark.level]
        if room < leading:
            pages.append([])
            room = height - _TITLE_ROOM
        pages[-1].append(mark)
        room -= leading
    return [ContentsPage(tuple(page), is_first=not at) for at, page in enumerate(pages)]


class ContentsPage(Flowable):  # type: ignore[misc]  # reportlab has no types
    """One page of the table of contents; its canvas writes the lines when the numbers are known."""

    def __init__(self, marks: tuple[Mark, ...], *, is_first: bool) -> None:
        super().__init__()
        self._marks = marks
        self._title = "Contents" if is_first else "Contents, continued"
        self._is_first = is_first

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """All of the frame."""
        self.width, self.height = available_width, available_height
        return available_width, available_height

    def draw(self) -> None:
        """Draw the title, and leave the lines to the canvas."""
        structure, title_at = self.canv.structure, self.height - SECTION.size
        if self._is_first:
            structure.begin_section()
            with self.canv.tagged(structure.here.add("H2")):
                draw(self.canv, 0, title_at, self._title, SECTION)
        else:
            with self.canv.artifact():
                draw(self.canv, 0, title_at, self._title, SECTION)
        left, y = self.canv.absolutePosition(0, self.height - _TITLE_ROOM)
        lines: list[tuple[Mark, float]] = []
        for mark in self._marks:
            y -= _LEADINGS[mark.level]
            lines.append((mark, y))
        self.canv.slot = Slot(structure.here.add("TOC"), left, self.width, tuple(lines))


def _named(block: Verdict) -> str:
    return f"{block.control_ref}  {block.question}"

"""Text on paper: styles, breaking into lines, and a flowable of lines that may split over pages.

No text is ever read as markup: lines are drawn character by character as they stand, so that
``<b>``, ``&`` and ``<img src>`` in a model's name are just that.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Final

from reportlab.platypus import Flowable

from webui.reports.appearance import INK, MUTED
from webui.reports.pdf import fonts
from webui.reports.pdf.direction import letter, turns, visual
from webui.reports.pdf.fonts import BOLD, MONO, SANS, Face, advances, drawable, runs, text_width
from webui.reports.pdf.tags import Element
from webui.reports.text_width import ELLIPSIS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reportlab.pdfgen.canvas import Canvas
    from reportlab.pdfgen.textobject import PDFTextObject

    from webui.reports.pdf.tags import Kind


@dataclass(frozen=True)
class Style:
    """How lines are set; lengths in points. ``indent`` moves every line after the first in."""

    face: Face = SANS
    size: float = 9.2
    leading: float = 13.6
    colour: str = INK
    indent: float = 0.0


@dataclass(frozen=True)
class Line:
    """One line, ready to be drawn."""

    text: str
    style: Style
    offset: float = 0.0


BODY: Final = Style()
SMALL: Final = Style(size=7.8, leading=11.0, colour=MUTED)
LABEL: Final = Style(face=BOLD, size=7.2, leading=10.5, colour=MUTED)
CAPTION: Final = Style(face=BOLD, size=8.2, leading=12.0, colour=INK)
SECTION: Final = Style(face=BOLD, size=17, leading=22)
HEADING: Final = Style(face=BOLD, size=11.2, leading=15)
_AT_ONCE: Final = 128
_JOINTS: Final = "-_/.:,;=&?@"
COMMAND: Final = Style(face=MONO, size=7.8, leading=11.6, indent=14)


def wrap(text: str, style: Style, width: float) -> list[Line]:
    """Break a text into lines of at most ``width`` points; a line feed always breaks.

    Words break at blanks; a word wider than the line (a digest, a path) breaks where it must.
    """
    lines: list[Line] = []
    for part in text.splitlines() or [""]:
        offset = style.indent if lines else 0.0
        for piece in _broken(drawable(part), style, width):
            lines.append(Line(piece, style, offset))
            offset = style.indent
    return lines


def shortened(text: str, style: Style, width: float) -> str:
    """A drawable text cut to ``width`` points, with an ellipsis if anything was cut."""
    text = drawable(text)
    if text_width(text, style.face, style.size) <= width:
        return text
    room = width - text_width(ELLIPSIS, style.face, style.size)
    return text[: _fitting(text, style, room)].rstrip() + ELLIPSIS


def capped(lines: list[Line], most: int, width: float) -> list[Line]:
    """At most ``most`` lines; the last ends in an ellipsis if some were left out."""
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    cut = shortened(last.text + " " + lines[most].text + " " + "W" * 200, last.style, width)
    return [*lines[: most - 1], replace(last, text=cut)]


def draw_line(canvas: Canvas, x: float, y: float, line: Line) -> None:
    """Draw a line whose base line begins at ``x``, ``y``."""
    draw(canvas, x + line.offset, y, line.text, line.style)


def draw(canvas: Canvas, x: float, y: float, text: str, style: Style) -> None:
    """Draw a drawable text whose base line begins at ``x``, ``y``."""
    canvas.setFillColor(style.colour)
    out = canvas.beginText(x, y)
    show(out, text, style.face, style.size)
    canvas.drawText(out)


def show(out: PDFTextObject, text: str, face: Face, size: float) -> None:
    """Show a drawable text in a text object, in the order in which it is seen.

    A form that stands for a letter of a joined script carries that letter, one by one: readers put
    what runs from right to left back in order themselves (ISO 32000-1 section 14.9.4).
    """
    if not turns(text):
        _show(out, text, face, size)
        return
    for is_form, stretch in groupby(visual(text), lambda character: letter(character) != character):
        if not is_form:
            _show(out, "".join(stretch), face, size)
            continue
        for form in stretch:
            meant = letter(form).encode("utf-16-be").hex().upper()
            out._code.append(f"/Span <</ActualText <FEFF{meant}>>> BDC")  # noqa: SLF001
            _show(out, form, face, size)
            out._code.append("EMC")  # noqa: SLF001


def _show(out: PDFTextObject, text: str, face: Face, size: float) -> None:
    # ASCII stands for itself in a face's first subset: where that is set, nothing is to look up.
    if out._curSubset == 0 and out._fontname == face and out._fontsize == size and text.isascii():  # noqa: SLF001
        out._code.append(f"({out._canvas._escape(text)}) Tj")  # noqa: SLF001
        return
    for run in runs(text, face):
        out.setFont(run.face, size)
        # As textOut does, but for the width, which nobody asks for: each line has its own place.
        out._code.append(out._formatText(run.text))  # noqa: SLF001


def draw_right(canvas: Canvas, x: float, y: float, text: str, style: Style) -> None:
    """Draw a drawable text whose base line ends at ``x``, ``y``."""
    draw(canvas, x - text_width(text, style.face, style.size), y, text, style)


def _fitting(text: str, style: Style, width: float) -> int:
    """How many characters from the beginning fit into ``width`` points."""
    room = width * 1000 / style.size
    fits = 0
    # A text can be long where a line is short: no more is looked at than the line can take.
    while fits < len(text):
        some = text[fits : fits + _AT_ONCE]
        reached = list(accumulate(advances(some, style.face)))
        count = bisect_right(reached, room)
        fits += count
        if count < len(some):
            break
        room -= reached[-1]
    return fits


def _broken(text: str, style: Style, width: float) -> Iterable[str]:
    room = width
    while True:
        count = _fitting(text, style, room)
        if count >= len(text):
            yield text.rstrip()
            return
        cut = _cut(text, count)
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
        room = width - style.indent
        if not text:
            return


def _cut(text: str, count: int) -> int:
    """Where to break a text of which ``count`` characters fit: at a blank, else after a joint."""
    blank = text.rfind(" ", 1, count + 1)
    if blank > 0 and text[:blank].strip():
        return blank
    joint = max(text.rfind(sign, count // 3, count) for sign in _JOINTS)
    return joint + 1 if joint > 0 else max(count, 1)


@dataclass(frozen=True)
class Panel:
    """What stands around lines: a ground, a bar at the left, and room inside."""

    ground: str | None = None
    bar: str | None = None
    inset_x: float = 0.0
    inset_y: float = 0.0


PLAIN: Final = Panel()


@dataclass(frozen=True)
class Mark:
    """A place that the table of contents and the outline point to; level 0 is a section."""

    key: str
    title: str
    level: int


class Lines(Flowable):  # type: ignore[misc]  # reportlab has no types
    """Texts one below the other, on one panel; splits between lines, never leaving one alone."""

    def __init__(
        self,
        parts: Sequence[tuple[str, Style]],
        panel: Panel = PLAIN,
        *,
        before: float = 0.0,
        after: float = 6.0,
        mark: Mark | None = None,
        may_split: bool = True,
        tag: Kind = "P",
    ) -> None:
        super().__init__()
        self._element = Element(tag)
        self._parts = tuple(parts)
        self._panel = panel
        self._mark = mark
        self._may_split = may_split
        self._lines: list[Line] | None = None
        self.spaceBefore = before
        self.spaceAfter = after

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """The size that the lines take."""
        del available_height
        self.width = available_width
        if self._lines is None:
            inner = available_width - 2 * self._panel.inset_x
            self._lines = [line for text, style in self._parts for line in wrap(text, style, inner)]
        self.height = self._height(self._lines)
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        """The lines that fit, and the others; nothing if fewer than two fit."""
        self.wrap(available_width, available_height)
        lines = self._lines or []
        count = len(lines)
        while count and self._height(lines[:count]) > available_height:
            count -= 1
        if len(lines) - count == 1:
            count -= 1
        if not self._may_split or count < 2 or count >= len(lines):  # noqa: PLR2004 - no widows
            return []
        first, second = self._piece(lines[:count], self._mark), self._piece(lines[count:], None)
        first.spaceAfter, second.spaceBefore = 0, 0
        return [first, second]

    def draw(self) -> None:
        """Draw at the canvas's origin."""
        canvas, panel = self.canv, self._panel
        if self._mark is not None:
            canvas.mark(self._mark, self.height + 8)
        with canvas.artifact():
            if panel.ground:
                canvas.setFillColor(panel.ground)
                canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
            if panel.bar:
                canvas.setFillColor(panel.bar)
                canvas.rect(0, 0, 3, self.height, stroke=0, fill=1)
        y = self.height - panel.inset_y
        with canvas.tagged(self._element.of(canvas.structure)):
            for line in self._lines or []:
                y -= line.style.leading
                draw_line(canvas, panel.inset_x, y + line.style.leading * 0.27, line)

    def _piece(self, lines: list[Line], mark: Mark | None) -> Lines:
        piece = Lines(
            self._parts, self._panel, before=self.spaceBefore, after=self.spaceAfter, mark=mark
        )
        piece._lines, piece._element = lines, self._element
        return piece

    def _height(self, lines: list[Line]) -> float:
        return sum(line.style.leading for line in lines) + 2 * self._panel.inset_y


def identity(text: str) -> str:
    """A text for the document's properties and outline: one line, nothing unseen, UTF-16 safe."""
    return "".join(
        character if character.isprintable() else (" " if character.isspace() else fonts.BOX)
        for character in text
    )

"""Each block of the model as flowables, in the order of the sections.

Rules:
- A heading or a table never stands alone at the foot of a page.
- A table of many columns, and a drawing much wider than high, get a page that lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from reportlab.platypus import CondPageBreak, Flowable, NextPageTemplate, PageBreak

from webui.reports.appearance import ACCENT, PALE
from webui.reports.chart import chart_scene
from webui.reports.model import (
    Block,
    Callout,
    CalloutKind,
    Chart,
    Code,
    Figure,
    Heading,
    KeyValues,
    Paragraph,
    Table,
    Verdict,
)
from webui.reports.pdf.contents import block_mark, section_mark
from webui.reports.pdf.fonts import BOLD
from webui.reports.pdf.key_values import KeyValuesFlow
from webui.reports.pdf.page import BODY as UPRIGHT_PAGE
from webui.reports.pdf.page import LYING, UPRIGHT, WIDE, inner_size
from webui.reports.pdf.scene_pdf import SceneFlow, scale_into
from webui.reports.pdf.table import TableFlow
from webui.reports.pdf.text import (
    BODY,
    COMMAND,
    HEADING,
    LABEL,
    SECTION,
    Lines,
    Panel,
    Style,
)
from webui.reports.pdf.verdict import verdict_flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webui.reports.model import Report

_CALLOUTS: Final[dict[CalloutKind, tuple[str, str, str]]] = {
    "note": ("Note", ACCENT, "#eef3f9"),
    "limit": ("Limit of this report", "#44525f", "#f1f4f6"),
    "warning": ("Warning", "#855300", "#fdf3e1"),
}
_SECTION_ROOM: Final = 160.0
_HEADING_ROOM: Final = 100.0
_TABLE_ROOM: Final = 76.0
_MOST_UPRIGHT_COLUMNS: Final = 8
_SMALLEST_SCALE: Final = 0.62
_SECTION_TITLE_ROOM: Final = 84.0


def story(report: Report, notice: Callout | None) -> Iterator[Flowable]:
    """Every section, one after the other, each part on a page that suits it, from a new page on.

    ``notice`` stands before them all.
    """
    parts = [_Part(tuple(block_flow(notice)))] if notice else []
    parts += [part for place in range(len(report.sections)) for part in _parts(report, place)]
    for number, part in enumerate(parts):
        if number == 0 or part.lies != parts[number - 1].lies:
            yield from _turned(WIDE if part.lies else UPRIGHT_PAGE)
        elif part.lies:
            yield PageBreak()
        yield from part.flowables


@dataclass(frozen=True)
class _Part:
    """What belongs together on one kind of page."""

    flowables: tuple[Flowable, ...]
    lies: bool = False


def _parts(report: Report, place: int) -> Iterator[_Part]:
    mark = section_mark(report, place)
    blocks = report.sections[place].blocks
    title = Lines([(mark.title, SECTION)], before=24, after=9, mark=mark, may_split=False, tag="H2")
    if blocks and _lies(blocks[0]):
        yield _Part((title, *block_flow(blocks[0], _SECTION_TITLE_ROOM)), lies=True)
    else:
        yield _Part((CondPageBreak(_SECTION_ROOM), title))
        if blocks:
            yield _Part(tuple(_flow(report, place, 0)))
    for number, block in enumerate(blocks[1:], start=1):
        yield _Part(tuple(_flow(report, place, number)), _lies(block))


def _flow(report: Report, place: int, number: int) -> Iterator[Flowable]:
    block = report.sections[place].blocks[number]
    if isinstance(block, Heading):
        mark = block_mark(block, place, number)
        yield CondPageBreak(_HEADING_ROOM)
        yield Lines(
            [(block.text, HEADING)], before=13, after=5, mark=mark, may_split=False, tag="H3"
        )
    elif isinstance(block, Verdict):
        yield from verdict_flow(block, block_mark(block, place, number))
    else:
        yield from block_flow(block)


def _lies(block: Block) -> bool:
    """Whether a block is better off on a page that lies."""
    if isinstance(block, Table):
        return len(block.columns) > _MOST_UPRIGHT_COLUMNS
    if isinstance(block, Figure):
        upright = scale_into(block.scene, *inner_size(UPRIGHT))
        return upright < min(_SMALLEST_SCALE, scale_into(block.scene, *inner_size(LYING)))
    return False


def _turned(template: str) -> Iterator[Flowable]:
    yield NextPageTemplate(template)
    yield PageBreak()


def block_flow(block: Block, above: float = 0.0) -> Iterator[Flowable]:
    """The flowables of a block that no mark points to; a figure leaves ``above`` points free."""
    match block:
        case Heading() | Verdict():
            msg = "a heading or verdict is drawn within its section"
            raise ValueError(msg)
        case Paragraph():
            yield Lines([(block.text, BODY)], after=8)
        case KeyValues():
            yield KeyValuesFlow(block.rows)
        case Table():
            yield CondPageBreak(_TABLE_ROOM)
            yield TableFlow(block)
        case Figure():
            page = LYING if _lies(block) else UPRIGHT
            height = inner_size(page)[1] - above
            yield SceneFlow(block.scene, block.caption, height, block.alternative_text)
        case Chart():
            yield SceneFlow(chart_scene(block), block.caption, inner_size(UPRIGHT)[1] / 2)
        case Code():
            panel = Panel(ground=PALE, inset_x=10, inset_y=7)
            yield Lines([(line, COMMAND) for line in block.lines], panel, before=2, after=12)
        case Callout():
            yield _callout(block)
        case _:
            assert_never(block)


def _callout(block: Callout) -> Flowable:
    word, ink, tint = _CALLOUTS[block.kind]
    label = Style(face=BOLD, size=LABEL.size, leading=12.5, colour=ink)
    style = Style(size=8.8, leading=12.8)
    panel = Panel(ground=tint, bar=ink, inset_x=12, inset_y=8)
    return Lines([(word, label), (block.text, style)], panel, before=5, after=12)

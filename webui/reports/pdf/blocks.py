"""Each block of the model as flowables, in the order of the sections.

Rules:
- A heading or a table never stands alone at the foot of a page.
- A table of many columns, and a drawing much wider than high, get a page that lies.
"""

from __future__ import annotations

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
_TITLE_ROOM: Final = 64.0


def section_flow(report: Report, place: int) -> Iterator[Flowable]:
    """The title and the blocks of the section ``place``, counted from 0."""
    mark = section_mark(report, place)
    yield CondPageBreak(_SECTION_ROOM)
    yield Lines([(mark.title, SECTION)], before=24, after=9, mark=mark, may_split=False)
    for number, block in enumerate(report.sections[place].blocks):
        if isinstance(block, Heading):
            yield CondPageBreak(_HEADING_ROOM)
            inner = block_mark(block, place, number)
            yield Lines([(block.text, HEADING)], before=13, after=5, mark=inner, may_split=False)
        elif isinstance(block, Verdict):
            yield from verdict_flow(block, block_mark(block, place, number))
        else:
            yield from block_flow(block)


def block_flow(block: Block) -> Iterator[Flowable]:
    """The flowables of a block that no mark points to."""
    match block:
        case Heading() | Verdict():
            msg = "a heading or verdict is drawn within its section"
            raise ValueError(msg)
        case Paragraph():
            yield Lines([(block.text, BODY)], after=8)
        case KeyValues():
            yield KeyValuesFlow(block.rows)
        case Table():
            yield from _table(block)
        case Figure():
            yield from _figure(block)
        case Chart():
            yield SceneFlow(chart_scene(block), block.caption, inner_size(UPRIGHT)[1] / 2)
        case Code():
            panel = Panel(ground=PALE, inset_x=10, inset_y=7)
            yield Lines([(line, COMMAND) for line in block.lines], panel, before=2, after=12)
        case Callout():
            yield _callout(block)
        case _:
            assert_never(block)


def _table(block: Table) -> Iterator[Flowable]:
    table = TableFlow(block)
    if len(block.columns) > _MOST_UPRIGHT_COLUMNS:
        yield from _lying(table)
        return
    yield CondPageBreak(_TABLE_ROOM)
    yield table


def _figure(block: Figure) -> Iterator[Flowable]:
    """Upright if it stays legible there, else lying."""
    width, height = inner_size(UPRIGHT)
    if scale_into(block.scene, width, height) >= _SMALLEST_SCALE:
        yield SceneFlow(block.scene, block.caption, height - _TITLE_ROOM)
        return
    wide_width, wide_height = inner_size(LYING)
    lying = scale_into(block.scene, wide_width, wide_height)
    if lying <= scale_into(block.scene, width, height):
        yield SceneFlow(block.scene, block.caption, height - _TITLE_ROOM)
        return
    yield from _lying(SceneFlow(block.scene, block.caption, wide_height))


def _lying(flowable: Flowable) -> Iterator[Flowable]:
    yield NextPageTemplate(WIDE)
    yield PageBreak()
    yield flowable
    yield NextPageTemplate(UPRIGHT_PAGE)
    yield PageBreak()


def _callout(block: Callout) -> Flowable:
    word, ink, tint = _CALLOUTS[block.kind]
    label = Style(face=BOLD, size=LABEL.size, leading=12.5, colour=ink)
    style = Style(size=8.8, leading=12.8)
    panel = Panel(ground=tint, bar=ink, inset_x=12, inset_y=8)
    return Lines([(word, label), (block.text, style)], panel, before=5, after=12)

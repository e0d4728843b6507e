"""Bar charts of counts as scenes: lying bars for few names, standing columns for months.

Every bar carries its number as text, and where it stands for a verdict also that verdict's sign, so
that neither length nor colour is the only carrier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webui.reports.appearance import INK, MUTED, RULE, VERDICT_LOOKS
from webui.reports.scene import Item, Pen, Rect, Scene, Text, line
from webui.reports.text_width import text_width, truncated

if TYPE_CHECKING:
    from webui.reports.model import Bar, Chart

WIDTH: Final = 483.0
_ROW: Final = 20.0
_NAMES: Final = 150.0
_NUMBERS: Final = 50.0
_COLUMN_HEIGHT: Final = 120.0
_PLAIN: Final = "#4a7aa8"


def chart_scene(chart: Chart) -> Scene:
    """The scene of a chart, as wide as a page's text."""
    return _columns(chart) if chart.shape == "columns" else _bars(chart)


def _described(chart: Chart) -> str:
    return "; ".join(f"{bar.label}: {bar.count:,}" for bar in chart.bars)


def _colour(bar: Bar) -> str:
    return VERDICT_LOOKS[bar.verdict].ink if bar.verdict else _PLAIN


def _name(bar: Bar) -> str:
    return f"{VERDICT_LOOKS[bar.verdict].sign} {bar.label}" if bar.verdict else bar.label


def _bars(chart: Chart) -> Scene:
    most = max((bar.count for bar in chart.bars), default=0) or 1
    room = WIDTH - _NAMES - _NUMBERS
    items: list[Item] = []
    for row, bar in enumerate(chart.bars):
        middle = row * _ROW + _ROW / 2
        length = room * bar.count / most
        name = truncated(_name(bar), 8.5, _NAMES - 10)
        items += [
            Text(_NAMES - 8, middle + 3, name, 8.5, INK, "end", role="chart-name"),
            Rect(_NAMES, middle - 6, length, 12, Pen(_colour(bar)), role="chart-bar"),
            Text(_NAMES + length + 5, middle + 3, f"{bar.count:,}", 8.5, INK, role="chart-number"),
        ]
    height = _ROW * len(chart.bars)
    axis = line((_NAMES, 0), (_NAMES, height), pen=Pen(None, RULE, 1), role="chart-axis")
    return Scene(WIDTH, height, (axis, *items), chart.caption, _described(chart))


def _columns(chart: Chart) -> Scene:
    most = max((bar.count for bar in chart.bars), default=0) or 1
    pitch = WIDTH / max(len(chart.bars), 1)
    every = max(1, -(-_widest(chart.bars) // int(max(pitch, 1))))
    top, base = 14.0, 14.0 + _COLUMN_HEIGHT
    items: list[Item] = [
        line((0, base), (WIDTH, base), pen=Pen(None, RULE, 1), role="chart-axis"),
    ]
    thick = min(pitch * 0.7, 34.0)
    for place, bar in enumerate(chart.bars):
        centre = place * pitch + pitch / 2
        height = (base - top) * bar.count / most
        items.append(
            Rect(
                centre - thick / 2, base - height, thick, height, Pen(_colour(bar)), 0, "chart-bar"
            )
        )
        number = f"{bar.count:,}"
        if text_width(number, 7.5) <= pitch:
            above = base - height - 4
            items.append(Text(centre, above, number, 7.5, INK, "middle", role="chart-number"))
        if place % every == 0:
            items.append(
                Text(centre, base + 12, _name(bar), 7.5, MUTED, "middle", role="chart-name")
            )
    return Scene(WIDTH, base + 18, tuple(items), chart.caption, _described(chart))


def _widest(bars: tuple[Bar, ...]) -> int:
    return max((round(text_width(_name(bar), 7.5)) + 6 for bar in bars), default=1)

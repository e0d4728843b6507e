"""Points on a common scale as a scene: one row per version, or a line through time.

Every point carries its number as text, so that neither place nor colour is the only carrier. A
point may have whiskers, from where to where the value may really lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webui.reports.appearance import ACCENT, INK, MUTED, RULE
from webui.reports.chart import WIDTH
from webui.reports.scene import Item, Pen, Rect, Scene, Step, Text, line
from webui.reports.scene import Path as Drawn
from webui.reports.text_width import text_width, truncated

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROW: Final = 18.0
_HEAD: Final = 20.0
_GAP: Final = 12.0
_NAMES: Final = 110.0
_NUMBERS: Final = 60.0
_DOT: Final = 3.4
_SIZE: Final = 8.5
_HEIGHT: Final = 130.0
_FOOT: Final = 30.0


@dataclass(frozen=True)
class Point:
    """A named value; ``text`` is how it is written, ``low`` and ``high`` its whiskers."""

    label: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Points:
    """A group of points on one scale."""

    title: str
    points: tuple[Point, ...]


def points_scene(groups: Sequence[Points], title: str) -> Scene:
    """Each group below the other, a row for each point, each group on a scale of its own."""
    items: list[Item] = []
    top = 0.0
    for group in groups:
        items += _group(group, top)
        top += _HEAD + _ROW * len(group.points) + _GAP
    said = ". ".join(
        f"{group.title}: " + "; ".join(f"{one.label} {one.text}" for one in group.points)
        for group in groups
    )
    return Scene(WIDTH, max(top - _GAP, 1.0), tuple(items), title, said)


def _group(group: Points, top: float) -> list[Item]:
    low, high = _range(group.points)
    room = WIDTH - _NAMES - _NUMBERS

    def across(value: float) -> float:
        return _NAMES + room * (value - low) / (high - low)

    first = top + _HEAD
    bottom = first + _ROW * len(group.points)
    items: list[Item] = [
        Text(0, top + 12, truncated(group.title, 9.5, WIDTH, bold=True), 9.5, INK, bold=True),
        line((_NAMES, first), (_NAMES, bottom), pen=Pen(None, RULE, 1), role="chart-axis"),
        line(
            (_NAMES + room, first), (_NAMES + room, bottom), pen=Pen(None, RULE, 1),
            role="chart-axis",
        ),
    ]  # fmt: skip
    for row, point in enumerate(group.points):
        middle = first + row * _ROW + _ROW / 2
        name = truncated(point.label, _SIZE, _NAMES - 10)
        items.append(Text(_NAMES - 8, middle + 3, name, _SIZE, INK, "end", role="chart-name"))
        items.append(
            line((_NAMES, middle), (_NAMES + room, middle), pen=Pen(None, RULE, 0.5), role="rule")
        )
        if point.low is not None and point.high is not None:
            items += _whiskers(across(point.low), across(point.high), middle)
        items.append(_dot(across(point.value), middle))
        items.append(
            Text(WIDTH - _NUMBERS + 8, middle + 3, point.text, _SIZE, INK, role="chart-number")
        )
    return items


def _range(points: Sequence[Point]) -> tuple[float, float]:
    """The scale: from the lowest to the highest with some air, never of no length."""
    ends = [
        end
        for point in points
        for end in (point.value, point.low, point.high)
        if end is not None
    ]  # fmt: skip
    low, high = min(ends), max(ends)
    air = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
    return low - air, high + air


def _whiskers(left: float, right: float, middle: float) -> list[Item]:
    pen = Pen(None, ACCENT, 1.1)
    return [
        line((left, middle), (right, middle), pen=pen, role="chart-whisker"),
        line((left, middle - 3), (left, middle + 3), pen=pen, role="chart-whisker"),
        line((right, middle - 3), (right, middle + 3), pen=pen, role="chart-whisker"),
    ]


def _dot(x: float, y: float) -> Rect:
    return Rect(x - _DOT, y - _DOT, 2 * _DOT, 2 * _DOT, Pen(ACCENT), _DOT, "chart-dot")


def history_scene(points: Points) -> Scene:
    """A line through points, evenly spaced from left to right in the order given."""
    low, high = _range(points.points)
    top, base = 24.0, 24.0 + _HEIGHT
    left, right = 16.0, WIDTH - 16.0
    many = len(points.points)
    places = [
        (
            (left + right) / 2 if many == 1 else left + (right - left) * place / (many - 1),
            base - (base - top) * (point.value - low) / (high - low),
        )
        for place, point in enumerate(points.points)
    ]
    items: list[Item] = [
        Text(0, 11, truncated(points.title, 9.5, WIDTH, bold=True), 9.5, INK, bold=True),
        line((0, base), (WIDTH, base), pen=Pen(None, RULE, 1), role="chart-axis"),
    ]
    if many > 1:
        steps = (Step("M", (places[0],)), *(Step("L", (place,)) for place in places[1:]))
        items.append(Drawn(steps, Pen(None, ACCENT, 1.4), "chart-line"))
    free = name_free = -1.0
    for (x, y), point in zip(places, points.points, strict=True):
        items.append(_dot(x, y))
        half = text_width(point.text, 7.5) / 2
        if x - half > free:
            at = min(max(x, half), WIDTH - half)
            items.append(Text(at, y - 7, point.text, 7.5, INK, "middle", role="chart-number"))
            free = at + half + 3
        half = text_width(point.label, 7.5) / 2
        if x - half > name_free or x == places[0][0]:
            at = min(max(x, half), WIDTH - half)
            items.append(Text(at, base + 12, point.label, 7.5, MUTED, "middle", role="chart-name"))
            name_free = at + half + 6
    said = "; ".join(f"{one.label} {one.text}" for one in points.points)
    return Scene(WIDTH, base + _FOOT - 12, tuple(items), points.title, said)

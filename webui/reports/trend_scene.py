"""Verdicts over time as pictures: a framework's counts by month, and one control's stretches.

A verdict is told by its sign beside its colour; the table beside a picture has the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from policies.controls.finding import VERDICTS
from webui.reports.appearance import INK, MUTED, RULE, VERDICT_LOOKS
from webui.reports.scene import Item, Pen, Rect, Scene, Text, line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from policies.controls.finding import Verdict

WIDTH: Final = 640.0
_HEIGHT: Final = 150.0
_TOP: Final = 10.0
_KEY: Final = 22.0
_BAR: Final = 26.0
_LEAST_FOR_A_SIGN: Final = 14.0
_LEAST_FOR_A_DAY: Final = 66.0


@dataclass(frozen=True)
class Stretch:
    """A verdict from one day to another."""

    begins: date
    ends: date
    verdict: Verdict


def trend_scene(points: Sequence[tuple[str, Mapping[Verdict, int]]], title: str) -> Scene:
    """A column a month, from the worst verdict at the foot to the best."""
    whole = max((sum(counts.values()) for _, counts in points), default=0) or 1
    pitch = WIDTH / max(len(points), 1)
    thick = min(pitch * 0.7, 44.0)
    base = _TOP + _HEIGHT
    items: list[Item] = [line((0, base), (WIDTH, base), pen=Pen(None, RULE, 1), role="chart-axis")]
    for place, (month, counts) in enumerate(points):
        centre, at = place * pitch + pitch / 2, base
        for verdict in VERDICTS:
            height = _HEIGHT * counts.get(verdict, 0) / whole
            if not height:
                continue
            at -= height
            look = VERDICT_LOOKS[verdict]
            corner = centre - thick / 2
            pen = Pen(look.ink, "#ffffff", 1)
            items.append(Rect(corner, at, thick, height, pen, 0, f"verdict-{verdict}"))
            if height >= _LEAST_FOR_A_SIGN:
                said = f"{look.sign} {counts[verdict]}"
                items.append(
                    Text(
                        centre,
                        at + height / 2 + 3,
                        said,
                        8.5,
                        "#ffffff",
                        "middle",
                        role="on-verdict",
                    )
                )
        items.append(Text(centre, base + 13, month, 8.5, MUTED, "middle", role="chart-name"))
    items += _key(base + 13 + _KEY)
    described = "; ".join(
        f"{month}: "
        + ", ".join(f"{counts.get(one, 0)} {VERDICT_LOOKS[one].word.lower()}" for one in VERDICTS)
        for month, counts in points
    )
    return Scene(WIDTH, base + 13 + _KEY + 8, tuple(items), title, described)


def stretches_scene(stretches: Sequence[Stretch], title: str) -> Scene:
    """One bar from the first day to the last, in a piece for each verdict."""
    first = min((one.begins for one in stretches), default=date.min)
    last = max((one.ends for one in stretches), default=date.min)
    days = max((last - first).days, 1)
    items: list[Item] = []
    for one in stretches:
        left = WIDTH * (one.begins - first).days / days
        width = max(WIDTH * (one.ends - one.begins).days / days, 3.0)
        look = VERDICT_LOOKS[one.verdict]
        pen = Pen(look.ink, "#ffffff", 1)
        items.append(
            Rect(min(left, WIDTH - width), _TOP, width, _BAR, pen, 0, f"verdict-{one.verdict}")
        )
        if width >= _LEAST_FOR_A_SIGN:
            middle = min(left, WIDTH - width) + width / 2
            items.append(
                Text(middle, _TOP + 17, look.sign, 10, "#ffffff", "middle", role="on-verdict")
            )
        if width >= _LEAST_FOR_A_DAY and left + 2 * _LEAST_FOR_A_DAY < WIDTH:
            items.append(
                Text(
                    left + 2,
                    _TOP + _BAR + 12,
                    one.begins.isoformat(),
                    8.5,
                    MUTED,
                    role="chart-name",
                )
            )
    items.append(
        Text(WIDTH, _TOP + _BAR + 12, last.isoformat(), 8.5, MUTED, "end", role="chart-name")
    )
    items += _key(_TOP + _BAR + 12 + _KEY)
    described = "; ".join(
        f"{one.begins} to {one.ends}: {VERDICT_LOOKS[one.verdict].word.lower()}"
        for one in stretches
    )
    return Scene(WIDTH, _TOP + _BAR + 12 + _KEY + 8, tuple(items), title, described)


def _key(base: float) -> list[Item]:
    """Which sign and colour stands for which verdict."""
    items: list[Item] = []
    at = 0.0
    for verdict in VERDICTS:
        look = VERDICT_LOOKS[verdict]
        items.append(Rect(at, base - 8, 10, 10, Pen(look.ink), 2, f"verdict-{verdict}"))
        said = f"{look.sign} {look.word}"
        items.append(Text(at + 14, base, said, 8.5, INK, role="chart-name"))
        at += 128
    return items

"""What ran where and when, drawn: a row for each environment, a bar for each deployment.

Every bar that has room carries its version as text; the others have it as title, and all of them
stand in the table beside. A roll-back has a sign of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.events.names import parse_instant
from webui.reports.appearance import INK, MUTED, RULE
from webui.reports.scene import Group, Item, Pen, Rect, Scene, Text, line
from webui.reports.text_width import text_width, truncated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ledger.state.aggregates import DeploymentState

WIDTH: Final = 900.0
_NAMES: Final = 110.0
_ROW: Final = 34.0
_TOP: Final = 8.0
_TICKS: Final = 4
_SIZE: Final = 9.0
_LEAST: Final = 2.0
_RUNS: Final = ("#1c6537", "#e9f5ed")
_ENDED: Final = ("#17406d", "#e3ecf6")
_BACK: Final = "\N{ANTICLOCKWISE TOP SEMICIRCLE ARROW}"


@dataclass(frozen=True)
class _Scale:
    start: datetime
    end: datetime

    def across(self, moment: datetime) -> float:
        whole = (self.end - self.start).total_seconds() or 1.0
        share = (moment - self.start).total_seconds() / whole
        return _NAMES + (WIDTH - _NAMES) * min(max(share, 0.0), 1.0)


def timeline_scene(
    deployments: Sequence[DeploymentState], now: str, asked: str = "", title: str = "Timeline"
) -> Scene | None:
    """The scene; ``asked`` is an instant that gets a line of its own. None: nothing ever ran.

    Several deployments at one instant, or clocks that stood still, are drawn beside each other.
    """
    if not deployments:
        return None
    environments = list(dict.fromkeys(one.environment for one in deployments))
    starts = [parse_instant(one.at) for one in deployments]
    ends = [parse_instant(one.ended_at or now) for one in deployments]
    scale = _Scale(min(starts), max(*starts, *ends, parse_instant(now)))
    bottom = _TOP + _ROW * len(environments)
    items: list[Item] = []
    for row, name in enumerate(environments):
        middle = _TOP + row * _ROW + _ROW / 2
        shown = truncated(name, 10, _NAMES - 10)
        items += [
            Text(0, middle + 3.5, shown, 10, INK, bold=True, role="chart-name"),
            line((_NAMES, middle), (WIDTH, middle), pen=Pen(None, RULE, 0.6), role="rule"),
        ]
    for one in deployments:
        middle = _TOP + environments.index(one.environment) * _ROW + _ROW / 2
        items.append(_bar(one, scale, middle, now))
    items += _ticks(scale, bottom)
    if asked and scale.start <= parse_instant(asked) <= scale.end:
        at = scale.across(parse_instant(asked))
        items.append(line((at, 0), (at, bottom), pen=Pen(None, "#a3231b", 1.2), role="chart-asked"))
    said = "; ".join(
        f"{one.environment}: {one.version} from {_minute(one.at)}"
        f" {'until ' + _minute(one.ended_at) if one.ended_at else 'on, still runs'}"
        for one in deployments
    )
    return Scene(WIDTH, bottom + 22, tuple(items), title, said)


def _bar(one: DeploymentState, scale: _Scale, middle: float, now: str) -> Group:
    left = scale.across(parse_instant(one.at))
    right = max(scale.across(parse_instant(one.ended_at or now)), left + _LEAST)
    ink, fill = _ENDED if one.ended_at else _RUNS
    box = Rect(left, middle - 11, right - left, 22, Pen(fill, ink, 0.9), 3, "chart-bar")
    word = f"{_BACK} {one.version}" if one.rollback else one.version
    texts = (
        (Text(left + 5, middle + 3.5, word, _SIZE, ink, bold=True, role="chart-number"),)
        if text_width(word, _SIZE, bold=True) + 8 <= right - left
        else ()
    )
    until = f"until {_minute(one.ended_at)}" if one.ended_at else "still runs"
    title = f"{word} in {one.environment}, from {_minute(one.at)}, {until}"
    return Group((box, *texts), title, f"/ledger/{one.since}", "stretch")


def _ticks(scale: _Scale, bottom: float) -> list[Item]:
    items: list[Item] = [
        line((_NAMES, bottom), (WIDTH, bottom), pen=Pen(None, RULE, 1), role="chart-axis")
    ]
    for tick in range(_TICKS + 1):
        moment = scale.start + (scale.end - scale.start) * tick / _TICKS
        at = scale.across(moment)
        anchor = "start" if tick == 0 else "end" if tick == _TICKS else "middle"
        words = moment.strftime("%Y-%m-%d %H:%M")
        items += [
            line((at, bottom), (at, bottom + 4), pen=Pen(None, RULE, 1), role="chart-axis"),
            Text(at, bottom + 16, words, 8, MUTED, anchor, role="chart-tick"),  # type: ignore[arg-type]
        ]
    return items


def _minute(instant: str) -> str:
    return f"{instant[:10]} {instant[11:16]}"

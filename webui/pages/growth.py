"""How the log grew: entries over time as a picture, from a bounded number of samples.

At most 200 entries are asked for their time, by number and evenly spread, whatever the size of the
log; the table beside it shows twelve of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.events.names import parse_instant
from ledger.store.database import reading
from ledger.store.entries import recorded_times
from webui.reports.scene import Pen, Scene, Text, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.log import Log
    from webui.reports.scene import Item, Point

MOST_SAMPLES: Final = 200
MOST_ROWS: Final = 12
_WIDTH: Final = 640.0
_HEIGHT: Final = 190.0
_LEFT: Final = 62.0
_RIGHT: Final = 628.0
_TOP: Final = 14.0
_BASE: Final = 160.0
_INK: Final = "#16252d"
_MUTED: Final = "#4f5e67"
_RULE: Final = Pen(None, "#d3dadc", 0.8)
_CURVE: Final = Pen(None, "#0b5c6e", 2.0)
_UNDER: Final = Pen("#d7eaee")
_LINES: Final = 4


@dataclass(frozen=True)
class Sample:
    """How many entries there were at an instant."""

    at: str
    size: int


def sample_growth(log: Log, size: int) -> list[Sample]:
    """Sizes and times, in order: of the first entry, the last, and some between."""
    if size < 1:
        return []
    steps = min(size, MOST_SAMPLES)
    wanted = {place * (size - 1) // max(steps - 1, 1) for place in range(steps)}
    with reading(log.engine) as connection:
        found = recorded_times(connection, log.log_id, sorted(wanted))
    return [Sample(at, sequence + 1) for sequence, at in found]


def few(samples: Sequence[Sample]) -> list[Sample]:
    """Some of the samples for a table, the last among them, newest first."""
    count = len(samples)
    rows = min(count, MOST_ROWS)
    places = {place * (count - 1) // max(rows - 1, 1) for place in range(rows)}
    return [samples[place] for place in sorted(places, reverse=True)]


def draw_growth(samples: Sequence[Sample]) -> Scene:
    """The picture of at least one sample: a stair, for an entry is there at once or not at all."""
    first, last = samples[0], samples[-1]
    begin = parse_instant(first.at).timestamp()
    spread = max(parse_instant(last.at).timestamp() - begin, 1e-6)
    most = last.size
    points: list[Point] = [(_LEFT, _BASE)]
    for one in samples:
        x = _LEFT + (_RIGHT - _LEFT) * (parse_instant(one.at).timestamp() - begin) / spread
        points += [(x, points[-1][1]), (x, _BASE - (_BASE - _TOP) * one.size / most)]
    points.append((_RIGHT, points[-1][1]))
    items: list[Item] = [*_rules(most), line(*points, (_RIGHT, _BASE), pen=_UNDER)]
    items.append(line(*points[1:], pen=_CURVE))
    items += [
        Text(_LEFT, _HEIGHT - 12, _moment(first.at), 10, _INK),
        Text(_RIGHT, _HEIGHT - 12, _moment(last.at), 10, _INK, "end"),
    ]
    described = f"{first.size:,} entries at {_moment(first.at)}, {most:,} at {_moment(last.at)}."
    return Scene(_WIDTH, _HEIGHT, tuple(items), "Entries over time", described)


def _rules(most: int) -> list[Item]:
    items: list[Item] = []
    for number in sorted({most * part // _LINES for part in range(_LINES + 1)}):
        y = _BASE - (_BASE - _TOP) * number / most
        items.append(line((_LEFT, y), (_RIGHT, y), pen=_RULE))
        items.append(Text(_LEFT - 6, y + 3.5, f"{number:,}", 10, _MUTED, "end"))
    return items


def _moment(instant: str) -> str:
    return f"{instant[:10]} {instant[11:16]} UTC"

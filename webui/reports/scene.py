"""A drawing as data: rectangles, paths, texts and groups, painted elsewhere as SVG or PDF.

Rules:
- Lengths are points, x to the right, y downwards, the origin at the top left.
- Colours are ``#rrggbb``; ``role`` names a thing for style sheets (an SVG class) and is ours, never
  taken from data.
- A link is followed only if it is http(s), or a path or a fragment of the same site; any other is
  drawn as if it were not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]
Box = tuple[float, float, float, float]

_SAFE_LINK: Final = re.compile(r"(?:https?://|/(?![/\\])|#)[^\s\x00-\x20\x7f<>\"'\\^`{|}]*")


@dataclass(frozen=True)
class Pen:
    """How an outline is drawn and filled; None leaves out the fill or the outline."""

    fill: str | None = None
    stroke: str | None = None
    width: float = 1.0
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Rect:
    """A rectangle from its top left corner, with corners rounded by ``radius``."""

    x: float
    y: float
    width: float
    height: float
    pen: Pen
    radius: float = 0.0
    role: str = ""


@dataclass(frozen=True)
class Step:
    """A step of a path: ``M`` move and ``L`` line (a point), ``C`` curve (three), ``Z`` close."""

    command: Literal["M", "L", "C", "Z"]
    points: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Path:
    """Lines and curves."""

    steps: tuple[Step, ...]
    pen: Pen
    role: str = ""


@dataclass(frozen=True)
class Text:
    """One line of text whose base line begins, is centred or ends at ``x``, ``y``."""

    x: float
    y: float
    text: str
    size: float = 9.0
    fill: str = "#1b2733"
    anchor: Anchor = "start"
    bold: bool = False
    mono: bool = False
    role: str = ""


@dataclass(frozen=True)
class Group:
    """Things that belong together, with a title shown on hovering and perhaps a link."""

    items: tuple[Item, ...]
    title: str = ""
    link: str | None = None
    role: str = ""

    @property
    def safe_link(self) -> str | None:
        """The link, if it is one that may be followed."""
        return self.link if self.link and _SAFE_LINK.fullmatch(self.link) else None


Item = Rect | Path | Text | Group


@dataclass(frozen=True)
class Scene:
    """A drawing of a given size; ``title`` and ``description`` say in words what it shows."""

    width: float
    height: float
    items: tuple[Item, ...]
    title: str = ""
    description: str = ""


def line(*points: Point, pen: Pen, role: str = "") -> Path:
    """A path of straight lines through the points."""
    first, *others = points
    steps = (Step("M", (first,)), *(Step("L", (point,)) for point in others))
    return Path(steps, pen, role)


def bounds(items: tuple[Item, ...]) -> Box | None:
    """Left, top, right and bottom of what is drawn, without texts; None if nothing is."""
    corners = [corner for item in items for corner in _corners(item)]
    if not corners:
        return None
    across = [x for x, _ in corners]
    down = [y for _, y in corners]
    return min(across), min(down), max(across), max(down)


def _corners(item: Item) -> tuple[Point, ...]:
    match item:
        case Rect(x=x, y=y, width=width, height=height):
            return (x, y), (x + width, y + height)
        case Path(steps=steps):
            return tuple(point for step in steps for point in step.points)
        case Group(items=items):
            return tuple(corner for inner in items for corner in _corners(inner))
        case Text():
            return ()

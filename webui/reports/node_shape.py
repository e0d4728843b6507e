"""How each kind of node of a lineage graph is drawn: word, colours and an outline of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from webui.reports.scene import Item, Path, Pen, Point, Rect, Step, line

if TYPE_CHECKING:
    from collections.abc import Callable

NodeKind = Literal["dataset", "code", "run", "base_model", "version", "deployment", "evidence"]


@dataclass(frozen=True)
class NodeLook:
    """The word above a label, the ink of outline and word, the pale fill, and the shape."""

    word: str
    ink: str
    fill: str
    outline: Callable[[float, float, float, float, Pen], tuple[Item, ...]]


def outline(kind: NodeKind, x: float, y: float, width: float, height: float) -> tuple[Item, ...]:
    """The shape of a node whose box has its top left corner at ``x``, ``y``."""
    look = NODE_LOOKS[kind]
    return look.outline(x, y, width, height, Pen(look.fill, look.ink, 1.0))


def _closed(points: tuple[Point, ...], pen: Pen) -> Path:
    first, *others = points
    steps = (Step("M", (first,)), *(Step("L", (point,)) for point in others), Step("Z"))
    return Path(steps, pen, "node-shape")


def _cylinder(x: float, y: float, width: float, height: float, pen: Pen) -> tuple[Item, ...]:
    lid, right, bottom = 2.4, x + width, y + height
    side = Step("C", ((x, y - lid / 2), (right, y - lid / 2), (right, y + lid)))
    body = Path(
        (
            Step("M", ((x, y + lid),)),
            side,
            Step("L", ((right, bottom - lid),)),
            Step("C", ((right, bottom + lid / 2), (x, bottom + lid / 2), (x, bottom - lid))),
            Step("Z"),
        ),
        pen,
        "node-shape",
    )
    front = Step("C", ((x, y + lid * 2.2), (right, y + lid * 2.2), (right, y + lid)))
    rim = Path((Step("M", ((x, y + lid),)), front), Pen(None, pen.stroke, pen.width), "node-line")
    return body, rim


def _folded(x: float, y: float, width: float, height: float, pen: Pen) -> tuple[Item, ...]:
    fold, right, bottom = 10.0, x + width, y + height
    corner = ((right - fold, y), (right - fold, y + fold), (right, y + fold))
    sheet = _closed(
        ((x, y), (right - fold, y), (right, y + fold), (right, bottom), (x, bottom)), pen
    )
    return sheet, line(*corner, pen=Pen(None, pen.stroke, pen.width), role="node-line")


def _pill(x: float, y: float, width: float, height: float, pen: Pen) -> tuple[Item, ...]:
    return (Rect(x, y, width, height, pen, radius=height / 2, role="node-shape"),)


def _hexagon(x: float, y: float, width: float, height: float, pen: Pen) -> tuple[Item, ...]:
    cut, right, middle = 10.0, x + width, y + height / 2
    top = ((x, middle), (x + cut, y), (right - cut, y))
    bottom = ((right, middle), (right - cut, y + height), (x + cut, y + height))
    return (_closed(top + bottom, pen),)


def _doubled(x: float, y: float, width: float, height: float, pen: Pen) -> tuple[Item, ...]:
    inner = Pen(None, pen.stroke, 0.6)
    return (
        Rect(x, y, width, height, pen, radius=4, role="node-shape"),
        Rect(x + 2.5, y + 2.5, width - 5, height - 5, inner, radius=2.5, role="node-line"),
    )


def _barred(x: float, y: float, width: float, height: float, pen: Pen) -> tuple[Item, ...]:
    return (
        Rect(x, y, width, height, pen, role="node-shape"),
        Rect(x, y, 5, height, Pen(pen.stroke), role="node-bar"),
    )


def _waved(x: float, y: float, width: float, height: float, pen: Pen) -> tuple[Item, ...]:
    right, bottom, wave = x + width, y + height, 6.0
    steps = (
        Step("M", ((x, y),)),
        Step("L", ((right, y),)),
        Step("L", ((right, bottom - wave / 2),)),
        Step(
            "C",
            (
                (x + width * 0.66, bottom - wave * 1.6),
                (x + width * 0.33, bottom + wave),
                (x, bottom - wave / 2),
            ),
        ),
        Step("Z"),
    )
    return (Path(steps, pen, "node-shape"),)


NODE_LOOKS: Final[dict[NodeKind, NodeLook]] = {
    "dataset": NodeLook("Data set", "#1f5f8b", "#eaf3fa", _cylinder),
    "code": NodeLook("Code", "#5b4a9c", "#f1eefa", _folded),
    "run": NodeLook("Training run", "#86560b", "#fdf4e3", _pill),
    "base_model": NodeLook("Base model", "#8a3570", "#faedf6", _hexagon),
    "version": NodeLook("Version", "#17406d", "#e3ecf6", _doubled),
    "deployment": NodeLook("Deployment", "#1c6537", "#e9f5ed", _barred),
    "evidence": NodeLook("Evidence", "#4a5763", "#f1f3f5", _waved),
}

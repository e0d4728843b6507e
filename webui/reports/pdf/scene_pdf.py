"""Paint a scene onto a PDF page: the same drawing that a page shows as SVG.

A scene counts downwards from its top left corner, a PDF upwards from the bottom left; heights are
turned over here. Links that lead to the site itself have no meaning on paper and are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from reportlab.platypus import Flowable

from webui.reports.pdf.fonts import BOLD, MONO, SANS, Face, drawable, text_width
from webui.reports.pdf.text import Style, draw
from webui.reports.scene import Group, Item, Path, Pen, Rect, Scene, Text

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

_SHIFTS = {"start": 0.0, "middle": 0.5, "end": 1.0}


class SceneFlow(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A scene at its own size, or smaller where the page has less room than that."""

    def __init__(self, scene: Scene, *, most_height: float) -> None:
        super().__init__()
        self._scene = scene
        self._most_height = most_height
        self._scale = 1.0

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """The size of the scene, made to fit."""
        del available_height
        scene = self._scene
        self._scale = min(
            1.0,
            available_width / max(scene.width, 1.0),
            self._most_height / max(scene.height, 1.0),
        )
        self.width = available_width
        self.height = scene.height * self._scale
        return self.width, self.height

    def draw(self) -> None:
        """Draw at the canvas's origin."""
        self.canv.saveState()
        self.canv.scale(self._scale, self._scale)
        paint(self.canv, self._scene)
        self.canv.restoreState()


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a scene so that its lower left corner lies at the canvas's origin."""
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    for item in scene.items:
        _paint(canvas, item, scene.height)


def _paint(canvas: Canvas, item: Item, height: float) -> None:
    match item:
        case Rect():
            _use(canvas, item.pen)
            canvas.roundRect(
                item.x,
                height - item.y - item.height,
                item.width,
                item.height,
                min(item.radius, item.width / 2, item.height / 2),
                stroke=int(item.pen.stroke is not None),
                fill=int(item.pen.fill is not None),
            )
        case Path():
            _paint_path(canvas, item, height)
        case Text():
            _paint_text(canvas, item, height)
        case Group():
            _paint_group(canvas, item, height)
        case _:
            assert_never(item)


def _paint_path(canvas: Canvas, path: Path, height: float) -> None:
    _use(canvas, path.pen)
    out = canvas.beginPath()
    for step in path.steps:
        numbers = [number for x, y in step.points for number in (x, height - y)]
        match step.command:
            case "M":
                out.moveTo(*numbers)
            case "L":
                out.lineTo(*numbers)
            case "C":
                out.curveTo(*numbers)
            case "Z":
                out.close()
    canvas.drawPath(
        out, stroke=int(path.pen.stroke is not None), fill=int(path.pen.fill is not None)
    )


def _paint_text(canvas: Canvas, text: Text, height: float) -> None:
    shown = drawable(text.text)
    face = _face(text)
    left = text.x - _SHIFTS[text.anchor] * text_width(shown, face, text.size)
    draw(canvas, left, height - text.y, shown, Style(face=face, size=text.size, colour=text.fill))


def _paint_group(canvas: Canvas, group: Group, height: float) -> None:
    for item in group.items:
        _paint(canvas, item, height)


def _face(text: Text) -> Face:
    if text.mono:
        return MONO
    return BOLD if text.bold else SANS


def _use(canvas: Canvas, pen: Pen) -> None:
    if pen.fill:
        canvas.setFillColor(pen.fill)
    if pen.stroke:
        canvas.setStrokeColor(pen.stroke)
        canvas.setLineWidth(pen.width)
        canvas.setDash(list(pen.dash))

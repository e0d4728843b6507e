"""Paint a scene into a PDF: the same drawing as the SVG, scaled to the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from reportlab.platypus import Flowable

from webui.reports.pdf.fonts import BOLD, MONO, SANS, drawable, text_width
from webui.reports.pdf.text import CAPTION, Line, Style, draw, draw_line, wrap
from webui.reports.scene import Group, Item, Path, Pen, Rect, Scene, Text, bounds

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

    from webui.reports.pdf.page import ReportCanvas

_GAP: Final = 6.0


def scale_into(scene: Scene, width: float, height: float) -> float:
    """By how much a scene shrinks to fit; never more than 1."""
    return min(1.0, width / max(scene.width, 1.0), height / max(scene.height, 1.0))


def paint(canvas: ReportCanvas, scene: Scene, x: float, y: float, scale: float) -> None:
    """Paint a scene with its bottom left corner at ``x``, ``y``."""
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(scale, scale)
    for item in scene.items:
        _paint(canvas, item, scene.height)
    canvas.restoreState()


class SceneFlow(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A scene with its caption below, as large as fits into ``most_height`` points, never split."""

    def __init__(
        self, scene: Scene, caption: str, most_height: float, alternative: str = ""
    ) -> None:
        super().__init__()
        self._alternative = alternative or scene.description or caption
        self._scene = scene
        self._caption = caption
        self._most_height = most_height
        self._lines: list[Line] = []
        self._scale = 1.0
        self.spaceBefore = 4
        self.spaceAfter = 14

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """The size of the drawing and its caption."""
        del available_height
        self._lines = wrap(self._caption, CAPTION, available_width)[:3] if self._caption else []
        below = len(self._lines) * CAPTION.leading + _GAP
        self._scale = scale_into(self._scene, available_width, self._most_height - below)
        self.width = available_width
        self.height = self._scene.height * self._scale + below
        return self.width, self.height

    def draw(self) -> None:
        """Draw at the canvas's origin."""
        left = (self.width - self._scene.width * self._scale) / 2
        bottom = len(self._lines) * CAPTION.leading + _GAP
        figure = self.canv.structure.here.add("Figure", self._box(left, bottom), self._alternative)
        with self.canv.tagged(figure):
            paint(self.canv, self._scene, left, bottom, self._scale)
        if self._lines:
            with self.canv.tagged(figure.add("Caption")):
                for place, line in enumerate(self._lines, start=1):
                    y = (len(self._lines) - place) * CAPTION.leading + 3
                    draw_line(self.canv, 0, y, line)

    def _box(self, left: float, bottom: float) -> str:
        """Where the drawing stands on the page (ISO 32000-1 section 14.8.5.4.3)."""
        x, y = self.canv.absolutePosition(left, bottom)
        right, top = x + self._scene.width * self._scale, y + self._scene.height * self._scale
        return f"/O/Layout/Placement/Block/BBox[{x:.2f} {y:.2f} {right:.2f} {top:.2f}]"


def _paint(canvas: ReportCanvas, item: Item, height: float) -> None:
    match item:
        case Rect():
            _paint_rect(canvas, item, height)
        case Path():
            _paint_path(canvas, item, height)
        case Text():
            _paint_text(canvas, item, height)
        case Group():
            for inner in item.items:
                _paint(canvas, inner, height)
            _link(canvas, item, height)
        case _:
            assert_never(item)


def _paint_rect(canvas: Canvas, item: Rect, height: float) -> None:
    _use(canvas, item.pen)
    shown = {"stroke": int(item.pen.stroke is not None), "fill": int(item.pen.fill is not None)}
    place = (item.x, height - item.y - item.height, item.width, item.height)
    if item.radius:
        canvas.roundRect(*place, item.radius, **shown)
    else:
        canvas.rect(*place, **shown)


def _paint_path(canvas: Canvas, item: Path, height: float) -> None:
    _use(canvas, item.pen)
    path = canvas.beginPath()
    draw_by = {"M": path.moveTo, "L": path.lineTo, "C": path.curveTo, "Z": path.close}
    for step in item.steps:
        flat = [value for x, y in step.points for value in (x, height - y)]
        draw_by[step.command](*flat)
    canvas.drawPath(
        path, stroke=int(item.pen.stroke is not None), fill=int(item.pen.fill is not None)
    )


def _paint_text(canvas: Canvas, item: Text, height: float) -> None:
    face = MONO if item.mono else BOLD if item.bold else SANS
    text = drawable(item.text)
    width = text_width(text, face, item.size)
    x = item.x - {"start": 0.0, "middle": width / 2, "end": width}[item.anchor]
    draw(canvas, x, height - item.y, text, Style(face, item.size, colour=item.fill))


def _use(canvas: Canvas, pen: Pen) -> None:
    if pen.fill:
        canvas.setFillColor(pen.fill)
    if pen.stroke:
        canvas.setStrokeColor(pen.stroke)
        canvas.setLineWidth(pen.width)
        canvas.setDash(*([list(pen.dash)] if pen.dash else []))


def _link(canvas: ReportCanvas, group: Group, height: float) -> None:
    """A paper has no site of its own: only whole addresses are links in a PDF."""
    link, box = group.safe_link, bounds(group.items)
    if link is None or box is None or not link.startswith("http"):
        return
    left, top, right, bottom = box
    canvas.web_link(link, (left, height - bottom, right, height - top), group.title or link)

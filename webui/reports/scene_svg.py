"""Paint a scene as SVG 1.1 that a page with a strict content security policy may hold.

Presentation attributes only, no ``style``, no script, no reference to anything outside. Every
shape carries a class beside its colour, so that a style sheet may recolour it for a dark ground.
Characters that XML 1.0 forbids become U+FFFD.
"""

from __future__ import annotations

import re
from typing import Final, assert_never
from xml.etree.ElementTree import Element, SubElement, tostring

from webui.reports.scene import Group, Item, Path, Pen, Rect, Scene, Text

NAMESPACE: Final = "http://www.w3.org/2000/svg"
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_svg(scene: Scene) -> str:
    """The scene as one ``svg`` element, to be put into a page or saved as a file."""
    width, height = number(scene.width), number(scene.height)
    root = Element(
        "svg",
        {
            "xmlns": NAMESPACE,
            "class": "scene",
            "viewBox": f"0 0 {width} {height}",
            "width": width,
            "height": height,
            "role": "group" if _has_link(scene.items) else "img",
            "aria-label": _clean(scene.title),
        },
    )
    _words(root, scene.title, scene.description)
    for item in scene.items:
        _paint(root, item)
    return tostring(root, encoding="unicode")


def number(value: float) -> str:
    """A length with at most two decimals and no needless zeros."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _has_link(items: tuple[Item, ...]) -> bool:
    return any(
        item.safe_link is not None or _has_link(item.items)
        for item in items
        if isinstance(item, Group)
    )


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _words(parent: Element, title: str, description: str = "") -> None:
    if title:
        SubElement(parent, "title").text = _clean(title)
    if description:
        SubElement(parent, "desc").text = _clean(description)


def _paint(parent: Element, item: Item) -> None:
    match item:
        case Rect():
            _paint_rect(parent, item)
        case Path():
            steps = " ".join(
                step.command + " ".join(f"{number(x)} {number(y)}" for x, y in step.points)
                for step in item.steps
            )
            SubElement(parent, "path", {**_class(item.role), "d": steps, **_pen(item.pen)})
        case Text():
            _paint_text(parent, item)
        case Group():
            _paint_group(parent, item)
        case _:
            assert_never(item)


def _paint_rect(parent: Element, rect: Rect) -> None:
    attributes = {
        **_class(rect.role),
        "x": number(rect.x),
        "y": number(rect.y),
        "width": number(rect.width),
        "height": number(rect.height),
        **_pen(rect.pen),
    }
    if rect.radius:
        attributes["rx"] = number(rect.radius)
    SubElement(parent, "rect", attributes)


def _paint_text(parent: Element, text: Text) -> None:
    attributes = {
        **_class(text.role),
        "x": number(text.x),
        "y": number(text.y),
        "font-family": "monospace" if text.mono else "sans-serif",
        "font-size": number(text.size),
        "fill": text.fill,
    }
    if text.bold:
        attributes["font-weight"] = "bold"
    if text.anchor != "start":
        attributes["text-anchor"] = text.anchor
    SubElement(parent, "text", attributes).text = _clean(text.text)


def _paint_group(parent: Element, group: Group) -> None:
    link = group.safe_link
    if link is not None:
        parent = SubElement(parent, "a", {"href": link})
    inner = SubElement(parent, "g", _class(group.role))
    _words(inner, group.title)
    for item in group.items:
        _paint(inner, item)


def _class(role: str) -> dict[str, str]:
    return {"class": role} if role else {}


def _pen(pen: Pen) -> dict[str, str]:
    attributes = {"fill": pen.fill or "none"}
    if pen.stroke:
        attributes |= {"stroke": pen.stroke, "stroke-width": number(pen.width)}
        if pen.dash:
            attributes["stroke-dasharray"] = " ".join(number(length) for length in pen.dash)
    return attributes

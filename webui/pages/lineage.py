"""The lineage of anything, what it had a part in, and recalls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast, get_args

from flask import Response, render_template, request
from markupsafe import Markup

from ledger.errors import InputError
from ledger.events.recall import RecallCause
from webui.here import wired
from webui.life.lineage import MOST_DEPTH, Direction, graph, impact, known_materials, recalls
from webui.life.lineage_drawn import lineage_pdf, lineage_scene
from webui.naming import namer
from webui.pages.asking import ask, concluded, text
from webui.reports.scene_svg import to_svg

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

_DEPTH: Final = 3


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/lineage", "lineage", _lineage)
    blueprint.add_url_rule("/lineage.pdf", "lineage_pdf", _pdf)
    blueprint.add_url_rule("/lineage/recall", "recall", _recall, methods=["POST"])
    blueprint.add_url_rule(
        "/lineage/recalls/<int:number>/lift", "lift_recall", _lift, methods=["POST"]
    )


def _wanted() -> tuple[str, Direction, int]:
    """What is asked for; nonsense in a choice is the usual choice."""
    direction = request.args.get("direction", "both")
    depth = request.args.get("depth", "")
    far = int(depth) if depth.isascii() and depth.isdigit() and len(depth) < 3 else _DEPTH  # noqa: PLR2004 (two digits)
    way = direction if direction in get_args(Direction) else "both"
    return request.args.get("of", "").strip(), cast("Direction", way), min(far, MOST_DEPTH)


def _lineage() -> ResponseReturnValue:
    reader = wired().reader
    of, direction, depth = _wanted()
    found = graph(reader, of, direction, depth) if of else None
    return render_template(
        "lineage.html",
        wanted={"of": of, "direction": direction, "depth": depth},
        found=found,
        drawing=Markup(to_svg(lineage_scene(found))) if found else "",  # noqa: S704 (escaped there)
        impact=impact(reader, of) if of else None,
        materials=known_materials(reader),
        recalls=recalls(reader),
        causes=get_args(RecallCause),
    )


def _pdf() -> ResponseReturnValue:
    wiring = wired()
    of, direction, depth = _wanted()
    found = graph(wiring.reader, of, direction, depth)
    data = lineage_pdf(wiring, found, impact(wiring.reader, of), namer(wiring.reader))
    return Response(
        data,
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="lineage.pdf"'},
    )


def _recall() -> ResponseReturnValue:
    material = text("material")
    kind, _, name = material.partition(":")
    what, _, only = name.partition("@")
    field = {"data": "data_set", "version": "model"}.get(kind)
    if field is None or not what:
        raise InputError("A data set or a model is recalled.", pointer="/material")
    fields: dict[str, Any] = {field: what, "cause": text("cause"), "reason": text("reason")}
    if only and text("scope") != "all":
        fields["only"] = only
    back = f"/lineage?of={material}&direction=down"
    return concluded(ask("recall.placed", fields), "It is recalled.", back)


def _lift(number: int) -> ResponseReturnValue:
    fields = {"recall": number, "reason": text("reason")}
    return concluded(ask("recall.lifted", fields), "The recall is lifted.", "/lineage")

"""Versions of a model side by side, as a page and as a PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, render_template, request
from markupsafe import Markup

from webui.here import wired
from webui.life.comparing import comparison
from webui.life.comparing_shown import HOW, SIGNIFICANCE_WORDS, comparison_pdf, metric_scene
from webui.naming import namer
from webui.reports.scene_svg import to_svg

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/models/<model>/compare", "compare", _compare)
    blueprint.add_url_rule("/models/<model>/compare.pdf", "compare_pdf", _compare_pdf)


def _compare(model: str) -> ResponseReturnValue:
    reader = wired().reader
    names = request.args.getlist("v")
    offered = reader.versions(model)
    # Somebody who comes by the menu chooses first.
    found = comparison(reader, wired().policy(), model, names) if names else None
    scene = metric_scene(found) if found else None
    return render_template(
        "compare.html",
        model=reader.model(model),
        found=found,
        chosen=names,
        offered=offered,
        drawing=Markup(to_svg(scene)) if scene else "",  # noqa: S704 (the painter escapes)
        significance=SIGNIFICANCE_WORDS,
        how=HOW,
    )


def _compare_pdf(model: str) -> ResponseReturnValue:
    wiring = wired()
    found = comparison(wiring.reader, wiring.policy(), model, request.args.getlist("v"))
    data = comparison_pdf(wiring, found, namer(wiring.reader))
    disposition = f'attachment; filename="{model}-compared.pdf"'
    return Response(
        data, content_type="application/pdf", headers={"Content-Disposition": disposition}
    )

"""What of a model ran where and when, what ran at one instant, and what a stamp leads back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request
from markupsafe import Markup

from ledger.events.names import format_instant
from webui.here import wired
from webui.life.running import moment_of, ran_at, timeline, trace
from webui.reports.scene_svg import to_svg
from webui.reports.timeline_scene import timeline_scene

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/models/<model>/timeline", "timeline", _timeline)
    blueprint.add_url_rule("/deployments/trace", "trace", _trace)


def _timeline(model: str) -> ResponseReturnValue:
    wiring = wired()
    found = timeline(wiring.reader, model)
    environments = sorted({item.deployment.environment for item in found.items})
    environment = request.args.get("environment", "").strip()
    time = request.args.get("time", "").strip()
    asked = moment_of(time) if time else ""
    answer = ran_at(wiring.reader, model, environment, asked) if asked and environment else None
    scene = timeline_scene(
        [item.deployment for item in found.items], format_instant(wiring.now()), asked
    )
    return render_template(
        "timeline.html",
        model=wiring.reader.model(model),
        found=found,
        environments=environments,
        wanted={"environment": environment, "time": time},
        answer=answer,
        drawing=Markup(to_svg(scene)) if scene else "",  # noqa: S704 (the painter escapes)
    )


def _trace() -> ResponseReturnValue:
    stamp = request.args.get("stamp", "").strip()
    found = trace(wired().reader, stamp) if stamp else None
    return render_template("trace.html", stamp=stamp, found=found)

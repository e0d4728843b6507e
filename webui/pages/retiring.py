"""The calendar of deprecations, acknowledgements, archiving, and what is obsolete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template

from webui.here import wired
from webui.life.retiring import IDLE_DAYS, calendar, cleanup
from webui.life.sunset import missing
from webui.pages.asking import ask, concluded, optional, text
from webui.pages.frame import me

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

_HERE = "/deprecations"
_MOST_ASKED = 20


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule(_HERE, "deprecations", _deprecations)
    rule = "/deprecations/<model>/<version>"
    blueprint.add_url_rule(f"{rule}/acknowledge", "acknowledge", _acknowledge, methods=["POST"])
    blueprint.add_url_rule(f"{rule}/archive", "archive", _archive, methods=["POST"])


def _deprecations() -> ResponseReturnValue:
    wiring = wired()
    found = calendar(wiring)
    ready = [item for item in found.items if item.ready_to_archive][:_MOST_ASKED]
    return render_template(
        "deprecations.html",
        calendar=found,
        missing={item.entry: missing(wiring, item) for item in ready},
        cleanup=cleanup(wiring),
        idle=IDLE_DAYS,
        mine=me().actor.id,
    )


def _acknowledge(model: str, version: str) -> ResponseReturnValue:
    fields = {"model": model, "version": version, **optional(note=text("note"))}
    return concluded(ask("deprecation.acknowledged", fields), "You acknowledged it.", _HERE)


def _archive(model: str, version: str) -> ResponseReturnValue:
    fields = {"model": model, "version": version, **optional(reason=text("reason"))}
    return concluded(ask("version.archived", fields), "It is archived.", _HERE)

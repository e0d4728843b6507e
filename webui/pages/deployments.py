"""What runs where now, and what ran before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request

from webui.here import wired
from webui.pages.frame import before, first_page, next_page

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

ON_A_PAGE = 50
MOST_MODELS = 500


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/deployments", "deployments", _deployments)


def _deployments() -> ResponseReturnValue:
    reader = wired().reader
    wanted = {name: request.args.get(name, "").strip() for name in ("model", "environment")}
    found = reader.deployments(**wanted, before=before(), limit=ON_A_PAGE)
    running = [
        run
        for run in reader.running(wanted["model"])
        if wanted["environment"] in {"", run.environment}
    ]
    releases = {run.release for run in running if run.release is not None}
    states = {number: reader.release(number).status for number in sorted(releases)}
    return render_template(
        "deployments.html",
        running=running,
        ended={number: word for number, word in states.items() if word != "granted"},
        deployments=found,
        wanted=wanted,
        models=reader.models(limit=MOST_MODELS),
        environments=sorted({run.environment for run in reader.running()}),
        first=first_page(),
        next=next_page(found, ON_A_PAGE, lambda item: item.since),
    )

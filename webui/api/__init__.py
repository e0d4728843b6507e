"""The API: HTTP and JSON in, one call, JSON out. ``/api/v1``, and its description beside it."""

from __future__ import annotations

import re
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING

from flask import Blueprint

from webui.api import (
    access_review,
    artifact,
    batch,
    change,
    course,
    deployment,
    described,
    draft,
    entry,
    event,
    exchange,
    framework,
    gate,
    inventory,
    job,
    life,
    model,
    monthly,
    policy,
    privacy,
    release,
    report,
    room,
    sample,
    signed,
    standing,
    token,
)
from webui.api.door import guarded
from webui.api.openapi import document_bytes, route_of

if TYPE_CHECKING:
    from flask import Flask

    from webui.api.route import Route

ROUTES: tuple[Route, ...] = (
    *event.ROUTES,
    *batch.ROUTES,
    *model.ROUTES,
    *life.ROUTES,
    *artifact.ROUTES,
    *course.ROUTES,
    *described.ROUTES,
    *release.ROUTES,
    *change.ROUTES,
    *deployment.ROUTES,
    *gate.ROUTES,
    *inventory.ROUTES,
    *entry.ROUTES,
    *policy.ROUTES,
    *report.ROUTES,
    *draft.ROUTES,
    *job.ROUTES,
    *monthly.ROUTES,
    *framework.ROUTES,
    *standing.ROUTES,
    *sample.ROUTES,
    *room.ROUTES,
    *privacy.ROUTES,
    *access_review.ROUTES,
    *token.ROUTES,
    *exchange.ROUTES,
    *signed.ROUTES,
)


def register(app: Flask) -> Blueprint:
    """Put the API into ``app``; returns its blueprint."""
    api = Blueprint("api", __name__, url_prefix="/api")
    for route in (*ROUTES, route_of(_description)):
        api.add_url_rule(
            re.sub(r"\{(\w+)\}", r"<\1>", route.path),
            route.name,
            guarded(route),
            methods=[route.method],
            provide_automatic_options=False,
        )
    app.register_blueprint(api)
    return api


@cache
def _description() -> bytes:
    """Written when it is first asked for: it takes longer than everything else at the start."""
    return document_bytes((*ROUTES, route_of(_description)), metadata.version("counterseal"))

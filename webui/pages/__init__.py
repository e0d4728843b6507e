"""The pages that people see: each parses, reads once, renders.

A page reads through ``ledger.query.Reader`` and changes something only by submitting a command;
what may be done is the policy's to say, and its refusals are shown in its own words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from webui.pages import (
    access_reviews,
    account,
    activity,
    changes,
    comparing,
    confirm,
    connections,
    controls,
    deployments,
    describing,
    documenting,
    drafts,
    entrants,
    exceptions,
    explorer,
    exporting,
    frameworks,
    inbox,
    incidents,
    jobs,
    lineage,
    log,
    models,
    monthly,
    notices,
    passkeys,
    people,
    policy,
    privacy,
    publishers,
    releases,
    reports,
    retiring,
    role_matrix,
    rolling_back,
    rooms,
    samples,
    searching,
    second_factor,
    sign_in,
    signing,
    statements,
    talking,
    timeline,
    told_to_others,
    verify,
)
from webui.pages.frame import install, pages

if TYPE_CHECKING:
    from flask import Flask

_ROOMS = (
    access_reviews,
    account,
    activity,
    changes,
    comparing,
    confirm,
    connections,
    controls,
    deployments,
    describing,
    documenting,
    drafts,
    entrants,
    exceptions,
    explorer,
    exporting,
    inbox,
    incidents,
    jobs,
    lineage,
    log,
    models,
    monthly,
    notices,
    passkeys,
    people,
    policy,
    publishers,
    privacy,
    releases,
    reports,
    role_matrix,
    retiring,
    samples,
    searching,
    rolling_back,
    second_factor,
    sign_in,
    signing,
    statements,
    frameworks,
    rooms,
    talking,
    timeline,
    told_to_others,
    verify,
)


def register(app: Flask) -> None:
    """Put the pages into ``app``."""
    blueprint = pages()
    for room in _ROOMS:
        room.add_to(blueprint)
    install(blueprint)
    app.register_blueprint(blueprint)

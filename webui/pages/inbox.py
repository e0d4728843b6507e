"""The inbox: what waits for me, what waits for others, what I asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template

from policies import sentence
from webui.here import wired
from webui.pages.frame import me, name_of
from webui.pages.waiting import waiting

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

MOST_SHOWN = 50


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/", "inbox", _inbox)


def _inbox() -> ResponseReturnValue:
    reader, names, actor = wired().reader, name_of(), me().actor
    found = waiting(reader.releases(status="open", limit=MOST_SHOWN), actor)
    return render_template(
        "inbox.html",
        counts=reader.counts(),
        mine=[item for item in found if item.for_me],
        asked=[item for item in found if item.release.requester == actor.id and not item.for_me],
        others=[item for item in found if item.release.requester != actor.id and not item.for_me],
        granted=reader.releases(status="granted", limit=8),
        say=lambda result: sentence(result, names),
        name_of=names,
    )

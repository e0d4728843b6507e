"""The course of versions: how the next is named, which ones end, and what is obsolete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.catalogue import read_command
from ledger.events.model import VersionRegistered
from webui.api.answer import json_answer
from webui.api.route import Answer, Route
from webui.api.shapes import NextVersionWanted
from webui.api.strict import body_fields
from webui.life.numbering import Suggestion, suggest
from webui.life.retiring import Calendar, Cleanup, calendar, cleanup

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


def _calendar(asker: Asker) -> Response:
    return json_answer(calendar(asker.wiring))


def _cleanup(asker: Asker) -> Response:
    return json_answer(cleanup(asker.wiring))


def _next(asker: Asker) -> Response:
    wanted = body_fields(NextVersionWanted)
    planned = None
    if wanted.planned is not None:
        # The name is what is asked for, so that any stands for it.
        fields = {**wanted.planned, "model": wanted.model, "version": "0"}
        read = read_command(VersionRegistered.kind, fields, "/planned")
        planned = read if isinstance(read, VersionRegistered) else None
    return json_answer(suggest(asker.wiring, wanted.model, planned))


ROUTES = (
    Route(
        method="POST",
        path="/v1/next-version",
        name="suggest_version",
        says="A name for a model's next version, by its scheme and by what changed. Nothing is "
        "recorded.",
        view=_next,
        body="NextVersionWanted",
        answers=(Answer(200, "The suggestion.", Suggestion),),
    ),
    Route(
        method="GET",
        path="/v1/deprecations",
        name="list_deprecations",
        says="Deprecated versions, the nearest sunset first: where they run, who acknowledged.",
        view=_calendar,
        answers=(Answer(200, "The calendar.", Calendar),),
    ),
    Route(
        method="GET",
        path="/v1/obsolete",
        name="list_obsolete",
        says="Versions that nobody needs any more, as far as is recorded, and their sizes.",
        view=_cleanup,
        answers=(Answer(200, "What is obsolete.", Cleanup),),
    ),
)

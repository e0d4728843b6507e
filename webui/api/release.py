"""Releases, and what is still pending for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.names import ModelName, Slug, VersionName  # noqa: TC001 (pydantic reads annotations)
from ledger.state.aggregates import ReleaseState, ReleaseStatus
from ledger.state.pack import pack_of
from ledger.store.database import reading
from webui.api.answer import json_answer, page_answer
from webui.api.model import Paging
from webui.api.route import Answer, Route
from webui.api.shapes import ReleaseAnswer
from webui.api.strict import number, read_query
from webui.api.told import pending_of

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


class ReleasesQuery(Paging):
    """Which releases."""

    model: ModelName | None = None
    version: VersionName | None = None
    environment: Slug | None = None
    status: ReleaseStatus | None = None


def _releases(asker: Asker) -> Response:
    query = read_query(ReleasesQuery)
    found = asker.wiring.reader.releases(
        model=query.model or "",
        version=query.version or "",
        environment=query.environment or "",
        status=query.status or "",
        before=query.before,
        limit=query.limit,
    )
    return page_answer(found, query.limit, lambda item: item.since)


def _release(asker: Asker, release: str) -> Response:
    found = asker.wiring.reader.release(number(release, "release"))
    pending = pending_of(asker.wiring, found)
    with reading(asker.wiring.engine) as connection:
        pack = pack_of(asker.wiring.reader.registry(connection), found)
    answer = ReleaseAnswer(release=found, pending=pending, pack=pack, pack_digest=pack.digest())
    return json_answer(answer)


ROUTES = (
    Route(
        method="GET",
        path="/v1/releases",
        name="list_releases",
        says="Releases, newest first.",
        view=_releases,
        query=ReleasesQuery,
        answers=(Answer(200, "A page of releases.", ReleaseState, page=True),),
    ),
    Route(
        method="GET",
        path="/v1/releases/{release}",
        name="get_release",
        says="One release, by the entry that asked for it, and what it still lacks.",
        view=_release,
        parameters={"release": "The sequence number of the entry that asked for it."},
        answers=(Answer(200, "The release and what is pending.", ReleaseAnswer),),
    ),
)

"""Releases, and what is still pending for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.names import (
    ModelName,
    Slug,
    VersionName,
    format_instant,
)
from ledger.state.aggregates import ReleaseState, ReleaseStatus
from ledger.state.pack import pack_of
from ledger.store.database import reading
from policies import may_vote, sentence, whose_turn
from webui.api.answer import json_answer, page_answer
from webui.api.model import Paging
from webui.api.route import Answer, Route
from webui.api.shapes import CommentAnswer, Comments, ReleaseAnswer
from webui.api.strict import number, read_query
from webui.api.told import pending_of
from webui.comments import comments_on
from webui.naming import namer

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
    now = format_instant(asker.wiring.now())
    with reading(asker.wiring.engine) as connection:
        registry = asker.wiring.reader.registry(connection)
        pack = pack_of(registry, found)
        assignment = registry.assignment(found.since)
        turn = whose_turn(registry, assignment, now) if assignment else {}
        vote = may_vote(asker.wiring.decide, registry, found, asker.actor, now)
    closed = found.status not in {"open", "granted"}
    name_of = namer(asker.wiring.reader)
    answer = ReleaseAnswer(
        release=found,
        pending=pending,
        pack=pack,
        pack_digest=pack.digest(),
        assignment=assignment,
        standing_in=turn,
        may_vote=vote.allowed and not closed,
        why_no_vote=(f"The release is {found.status}.",)
        if closed
        else tuple(sentence(result, name_of) for result in vote.unmet),
    )
    return json_answer(answer)


def _comments(asker: Asker, release: str) -> Response:
    found = asker.wiring.reader.release(number(release, "release"))
    told = comments_on(asker.wiring.reader, found)
    return json_answer(
        Comments(
            items=tuple(
                CommentAnswer(
                    sequence=item.row.sequence,
                    recorded_at=item.row.recorded_at,
                    actor=item.row.actor,
                    comment=item.private.get("comment"),
                )
                for item in told
            )
        )
    )


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
    Route(
        method="GET",
        path="/v1/releases/{release}/comments",
        name="list_comments",
        says="The newest 100 comments on a release, oldest first. They are no votes.",
        view=_comments,
        parameters={"release": "The sequence number of the entry that asked for it."},
        answers=(Answer(200, "The comments; those that were erased are null.", Comments),),
    ),
)

"""Access reviews: opened, looked at, decided row by row, and signed off.

Taking a role that is to be removed is the event ``role.revoked``, or a proposal of it, as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ledger.batch import Asked
from ledger.errors import UnknownSubjectError
from ledger.events.access import AccessReviewOpened
from ledger.events.catalogue import read_command
from ledger.events.names import format_instant
from ledger.state.access import AccessReview
from webui.access_reviews import (
    DECIDED,
    actors_of,
    completing,
    open_review,
    still_held,
    to_do,
)
from webui.api.answer import json_answer, page_answer
from webui.api.model import Paging
from webui.api.review_shapes import (
    AccessReviewAnswer,
    AccessReviewDone,
    AccessReviewRow,
    AccessReviewRows,
    AccessReviewWanted,
)
from webui.api.route import PROBLEM, Answer, Route
from webui.api.shapes import DeniedProblem, ReceiptAnswer
from webui.api.strict import body_fields, idempotency_key, number, read_query
from webui.api.told import receipt_response
from webui.identity.errors import ScopeError
from webui.identity.scope import check_kind

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker

COMPLETED = "access.reviewed"


class AccessReviewsQuery(Paging):
    """Which access reviews."""

    status: Literal["open", "completed"] | None = None


def _reviews(asker: Asker) -> Response:
    query = read_query(AccessReviewsQuery)
    found = asker.wiring.reader.access_reviews(
        status=query.status or "", before=query.before, limit=query.limit
    )
    return page_answer(found, query.limit, lambda item: item.since)


def _review(asker: Asker, review: str) -> Response:
    return json_answer(_told(asker, _find(asker, review)))


def _open(asker: Asker) -> Response:
    key, wanted = idempotency_key(), body_fields(AccessReviewWanted)
    _check(asker, AccessReviewOpened.kind)
    receipt = open_review(
        asker.wiring, asker.actor, wanted.roles, wanted.due, reason=wanted.reason or "", key=key
    )
    return receipt_response(asker.wiring, receipt)


def _decide(asker: Asker, review: str) -> Response:
    """All of the rows or none of them: a refusal of one is recorded, and the others are not."""
    key, wanted = idempotency_key(), body_fields(AccessReviewRows)
    _check(asker, DECIDED)
    found = _find(asker, review)
    asked = []
    for at, row in enumerate(wanted.rows):
        if found.row(row.actor_id, row.role) is None:
            raise UnknownSubjectError("The review has no such row.", pointer=f"/rows/{at}")
        fields = {"review": found.since, **row.model_dump()}
        asked.append(Asked(read_command(DECIDED, fields), f"{key}/{at}"))
    for one in asked:
        decision = asker.wiring.submitter.preview(asker.actor, one.event)
        if not decision.allowed:
            return receipt_response(
                asker.wiring, asker.wiring.submitter.submit(asker.actor, one.event, one.key)
            )
    for receipt in asker.wiring.submitter.submit_batch(asker.actor, asked):
        if receipt.outcome == "deny":
            return receipt_response(asker.wiring, receipt)
    return json_answer(_told(asker, _find(asker, review)), 201)


def _complete(asker: Asker, review: str) -> Response:
    key, wanted = idempotency_key(), body_fields(AccessReviewDone)
    _check(asker, COMPLETED)
    fields = completing(_find(asker, review), wanted.conclusion or "")
    event = read_command(COMPLETED, fields)
    return receipt_response(asker.wiring, asker.wiring.submitter.submit(asker.actor, event, key))


def _find(asker: Asker, review: str) -> AccessReview:
    return asker.wiring.reader.access_review(number(review, "access review"))


def _told(asker: Asker, review: AccessReview) -> AccessReviewAnswer:
    actors = actors_of(asker.wiring, review)
    now = format_instant(asker.wiring.now())
    return AccessReviewAnswer(
        review=review.since,
        roles=review.roles,
        as_of=review.as_of,
        opened_at=review.opened_at,
        opener=review.opener,
        due=review.due,
        overdue=review.completed is None and review.due < now,
        completed=review.completed,
        completed_at=review.completed_at,
        completed_by=review.completed_by or None,
        to_do=to_do(review, actors),
        rows=tuple(
            AccessReviewRow(
                actor_id=row.actor_id,
                role=row.role,
                granted=row.granted,
                held=still_held(row, actors[row.actor_id]),
                decision=row.decision,
                entry=row.entry,
                by=row.by or None,
                at=row.at or None,
            )
            for row in review.rows
        ),
    )


def _check(asker: Asker, kind: str) -> None:
    check_kind(asker.scope, kind)
    if asker.proof is not None:
        raise ScopeError("A CI job's token reviews no access.", remedy="Use an API token.")


_REVIEW = {"review": "The sequence number of the entry that opened it."}
_REFUSED = Answer(403, "The policy refused, which is recorded.", DeniedProblem, media=PROBLEM)

ROUTES = (
    Route(
        method="GET",
        path="/v1/access-reviews",
        name="list_access_reviews",
        says="Access reviews, newest first. For those who oversee others.",
        view=_reviews,
        query=AccessReviewsQuery,
        answers=(Answer(200, "A page of access reviews.", AccessReview, page=True),),
    ),
    Route(
        method="POST",
        path="/v1/access-reviews",
        name="open_access_review",
        says="Open a review of everybody who holds some roles now; of all roles, without any.",
        view=_open,
        needs="token",
        body="AccessReviewWanted",
        key=True,
        answers=(
            Answer(201, "It is open.", ReceiptAnswer),
            Answer(200, "It was opened before under this key.", ReceiptAnswer),
            _REFUSED,
        ),
    ),
    Route(
        method="GET",
        path="/v1/access-reviews/{review}",
        name="get_access_review",
        says="One access review, its rows, and how many still wait for a decision or for the role "
        "to be taken.",
        view=_review,
        parameters=_REVIEW,
        answers=(Answer(200, "The access review.", AccessReviewAnswer),),
    ),
    Route(
        method="POST",
        path="/v1/access-reviews/{review}/rows",
        name="decide_access_review",
        says="Decide rows: keep or remove, each with its reason; all of them or none. A role that "
        "is to be removed is then taken by role.revoked, under the policy.",
        view=_decide,
        needs="token",
        body="AccessReviewRows",
        key=True,
        parameters=_REVIEW,
        answers=(Answer(201, "They are decided.", AccessReviewAnswer), _REFUSED),
    ),
    Route(
        method="POST",
        path="/v1/access-reviews/{review}/complete",
        name="complete_access_review",
        says="Sign a review off, once every row is decided and what is removed is gone.",
        view=_complete,
        needs="token",
        body="AccessReviewDone",
        key=True,
        parameters=_REVIEW,
        answers=(
            Answer(201, "It is completed.", ReceiptAnswer),
            Answer(200, "It was completed before under this key.", ReceiptAnswer),
            _REFUSED,
        ),
    ),
)

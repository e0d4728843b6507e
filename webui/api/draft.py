"""Drafts of statements: read, kept, discarded; a change names the one that it was made from.

``ETag`` is strong, of draft and version. ``PUT`` begins a draft under ``If-None-Match: *`` and
changes one under ``If-Match`` (RFC 9110, 13.1); without either it is refused (RFC 6585, 3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Response, request

from ledger.errors import ConflictError, InputError
from ledger.events.statement import StatementSigned
from webui.api.answer import json_answer
from webui.api.draft_shapes import (
    DraftAnswer,
    DraftWanted,
    DueStatementRow,
    DueStatementsAnswer,
    DueStatementsQuery,
)
from webui.api.route import Answer, Route
from webui.api.strict import body_fields, read_query
from webui.drafts import (
    check_may_write,
    discard_draft,
    draft_of,
    due_statements,
    keep_draft,
    no_draft,
)
from webui.identity.errors import ScopeError
from webui.identity.scope import check_kind

if TYPE_CHECKING:
    from webui.api.route import Asker
    from webui.drafts import Draft

_NO_CONTENT: Final = 204


def _due(asker: Asker) -> Response:
    query = read_query(DueStatementsQuery)
    found = due_statements(asker.wiring, query.framework)
    rows = tuple(DueStatementRow.model_validate(one) for one in found)
    return json_answer(DueStatementsAnswer(statements=rows))


def _get(asker: Asker, control: str) -> Response:
    check_may_write(asker.wiring, asker.actor, control)
    found = draft_of(asker.wiring, control)
    if found is None:
        raise no_draft()
    response = _tagged(json_answer(_answer(found)), found)
    response.make_conditional(request)
    return response


def _put(asker: Asker, control: str) -> Response:
    said = body_fields(DraftWanted)
    _check_door(asker, control)
    tag = "" if request.headers.get("If-None-Match", "").strip() == "*" else _wanted_tag()
    try:
        kept = keep_draft(
            asker.wiring, asker.actor, control, said.text, due=said.due or "", tag=tag
        )
    except ConflictError as error:
        raise _failed(error) from None
    return _tagged(json_answer(_answer(kept), 200 if tag else 201), kept)


def _delete(asker: Asker, control: str) -> Response:
    _check_door(asker, control)
    tag = _wanted_tag()
    try:
        discard_draft(asker.wiring, control, tag)
    except ConflictError as error:
        raise _failed(error) from None
    return Response(status=_NO_CONTENT)


def _check_door(asker: Asker, control: str) -> None:
    check_kind(asker.scope, StatementSigned.kind)
    if asker.proof is not None:
        raise ScopeError("A CI job's token writes no statement.", remedy="Use an API token.")
    check_may_write(asker.wiring, asker.actor, control)


def _wanted_tag() -> str:
    """The one entity tag of ``If-Match``.

    Raises:
        InputError: ``precondition-missing``: there is none, or more than one, or a weak one.
    """
    tags = request.if_match.as_set()
    if len(tags) != 1 or request.if_match.star_tag:
        raise InputError(
            "The request does not say which draft it was made from.",
            code="precondition-missing",
            remedy="Send If-Match with the ETag that you were given; to begin a draft, "
            "PUT with If-None-Match: *.",
        )
    return str(tags.pop())


def _failed(error: ConflictError) -> ConflictError:
    if error.code != "draft-changed":
        return error
    return ConflictError(error.sentence, code="precondition-failed", remedy=error.remedy)


def _answer(found: Draft) -> DraftAnswer:
    return DraftAnswer(
        control=found.control,
        version=found.version,
        author=found.author,
        changed_by=found.changed_by,
        created_at=found.created_at,
        changed_at=found.changed_at,
        due=found.due or None,
        text=found.text,
    )


def _tagged(response: Response, found: Draft) -> Response:
    response.set_etag(found.tag)
    return response


_PATH: Final = "/v1/statements/{control}/draft"
_CONTROL = {"control": "The id of the control, such as soc2-cc5-1."}

ROUTES = (
    Route(
        method="GET",
        path="/v1/statements:due",
        name="list_due_statements",
        says="Statements that lack, are over, end within 120 days, or are drafted.",
        view=_due,
        query=DueStatementsQuery,
        answers=(Answer(200, "What is to be done.", DueStatementsAnswer),),
    ),
    Route(
        method="GET",
        path=_PATH,
        name="get_draft",
        says="The draft of the statement for a control, for who may sign it, with its ETag.",
        view=_get,
        parameters=_CONTROL,
        answers=(Answer(200, "The draft.", DraftAnswer),),
    ),
    Route(
        method="PUT",
        path=_PATH,
        name="put_draft",
        says="Begin a draft (If-None-Match: *) or change one (If-Match). Nothing is signed.",
        view=_put,
        needs="token",
        body="DraftWanted",
        parameters=_CONTROL,
        matched=True,
        answers=(
            Answer(200, "It is changed.", DraftAnswer),
            Answer(201, "It is begun.", DraftAnswer),
        ),
    ),
    Route(
        method="DELETE",
        path=_PATH,
        name="delete_draft",
        says="Discard a draft. What was signed stays.",
        view=_delete,
        needs="token",
        parameters=_CONTROL,
        matched=True,
        answers=(Answer(204, "It is gone."),),
    ),
)

"""API tokens, and who the asker is.

Tokens are made and revoked for oneself, or for others by administrators. A token does so only if
its own scope is without limits: a narrow token must not be able to make itself a wider one. Any
token may revoke itself.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from flask import Response

from ledger.events.names import ActorId  # noqa: TC001 (pydantic reads annotations)
from webui.api.answer import json_answer
from webui.api.route import Answer, Route
from webui.api.shapes import MeAnswer, NewTokenAnswer, TokenAnswer, Tokens, TokenWanted
from webui.api.strict import Query, body_fields, read_query
from webui.identity.administrators import check_administrator
from webui.identity.errors import AdministratorError
from webui.identity.scope import check_unlimited
from webui.identity.tokens import create_token, get_token, list_tokens, revoke_token

if TYPE_CHECKING:
    from typing import Any

    from webui.api.route import Asker
    from webui.identity.tokens import Token


class TokensQuery(Query):
    """Whose tokens; one's own without."""

    actor: ActorId | None = None


def _me(asker: Asker) -> Response:
    person = asker.wiring.reader.person(asker.actor.id)
    token = get_token(asker.wiring, asker.actor.credential or "")
    return json_answer(
        MeAnswer(
            actor=asker.actor,
            name=person.name,
            roles=tuple(held.role for held in person.actor.roles),
            scope=asker.scope,
            expires_at=token.expires_at,
        )
    )


def _create(asker: Asker) -> Response:
    wanted = body_fields(TokenWanted)
    whose = wanted.actor_id or asker.actor.id
    _check_may_administer(asker, whose)
    _check_speaks_for_no_other_person(asker, whose)
    token_id, secret = create_token(
        asker.wiring,
        actor_id=whose,
        label=wanted.label,
        scope=wanted.scope,
        days=wanted.days,
        created_by=asker.actor.id,
    )
    made = get_token(asker.wiring, token_id)
    return json_answer(NewTokenAnswer(**_fields(made), secret=secret), 201)


def _list(asker: Asker) -> Response:
    whose = read_query(TokensQuery).actor or asker.actor.id
    if whose != asker.actor.id:
        check_administrator(asker.wiring, asker.actor.id)
    found = list_tokens(asker.wiring, whose)
    return json_answer(Tokens(items=tuple(TokenAnswer(**_fields(token)) for token in found)))


def _revoke(asker: Asker, token: str) -> Response:
    found = get_token(asker.wiring, token)
    if found.token_id != asker.actor.credential:
        _check_may_administer(asker, found.actor_id)
    revoke_token(asker.wiring, found.token_id)
    return Response(status=204)


def _check_may_administer(asker: Asker, whose: str) -> None:
    check_unlimited(asker.scope)
    if whose != asker.actor.id:
        check_administrator(asker.wiring, asker.actor.id)


def _check_speaks_for_no_other_person(asker: Asker, whose: str) -> None:
    """A token acts as its actor: an administrator who had one of an approver could approve."""
    if whose != asker.actor.id and asker.wiring.reader.actor(whose).type == "person":
        raise AdministratorError(
            "A token that speaks for a person is made by that person.",
            remedy="Make one for a workload, or let the person make it on the account page.",
        )


def _fields(token: Token) -> dict[str, Any]:
    return {field.name: getattr(token, field.name) for field in fields(token)}


ROUTES = (
    Route(
        method="GET",
        path="/v1/me",
        name="get_me",
        says="Who the token speaks for, and how far it reaches.",
        view=_me,
        needs="token",
        answers=(Answer(200, "The asker.", MeAnswer),),
    ),
    Route(
        method="GET",
        path="/v1/tokens",
        name="list_tokens",
        says="Tokens of one's own, or for administrators of another actor, newest first.",
        view=_list,
        query=TokensQuery,
        answers=(Answer(200, "The tokens, without their secrets.", Tokens),),
    ),
    Route(
        method="POST",
        path="/v1/tokens",
        name="create_token",
        says="Make a token; its secret is shown this once.",
        view=_create,
        needs="token",
        body="TokenWanted",
        answers=(Answer(201, "The token with its secret.", NewTokenAnswer),),
    ),
    Route(
        method="DELETE",
        path="/v1/tokens/{token}",
        name="revoke_token",
        says="Revoke a token.",
        view=_revoke,
        needs="token",
        parameters={"token": "The token's public id."},
        answers=(Answer(204, "It opens nothing any more."),),
    ),
)

"""An identity token of a CI job for an API token of ten minutes (RFC 8693)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from flask import request

from ledger.core.encoding import parse_json
from ledger.errors import InputError
from webui.api.answer import json_answer
from webui.api.route import FORM, JSON, Answer, Route
from webui.api.shapes import ACCESS_TOKEN, ExchangeAnswer, ExchangeWanted
from webui.api.strict import LARGEST_BODY, body_bytes, read_fields
from webui.here import wired
from webui.identity.exchange import exchange

if TYPE_CHECKING:
    from flask import Response

_MOST_FIELDS = 20


def _exchange() -> Response:
    wanted = read_fields(ExchangeWanted, _fields())
    given = exchange(wired(), wanted.subject_token, wanted.publisher)
    answer = ExchangeAnswer(
        access_token=given.secret,
        issued_token_type=ACCESS_TOKEN,
        token_type="Bearer",  # noqa: S106 (the name of a scheme)
        expires_in=given.seconds,
        scope=" ".join(given.scope.kinds),
        token_id=given.token_id,
        actor_id=given.actor_id,
        publisher=given.publisher,
    )
    response = json_answer(answer)
    response.headers["Cache-Control"] = "no-store"
    return response


def _fields() -> object:
    """The request as JSON, or as the form that RFC 8693 describes."""
    if request.mimetype != FORM:
        return parse_json(body_bytes(JSON, LARGEST_BODY), max_bytes=LARGEST_BODY)
    body = body_bytes(FORM, LARGEST_BODY).decode("ascii", "replace")
    try:
        pairs = parse_qsl(
            body, keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise InputError("This form can't be read.", code="form-malformed") from None
    fields: dict[str, Any] = dict(pairs)
    if len(fields) != len(pairs):
        raise InputError("A field stands twice.", code="parameter-twice")
    if str(fields.get("publisher", "")).isdecimal():
        fields["publisher"] = int(fields["publisher"][:16])
    return fields


ROUTES = (
    Route(
        method="POST",
        path="/v1/token-exchange",
        name="exchange_token",
        says="Exchange the identity token of a CI job for an API token of ten minutes (RFC 8693). "
        "No other token is needed: a trusted publisher must admit the job. Taken as JSON, or as "
        "application/x-www-form-urlencoded.",
        view=_exchange,
        needs="nothing",
        body="ExchangeWanted",
        answers=(Answer(200, "The token, shown this once.", ExchangeAnswer),),
    ),
)

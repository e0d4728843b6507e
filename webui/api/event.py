"""The one way in: a command as JSON; a receipt, a refusal, or what the policy would say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.batch import Asked
from ledger.events.catalogue import read_command
from webui.api.answer import json_answer
from webui.api.route import PROBLEM, Answer, Route
from webui.api.shapes import Command, DecisionAnswer, DeniedProblem, ReceiptAnswer
from webui.api.strict import body_fields, idempotency_key
from webui.api.told import decision_answer, denied_response, receipt_answer
from webui.identity.scope import check_submit
from webui.naming import namer

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


def _submit(asker: Asker) -> Response:
    key = idempotency_key()
    wanted = body_fields(Command)
    event = read_command(wanted.kind, wanted.event)
    check_submit(asker.wiring, asker.scope, event)
    asked = Asked(event, key, asker.proof)
    (receipt,) = asker.wiring.submitter.submit_batch(asker.actor, [asked])
    told = receipt_answer(receipt, namer(asker.wiring.reader))
    if receipt.outcome == "deny":
        response = denied_response(told)
    else:
        response = json_answer(told, 200 if receipt.replayed else 201)
        response.headers["Location"] = told.links.entry
    if receipt.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _decide(asker: Asker) -> Response:
    wanted = body_fields(Command)
    event = read_command(wanted.kind, wanted.event)
    decision = asker.wiring.submitter.preview(asker.actor, event, asker.proof)
    return json_answer(decision_answer(decision, namer(asker.wiring.reader)))


ROUTES = (
    Route(
        method="POST",
        path="/v1/events",
        name="submit_event",
        says="Ask that something happens. Answered when it is durable. The same command under the "
        "same Idempotency-Key is recorded once and answered with the same receipt.",
        view=_submit,
        needs="command",
        body="Command",
        key=True,
        answers=(
            Answer(201, "It is recorded.", ReceiptAnswer),
            Answer(200, "It was recorded before under this key.", ReceiptAnswer),
            Answer(403, "The policy refused, which is recorded.", DeniedProblem, media=PROBLEM),
        ),
    ),
    Route(
        method="POST",
        path="/v1/decide",
        name="decide",
        says="What the policy in force would say now to this command. Nothing is recorded.",
        view=_decide,
        body="Command",
        answers=(Answer(200, "The decision.", DecisionAnswer),),
    ),
)

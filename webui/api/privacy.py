"""Requests for erasure, holds, the copy of one person's data; and carrying an erasure out.

Requests, their answers and holds are commands like any other, submitted to ``/v1/events``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.privacy import SubjectErased
from ledger.state.privacy import ErasureState, HoldState
from webui.api.answer import json_answer, page_answer, text_answer
from webui.api.model import Paging
from webui.api.route import JSON, PDF, PROBLEM, Answer, Route
from webui.api.shapes import DeniedProblem, ReceiptAnswer
from webui.api.strict import number, read_query
from webui.api.told import denied_response, receipt_answer
from webui.identity.scope import check_kind, check_whole
from webui.naming import namer
from webui.privacy import carry_out, check_reader

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


def _erasures(asker: Asker) -> Response:
    check_reader(asker.wiring, asker.actor.id)
    query = read_query(Paging)
    found = asker.wiring.reader.erasures(before=query.before, limit=query.limit)
    return page_answer(found, query.limit, lambda item: item.since)


def _holds(asker: Asker) -> Response:
    check_reader(asker.wiring, asker.actor.id)
    query = read_query(Paging)
    found = asker.wiring.reader.holds(before=query.before, limit=query.limit)
    return page_answer(found, query.limit, lambda item: item.since)


def _carry_out(asker: Asker, erasure: str) -> Response:
    check_kind(asker.scope, SubjectErased.kind)
    check_whole(asker.scope)
    receipt = carry_out(asker.wiring, asker.actor, number(erasure, "erasure"))
    told = receipt_answer(receipt, namer(asker.wiring.reader))
    return denied_response(told) if receipt.outcome == "deny" else json_answer(told, 201)


def _export(asker: Asker, actor: str) -> Response:
    check_reader(asker.wiring, asker.actor.id, actor)
    # It reads the whole ledger: what that takes is loaded when it is asked for.
    from webui.subject_export import subject_export_json

    return text_answer(subject_export_json(asker.wiring, actor), JSON)


def _export_pdf(asker: Asker, actor: str) -> Response:
    check_reader(asker.wiring, asker.actor.id, actor)
    from webui.subject_pdf import subject_pdf

    return text_answer(subject_pdf(asker.wiring, actor), PDF)


_ACTOR = {"actor": "The random id of the person."}

ROUTES = (
    Route(
        method="GET",
        path="/v1/erasures",
        name="list_erasures",
        says="Requests for erasure, newest first. For the privacy role, compliance and auditors.",
        view=_erasures,
        query=Paging,
        answers=(Answer(200, "A page of requests.", ErasureState, page=True),),
    ),
    Route(
        method="POST",
        path="/v1/erasures/{erasure}/carry-out",
        name="carry_out_erasure",
        says="Destroy what an approved request asks for. The token's scope must hold "
        "subject.erased. A hold or a rule that keeps something is a 409 that names it.",
        view=_carry_out,
        needs="token",
        parameters={"erasure": "The sequence number of the entry that recorded the request."},
        answers=(
            Answer(201, "It is destroyed, and recorded.", ReceiptAnswer),
            Answer(403, "The policy refused, which is recorded.", DeniedProblem, media=PROBLEM),
        ),
    ),
    Route(
        method="GET",
        path="/v1/holds",
        name="list_holds",
        says="Holds, newest first. For the privacy role, compliance and auditors.",
        view=_holds,
        query=Paging,
        answers=(Answer(200, "A page of holds.", HoldState, page=True),),
    ),
    Route(
        method="GET",
        path="/v1/people/{actor}/data",
        name="get_personal_data",
        says="Everything about one person: their data, and every entry with their part. For the "
        "person, the privacy role, compliance and auditors.",
        view=_export,
        parameters=_ACTOR,
        answers=(Answer(200, "The copy."),),
    ),
    Route(
        method="GET",
        path="/v1/people/{actor}/data/pdf",
        name="get_personal_data_pdf",
        says="The same as a PDF, with the JSON inside it.",
        view=_export_pdf,
        parameters=_ACTOR,
        answers=(Answer(200, "The PDF.", media=PDF),),
    ),
)

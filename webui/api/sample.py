"""Samples: listed, drawn with the nonce that was bound, and extended by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.sample import SampleDrawn, SampleExtended
from ledger.state.samples import SampleState
from webui.api.answer import json_answer, page_answer
from webui.api.model import Paging
from webui.api.route import Answer, Route
from webui.api.shapes import ReceiptAnswer, SampleDraw, SampleRows
from webui.api.strict import body_fields, idempotency_key, number, read_query
from webui.api.told import receipt_response
from webui.identity.errors import ScopeError
from webui.identity.scope import check_kind
from webui.sampling import draw_sample, extend_sample

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


def _samples(asker: Asker) -> Response:
    query = read_query(Paging)
    found = asker.wiring.reader.all_of(SampleState, before=query.before, limit=query.limit)
    return page_answer(found, query.limit, lambda item: item.since)


def _sample(asker: Asker, sample: str) -> Response:
    return json_answer(asker.wiring.reader.sample(number(sample, "sample")))


def _draw(asker: Asker, sample: str) -> Response:
    key, wanted = idempotency_key(), body_fields(SampleDraw)
    _check(asker, SampleDrawn.kind)
    receipt = draw_sample(asker.wiring, asker.actor, number(sample, "sample"), wanted.nonce, key)
    return receipt_response(asker.wiring, receipt)


def _extend(asker: Asker, sample: str) -> Response:
    key, wanted = idempotency_key(), body_fields(SampleRows)
    _check(asker, SampleExtended.kind)
    rows, found = wanted.rows, number(sample, "sample")
    receipt = extend_sample(asker.wiring, asker.actor, found, rows, wanted.reason, key)
    return receipt_response(asker.wiring, receipt)


def _check(asker: Asker, kind: str) -> None:
    check_kind(asker.scope, kind)
    if asker.proof is not None:
        raise ScopeError("A CI job's token draws no sample.", remedy="Use an API token.")


_SAMPLE = {"sample": "The sequence number of the entry that opened it."}

ROUTES = (
    Route(
        method="GET",
        path="/v1/samples",
        name="list_samples",
        says="Samples, newest first. One is opened by the event sample.opened.",
        view=_samples,
        query=Paging,
        answers=(Answer(200, "A page of samples.", SampleState, page=True),),
    ),
    Route(
        method="GET",
        path="/v1/samples/{sample}",
        name="get_sample",
        says="A sample: its commitment and, once drawn, its nonce, root and rows.",
        view=_sample,
        parameters=_SAMPLE,
        answers=(Answer(200, "The sample.", SampleState),),
    ),
    Route(
        method="POST",
        path="/v1/samples/{sample}/draw",
        name="draw_sample",
        says="Draw a sample with the nonce whose SHA-256 it was opened with.",
        view=_draw,
        needs="token",
        body="SampleDraw",
        key=True,
        parameters=_SAMPLE,
        answers=(Answer(201, "It is drawn.", ReceiptAnswer),),
    ),
    Route(
        method="POST",
        path="/v1/samples/{sample}/rows",
        name="extend_sample",
        says="Add rows of the frozen population to a sample by hand.",
        view=_extend,
        needs="token",
        body="SampleRows",
        key=True,
        parameters=_SAMPLE,
        answers=(Answer(201, "They are added.", ReceiptAnswer),),
    ),
)

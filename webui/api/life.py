"""The life of versions: compared, and what ran when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ledger.events.names import Slug, VersionName  # noqa: TC001 (pydantic reads annotations)
from webui.api.answer import json_answer, text_answer
from webui.api.route import PDF, Answer, Route
from webui.api.strict import Query, model_name, read_query
from webui.life.comparing import MOST, Comparison, comparison
from webui.life.running import RanAt, Timeline, Trace, moment_of, ran_at, timeline, trace
from webui.naming import namer

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


class CompareQuery(Query):
    """Which versions, each as a ``v``; the others are held against the first."""

    v: Annotated[tuple[VersionName, ...], Field(max_length=MOST)] = ()


class RanAtQuery(Query):
    """Where and when; a time without an offset is UTC."""

    environment: Slug
    time: Annotated[str, Field(max_length=40)]


def _comparison(asker: Asker, model: str) -> Comparison:
    wiring = asker.wiring
    return comparison(wiring.reader, wiring.policy(), model_name(model), read_query(CompareQuery).v)


def _compare(asker: Asker, model: str) -> Response:
    return json_answer(_comparison(asker, model))


def _compare_pdf(asker: Asker, model: str) -> Response:
    # Drawing loads heavy libraries.
    from webui.life.comparing_shown import comparison_pdf

    return text_answer(
        comparison_pdf(asker.wiring, _comparison(asker, model), namer(asker.wiring.reader)), PDF
    )


def _timeline(asker: Asker, model: str) -> Response:
    return json_answer(timeline(asker.wiring.reader, model_name(model)))


def _ran_at(asker: Asker, model: str) -> Response:
    query = read_query(RanAtQuery)
    at = moment_of(query.time)
    return json_answer(ran_at(asker.wiring.reader, model_name(model), query.environment, at))


def _trace(asker: Asker, stamp: str) -> Response:
    return json_answer(trace(asker.wiring.reader, stamp))


_MODEL = {"model": "The model's name."}

ROUTES = (
    Route(
        method="GET",
        path="/v1/models/{model}/compare",
        name="compare_versions",
        says="Two to six versions side by side; differences are to the first.",
        view=_compare,
        query=CompareQuery,
        parameters=_MODEL,
        answers=(Answer(200, "The comparison.", Comparison),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/compare.pdf",
        name="get_comparison_pdf",
        says="The same as a PDF annex.",
        view=_compare_pdf,
        query=CompareQuery,
        parameters=_MODEL,
        answers=(Answer(200, "The PDF.", media=PDF),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/timeline",
        name="get_timeline",
        says="The newest deployments of a model, oldest first, with their stamps.",
        view=_timeline,
        parameters=_MODEL,
        answers=(Answer(200, "What ran where and when.", Timeline),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/ran-at",
        name="get_ran_at",
        says="What of a model ran in an environment at a time.",
        view=_ran_at,
        query=RanAtQuery,
        parameters=_MODEL,
        answers=(Answer(200, "What ran, or null.", RanAt),),
    ),
    Route(
        method="GET",
        path="/v1/trace/{stamp}",
        name="trace_deployment",
        says="The version, data, approvals and reports that a deployment's stamp leads back to.",
        view=_trace,
        parameters={"stamp": "A deployment's stamp, or the number of its entry."},
        answers=(Answer(200, "What it leads back to.", Trace),),
    ),
)

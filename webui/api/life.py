"""The life of versions: compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ledger.events.names import VersionName  # noqa: TC001 (pydantic reads annotations)
from webui.api.answer import json_answer, text_answer
from webui.api.route import PDF, Answer, Route
from webui.api.strict import Query, model_name, read_query
from webui.life.comparing import MOST, Comparison, comparison
from webui.naming import namer

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


class CompareQuery(Query):
    """Which versions, each as a ``v``; the others are held against the first."""

    v: Annotated[tuple[VersionName, ...], Field(max_length=MOST)] = ()


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
)

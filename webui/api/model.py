"""Models, their versions and lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from ledger.events.names import Sequence  # noqa: TC001 (pydantic reads annotations)
from ledger.state.aggregates import ModelState, VersionState
from webui.api.answer import MOST_ON_A_PAGE, json_answer, page_answer
from webui.api.route import Answer, Route
from webui.api.shapes import LineageAnswer, LineageEdge, LineageNode
from webui.api.strict import Query, model_name, read_query, version_name

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


class Paging(Query):
    """Lists are newest first and continue before the entry that first made an item."""

    before: Sequence | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_ON_A_PAGE)] = 50


def _models(asker: Asker) -> Response:
    query = read_query(Paging)
    found = asker.wiring.reader.models(before=query.before, limit=query.limit)
    return page_answer(found, query.limit, lambda item: item.since)


def _model(asker: Asker, model: str) -> Response:
    return json_answer(asker.wiring.reader.model(model_name(model)))


def _versions(asker: Asker, model: str) -> Response:
    query = read_query(Paging)
    reader = asker.wiring.reader
    name = reader.model(model_name(model)).model
    found = reader.versions(name, before=query.before, limit=query.limit)
    return page_answer(found, query.limit, lambda item: item.since)


def _version(asker: Asker, model: str, version: str) -> Response:
    return json_answer(asker.wiring.reader.version(model_name(model), version_name(version)))


def _lineage(asker: Asker, model: str, version: str) -> Response:
    found = asker.wiring.reader.lineage(model_name(model), version_name(version))
    return json_answer(
        LineageAnswer(
            nodes=tuple(LineageNode(**node._asdict()) for node in found.nodes),
            edges=tuple(LineageEdge(**edge._asdict()) for edge in found.edges),
        )
    )


_MODEL = {"model": "The model's name."}
_VERSION = {**_MODEL, "version": "The version, as it was registered."}

ROUTES = (
    Route(
        method="GET",
        path="/v1/models",
        name="list_models",
        says="Models, newest first.",
        view=_models,
        query=Paging,
        answers=(Answer(200, "A page of models.", ModelState, page=True),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}",
        name="get_model",
        says="One model.",
        view=_model,
        parameters=_MODEL,
        answers=(Answer(200, "The model.", ModelState),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/versions",
        name="list_versions",
        says="Versions of a model, newest first.",
        view=_versions,
        parameters=_MODEL,
        query=Paging,
        answers=(Answer(200, "A page of versions.", VersionState, page=True),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/versions/{version}",
        name="get_version",
        says="One version.",
        view=_version,
        parameters=_VERSION,
        answers=(Answer(200, "The version.", VersionState),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/versions/{version}/lineage",
        name="get_lineage",
        says="Where a version came from and where it went.",
        view=_lineage,
        parameters=_VERSION,
        answers=(Answer(200, "Nodes and edges.", LineageAnswer),),
    ),
)

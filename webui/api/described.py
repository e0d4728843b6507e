"""Metadata: the schema in force, and what sources say of a model or version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webui.api.answer import json_answer
from webui.api.route import Answer, Route
from webui.api.strict import model_name, version_name
from webui.described import DescribedAnswer, SchemaAnswer, described, schema_of
from webui.documenting import DocumentationAnswer, documentation

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


def _schema(asker: Asker) -> Response:
    return json_answer(schema_of(asker.wiring.reader))


def _of_model(asker: Asker, model: str) -> Response:
    return json_answer(described(asker.wiring.reader, model_name(model)))


def _of_version(asker: Asker, model: str, version: str) -> Response:
    reader = asker.wiring.reader
    return json_answer(described(reader, model_name(model), version_name(version)))


def _documentation(asker: Asker, model: str, version: str) -> Response:
    reader = asker.wiring.reader
    return json_answer(documentation(reader, model_name(model), version_name(version)))


_MODEL = {"model": "The model's name."}

ROUTES = (
    Route(
        method="GET",
        path="/v1/schema",
        name="get_schema",
        says="The schema of metadata in force. Another is put in force by schema.activated.",
        view=_schema,
        answers=(Answer(200, "The schema, without fields where there is none.", SchemaAnswer),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/metadata",
        name="get_model_metadata",
        says="What sources say of a model, what is missing, and what they disagree about.",
        view=_of_model,
        parameters=_MODEL,
        answers=(Answer(200, "Its fields.", DescribedAnswer),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/versions/{version}/metadata",
        name="get_version_metadata",
        says="What sources say of a version, what is missing, and what they disagree about.",
        view=_of_version,
        parameters={**_MODEL, "version": "The version, as it was registered."},
        answers=(Answer(200, "Its fields.", DescribedAnswer),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/versions/{version}/documentation",
        name="get_documentation",
        says="What people stand for of a version, section by section. One is signed by "
        "documentation.signed.",
        view=_documentation,
        parameters={**_MODEL, "version": "The version, as it was registered."},
        answers=(Answer(200, "Its sections.", DocumentationAnswer),),
    ),
)

"""The description of the API (OpenAPI 3.1), made from the routes and the shapes themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import orjson
from flask import Response
from pydantic import create_model
from pydantic.json_schema import models_json_schema

from ledger.events.catalogue import CATALOGUE
from ledger.events.names import Value
from ledger.events.proof import DsseEnvelope
from webui.api.draft_shapes import DraftWanted
from webui.api.inventory import Inventory
from webui.api.monthly import MonthlyWanted
from webui.api.review_shapes import AccessReviewDone, AccessReviewRows, AccessReviewWanted
from webui.api.route import JSON, NDJSON, PROBLEM, Answer, Route
from webui.api.shapes import (
    ExchangeWanted,
    GateWanted,
    IdempotencyKey,
    NextVersionWanted,
    Problem,
    ReportWanted,
    SampleDraw,
    SampleRows,
    TokenWanted,
    WhyNotWanted,
)
from webui.api.strict import KEY_HEADER, LONGEST_KEY, PREFER_HEADER
from webui.intake.openlineage import OpenLineageEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydantic import BaseModel

_REF: Final = "#/components/schemas/"
_SCHEME: Final = "bearer"
_BODIES: Final[tuple[type[BaseModel], ...]] = (
    AccessReviewDone,
    AccessReviewRows,
    AccessReviewWanted,
    DraftWanted,
    DsseEnvelope,
    ExchangeWanted,
    GateWanted,
    Inventory,
    MonthlyWanted,
    NextVersionWanted,
    OpenLineageEvent,
    ReportWanted,
    SampleDraw,
    SampleRows,
    TokenWanted,
    WhyNotWanted,
)


def describe(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """The OpenAPI document of these routes."""
    known = tuple(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in known:
        paths.setdefault(f"/api{route.path}", {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Counterseal",
            "version": version,
            "summary": "A governance and audit ledger for machine-learning models.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{_SCHEME: []}],
        "paths": paths,
        "components": {
            "securitySchemes": {_SCHEME: {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(known),
        },
    }


def route_of(document: Callable[[], bytes]) -> Route:
    """The route that serves the description, to everybody."""

    def view() -> Response:
        return Response(document(), content_type=JSON)

    return Route(
        method="GET",
        path="/openapi.json",
        name="get_description",
        says="This description.",
        view=view,
        needs="nothing",
        answers=(Answer(200, "The OpenAPI document."),),
    )


def document_bytes(routes: Iterable[Route], version: str) -> bytes:
    """The document as JSON."""
    return orjson.dumps(describe(routes, version), option=orjson.OPT_SORT_KEYS)


def _operation(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.says,
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_headers(route)],
        "responses": _responses(route),
    }
    if route.needs == "nothing":
        found["security"] = []
    if route.body:
        schema = {"$ref": _REF + route.body}
        found["requestBody"] = {
            "required": True,
            "content": {route.body_media: {"schema": schema}},
        }
        if route.body_media == NDJSON:
            found["requestBody"]["description"] = "One such object a line."
    return found


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": says,
            "schema": {"type": "string"},
        }
        for name, says in route.parameters.items()
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema(ref_template=_REF + "{model}")
    return [
        {"name": name, "in": "query", "required": False, "schema": _without_title(field)}
        for name, field in schema["properties"].items()
    ]


def _headers(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if route.key or route.long:
        schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY}
        found.append({"name": KEY_HEADER, "in": "header", "required": route.key, "schema": schema})
    if route.long:
        says = "respond-async has it done by a worker also where it would be done at once."
        found.append(
            {
                "name": PREFER_HEADER,
                "in": "header",
                "required": False,
                "description": says,
                "schema": {"type": "string"},
            }
        )
    if route.matched:
        found.append(_condition("If-Match", "The ETag of what is changed or deleted."))
    if route.matched and route.method == "PUT":
        found.append(_condition("If-None-Match", "An asterisk: where nothing is there yet."))
    return found


def _condition(name: str, says: str) -> dict[str, Any]:
    """A header by which a request is made to depend on what is there (RFC 9110, 13.1)."""
    schema = {"type": "string"}
    return {"name": name, "in": "header", "required": False, "description": says, "schema": schema}


def _responses(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for answer in route.answers:
        found[str(answer.status)] = _response(answer)
    found["default"] = {
        "description": "A problem (RFC 9457).",
        "content": {PROBLEM: {"schema": {"$ref": f"{_REF}Problem"}}},
    }
    return found


def _response(answer: Answer) -> dict[str, Any]:
    response: dict[str, Any] = {"description": answer.says}
    if answer.status == 204:  # noqa: PLR2004 (no content, RFC 9110)
        return response
    schema: dict[str, Any] = {"type": "object" if answer.media == JSON else "string"}
    if answer.shape is not None:
        schema = {"$ref": _REF + answer.shape.__name__}
    if answer.page:
        schema = {
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": {"type": "array", "items": schema},
                "next": {"type": ["integer", "null"]},
            },
        }
    response["content"] = {answer.media: {"schema": schema}}
    return response


def _schemas(routes: Iterable[Route]) -> dict[str, Any]:
    """Every shape that a route names, and a command for each kind of event."""
    answered: set[type[BaseModel]] = {Problem}
    answered.update(
        shape for route in routes for shape in (a.shape for a in route.answers) if shape
    )
    taken = [*_BODIES, *_commands(with_key=False), *_commands(with_key=True)]
    _, answers = models_json_schema(
        [(shape, "serialization") for shape in sorted(answered, key=_name)],
        ref_template=_REF + "{model}",
    )
    _, bodies = models_json_schema(
        [(shape, "validation") for shape in taken], ref_template=_REF + "{model}"
    )
    return {
        **answers["$defs"],
        **bodies["$defs"],
        "Command": _one_of(_commands(with_key=False)),
        "Line": _one_of(_commands(with_key=True)),
    }


def _commands(*, with_key: bool) -> list[type[BaseModel]]:
    """The shapes of commands, by kind; lines of a batch carry their key."""
    found: list[type[BaseModel]] = []
    for kind, event in CATALOGUE.items():
        if event.written_by_submit:
            continue
        more: dict[str, Any] = {"idempotency_key": (IdempotencyKey, ...)} if with_key else {}
        name = f"{event.__name__}{'Line' if with_key else 'Command'}"
        fields: dict[str, Any] = {"kind": (Literal[kind], ...), "event": (event, ...), **more}
        found.append(create_model(name, __base__=Value, __doc__=event.__doc__, **fields))
    return found


def _one_of(shapes: list[type[BaseModel]]) -> dict[str, Any]:
    references = {
        shape.model_fields["kind"].annotation.__args__[0]: _REF + shape.__name__  # type: ignore[union-attr]
        for shape in shapes
    }
    return {
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "kind", "mapping": references},
    }


def _name(shape: type[BaseModel]) -> str:
    return shape.__name__


def _without_title(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "title"}

"""The description: valid, complete, and true of what is answered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from ledger.events.catalogue import CATALOGUE
from tests.examples import EXAMPLES
from tests.webui.api.company import ARTIFACT, a_model

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.webui.api.company import Company

SUBMITTABLE = sorted(name for name, kind in CATALOGUE.items() if not kind.written_by_submit)


@pytest.fixture(scope="module")
def document(settled: Company) -> dict[str, Any]:
    """The description as it is served."""
    answer = settled.house.client().get("/api/openapi.json")
    assert answer.mimetype == "application/json"
    found: dict[str, Any] = answer.json
    return found


def check(document: dict[str, Any], schema: dict[str, Any], value: object) -> None:
    """Check a value against a schema of the document."""
    whole = {**schema, "components": document["components"]}
    Draft202012Validator(whole).validate(value)


def check_answer(document: dict[str, Any], method: str, path: str, answer: TestResponse) -> None:
    """Check that an answer is one that the document describes."""
    responses = document["paths"][path][method]["responses"]
    described = responses.get(str(answer.status_code), responses["default"])
    media = described["content"]
    key = answer.content_type if answer.content_type in media else answer.mimetype
    if key.endswith("json"):
        check(document, media[key]["schema"], answer.json)
    assert key in media


def test_the_description_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_described_and_nothing_else(
    settled: Company, document: dict[str, Any]
) -> None:
    rules = {
        (method.lower(), re.sub(r"<(\w+)>", r"{\1}", rule.rule))
        for rule in settled.house.app.url_map.iter_rules()
        if rule.rule.startswith("/api")
        for method in rule.methods - {"HEAD"}
    }
    described = {
        (method, path) for path, methods in document["paths"].items() for method in methods
    }
    assert described == rules


def test_only_what_brings_its_own_proof_asks_for_no_token(document: dict[str, Any]) -> None:
    public = [
        path
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if operation.get("security", document["security"]) == []
    ]
    assert sorted(public) == [
        "/api/openapi.json",
        "/api/v1/events:signed",
        "/api/v1/token-exchange",
    ]


def test_every_path_parameter_is_described(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            described = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert described == set(re.findall(r"\{(\w+)\}", path))


@pytest.mark.parametrize("kind", SUBMITTABLE)
def test_the_example_of_every_kind_is_a_command_by_the_description(
    document: dict[str, Any], kind: str
) -> None:
    command = {"kind": kind, "event": as_json(EXAMPLES[kind])}
    schema = {"$ref": "#/components/schemas/Command"}
    check(document, schema, command)
    line = {"$ref": "#/components/schemas/Line"}
    check(document, line, {**command, "idempotency_key": "k"})
    validator = Draft202012Validator({**schema, "components": document["components"]})
    assert not validator.is_valid({"kind": kind, "event": {**command["event"], "more": 1}})
    assert not validator.is_valid({**command, "kind": "no.such"})


def as_json(value: object) -> Any:
    """Tuples as JSON has them."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, tuple) else value


def test_kinds_that_the_ledger_itself_writes_are_no_commands(document: dict[str, Any]) -> None:
    mapping = document["components"]["schemas"]["Command"]["discriminator"]["mapping"]
    assert sorted(mapping) == SUBMITTABLE


def test_what_is_answered_is_what_is_described(document: dict[str, Any], company: Company) -> None:
    run = company.deployed()
    api, asked = company.scientist, 0
    for path in (
        "/models",
        "/models/churn",
        "/models/churn/versions",
        "/models/churn/versions/1.0.0",
        "/models/churn/versions/1.0.0/lineage",
        "/releases",
        "/deployments",
        f"/deployments/{run}",
        "/running",
        "/entries",
        f"/entries/{run}",
        f"/entries/{run}/proof",
        "/checkpoint",
        "/policy",
        "/reports",
        "/me",
        "/tokens",
        "/models/none",
    ):
        answer = api.get(path)
        check_answer(document, "get", template(document, f"/api/v1{path}"), answer)
        asked += 1
    number = api.get("/releases").json["items"][0]["since"]
    described = "/api/v1/releases/{release}"
    check_answer(document, "get", described, api.get(f"/releases/{number}"))
    assert asked == 18


def template(document: dict[str, Any], path: str) -> str:
    """The described path that a path is an instance of."""
    (found,) = (
        known
        for known in document["paths"]
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path)
    )
    return str(found)


def test_what_is_answered_to_commands_is_what_is_described(
    document: dict[str, Any], company: Company
) -> None:
    fields = a_model(company.scientist_id)
    events = "/api/v1/events"
    recorded = company.scientist.submit("model.registered", fields, "one")
    replayed = company.scientist.submit("model.registered", fields, "one")
    denied = company.nobody.submit("model.registered", a_model(company.scientist_id, "x"))
    invalid = company.scientist.submit("model.registered", {})
    assert [a.status_code for a in (recorded, replayed, denied, invalid)] == [201, 200, 403, 422]
    for answer in (recorded, replayed, denied, invalid):
        check_answer(document, "post", events, answer)
    body = {"kind": "model.registered", "event": fields}
    decided = company.nobody.post("/decide", json=body)
    check_answer(document, "post", "/api/v1/decide", decided)
    for line in (b'{"kind":"', recorded_line(fields)):
        answer = company.scientist.post(
            "/events:batch", data=line, content_type="application/x-ndjson"
        )
        check_answer(document, "post", "/api/v1/events:batch", answer)
    made = company.scientist.post("/tokens", json={"label": "x", "scope": {}})
    check_answer(document, "post", "/api/v1/tokens", made)
    vote = {"release": 7000, "artifact": ARTIFACT}
    check_answer(document, "post", events, company.lead.submit("release.approved", vote))


def recorded_line(fields: dict[str, Any]) -> bytes:
    import json

    command = {"kind": "model.registered", "event": fields, "idempotency_key": "one"}
    return json.dumps(command).encode()

"""No token, no answer: on every route but the description and the health check."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from tests.webui.api.company import a_model
from webui.api import ROUTES
from webui.identity.tokens import list_tokens, new_token_secret, revoke_token

if TYPE_CHECKING:
    from tests.webui.api.company import Company

PUBLIC = {
    ("GET", "/api/openapi.json"),
    ("POST", "/api/v1/token-exchange"),
    ("POST", "/api/v1/events:signed"),
}
EVERY_ROUTE = [(route.method, f"/api{route.path}") for route in ROUTES if route.needs != "nothing"]


def filled(path: str) -> str:
    """A path with something in place of its parameters."""
    return (
        path.replace("{model}", "churn")
        .replace("{version}", "1.0.0")
        .translate({ord("{"): None, ord("}"): None})
    )


def test_the_routes_tested_here_are_all_there_are(settled: Company) -> None:
    rules = {
        (method, rule.rule)
        for rule in settled.house.app.url_map.iter_rules()
        if rule.rule.startswith("/api")
        for method in rule.methods - {"HEAD"}
    }
    named = {(method, path.replace("{", "<").replace("}", ">")) for method, path in EVERY_ROUTE}
    assert rules == named | PUBLIC


@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic dXNlcjpwYXNz",
        "Bearer a token never issued",
    ],
)
def test_without_a_token_that_is_known_every_route_answers_401(
    settled: Company, method: str, path: str, header: str | None
) -> None:
    size = settled.house.size
    if header == "Bearer a token never issued":
        header = f"Bearer {new_token_secret()}"
    headers = {} if header is None else {"Authorization": header}
    answer = settled.house.client().open(filled(path), method=method, headers=headers)
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json["code"] in {"token-missing", "token-invalid"}
    assert answer.json["remedy"]
    assert settled.house.size == size


@pytest.mark.parametrize("path", ["/api/openapi.json", "/healthz"])
def test_the_description_and_the_health_check_are_for_everybody(
    settled: Company, path: str
) -> None:
    assert settled.house.client().get(path).status_code == 200


def test_an_expired_or_revoked_token_answers_401(company: Company) -> None:
    house, size = company.house, company.house.size
    api = company.scientist
    assert api.get("/models").status_code == 200
    (token,) = list_tokens(house.wiring, company.scientist_id)
    revoke_token(house.wiring, token.token_id)
    assert api.get("/models").status_code == 401
    assert company.lead.get("/models").status_code == 200
    house.clock.move(days=2)
    assert company.lead.get("/models").status_code == 401
    answer = company.lead.submit("model.registered", a_model(company.scientist_id))
    assert answer.status_code == 401
    assert house.size == size


def test_a_session_cookie_opens_nothing_of_the_api(company: Company) -> None:
    client = company.house.client()
    client.set_cookie("counterseal", "anything")
    assert client.get("/api/v1/models").status_code == 401


def test_me_says_who_asks_and_how_far_the_token_reaches(settled: Company) -> None:
    told = settled.scientist.get("/me").json
    assert told["actor"]["id"] == settled.scientist_id
    assert told["actor"]["via"] == "token"
    assert told["name"] == "Data_Scientist"
    assert told["roles"] == ["data_scientist"]
    assert told["scope"] == {"kinds": "*", "read": True, "models": "*", "environments": "*"}


def test_a_token_made_by_the_api_works_until_it_is_revoked(company: Company) -> None:
    wanted = {"label": "ci", "scope": {"kinds": ["model.registered"]}, "days": 7}
    made = company.scientist.post("/tokens", json=wanted)
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    new = company.house.api(made.json["secret"])
    assert new.submit("model.registered", a_model(company.scientist_id)).status_code == 201
    listed = company.scientist.get("/tokens").json["items"]
    assert made.json["token_id"] in [item["token_id"] for item in listed]
    assert made.json["secret"] not in str(listed)
    assert all("secret" not in item for item in listed)
    gone = company.scientist.delete(f"/tokens/{made.json['token_id']}")
    assert (gone.status_code, gone.data) == (204, b"")
    assert new.get("/models").status_code == 401


def test_a_narrow_token_makes_no_token_and_revokes_none_but_itself(company: Company) -> None:
    wanted = {"label": "ci", "scope": {"kinds": ["model.registered"]}}
    narrow = company.scientist.post("/tokens", json=wanted).json
    other = company.scientist.post("/tokens", json=wanted).json
    api = company.house.api(narrow["secret"])
    answer = api.post("/tokens", json={"label": "wider", "scope": {"kinds": "*"}})
    assert (answer.status_code, answer.json["code"]) == (403, "token-scope")
    answer = api.delete(f"/tokens/{other['token_id']}")
    assert (answer.status_code, answer.json["code"]) == (403, "token-scope")
    assert api.delete(f"/tokens/{narrow['token_id']}").status_code == 204
    assert api.get("/me").status_code == 401


def test_only_an_administrator_handles_the_tokens_of_others(company: Company) -> None:
    house = company.house
    root = house.api(house.token(house.administrator))
    machine = secrets.token_hex(16)
    enrolled = {"actor_id": machine, "actor_type": "workload", "name": "Nightly build"}
    assert root.submit("actor.enrolled", enrolled).status_code == 201
    wanted = {"label": "for it", "scope": {}, "actor_id": machine}
    refused = company.lead.post("/tokens", json=wanted)
    assert (refused.status_code, refused.json["code"]) == (403, "administrator-only")
    made = root.post("/tokens", json=wanted)
    assert made.status_code == 201
    assert made.json["actor_id"] == machine
    assert made.json["created_by"] == house.administrator
    path = f"/tokens?actor={machine}"
    assert company.lead.get(path).status_code == 403
    assert len(root.get(path).json["items"]) == 1
    assert company.lead.delete(f"/tokens/{made.json['token_id']}").status_code == 403
    assert root.delete(f"/tokens/{made.json['token_id']}").status_code == 204
    assert root.delete("/tokens/0000000000000000").status_code == 404


def test_nobody_makes_a_token_that_acts_as_another_person(company: Company) -> None:
    root = company.house.api(company.house.token(company.house.administrator))
    count = len(list_tokens(company.house.wiring))
    wanted = {"label": "for her", "scope": {}, "actor_id": company.scientist_id}
    refused = root.post("/tokens", json=wanted)
    assert (refused.status_code, refused.json["code"]) == (403, "administrator-only")
    assert "made by that person" in refused.json["detail"]
    assert len(list_tokens(company.house.wiring)) == count


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"scope": {}}, "/label"),
        ({"label": "x", "scope": {"kinds": ["model.registred"]}}, "/scope"),
        ({"label": "x", "scope": {"kind": "*"}}, "/scope/kind"),
        ({"label": "x", "scope": {}, "days": 1000}, "/days"),
        ({"label": "x" * 101, "scope": {}}, "/label"),
        ({"label": "mail ana@example.org", "scope": {}}, "/label"),
        ({"label": "x", "scope": {}, "actor_id": "someone"}, "/actor_id"),
    ],
)
def test_a_token_that_is_wanted_wrongly_is_not_made(
    settled: Company, wanted: dict[str, object], pointer: str
) -> None:
    count = len(list_tokens(settled.house.wiring))
    answer = settled.scientist.post("/tokens", json=wanted)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"].startswith(pointer)
    assert len(list_tokens(settled.house.wiring)) == count

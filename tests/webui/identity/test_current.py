"""Sessions and the walls around forms, seen by a browser."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from flask import request
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select

from ledger.store.database import reading
from webui.here import wired
from webui.identity import tables
from webui.identity.accounts import create_account, disable_account
from webui.identity.current import local_path, sign_in, sign_in_by_link, sign_out, signed_in
from webui.identity.devices import DAYS, place_of
from webui.identity.links import issue_sign_in_link

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.webui.house import House

GOOD = "heron ladder quiet"


def _in() -> str:
    if request.form.get("link"):
        return sign_in_by_link(request.form["link"]).actor.id
    return sign_in(request.form["email"], request.form["password"]).actor.id


def _out() -> str:
    sign_out()
    return "out"


def _who() -> dict[str, str]:
    found = signed_in()
    return {} if found is None else {"id": found.actor.id, "via": found.actor.via}


@pytest.fixture
def doors(house: House) -> House:
    """An installation with pages that do nothing but what is tested here."""
    app = house.app
    app.add_url_rule("/test/in", view_func=_in, methods=["POST"])
    app.add_url_rule("/test/out", view_func=_out, methods=["POST"])
    app.add_url_rule("/test/who", view_func=_who)
    app.add_url_rule("/test/token", view_func=generate_csrf)
    house.ana = house.enrol("Ana", "ana@example.org")
    create_account(house.wiring, house.ana, GOOD)
    return house


def posted(
    client: FlaskClient, path: str, headers: dict[str, str] | None = None, **form: str
) -> TestResponse:
    token = client.get("/test/token").text
    return client.post(path, data={"csrf_token": token, **form}, headers=headers or {})


def enter(client: FlaskClient) -> TestResponse:
    return posted(client, "/test/in", email="ana@example.org", password=GOOD)


def who(client: FlaskClient) -> dict[str, str]:
    return client.get("/test/who").get_json()


def test_signing_in_opens_a_session_and_signing_out_closes_it(doors: House) -> None:
    client = doors.client()
    assert who(client) == {}
    assert enter(client).status_code == 200
    assert who(client) == {"id": doors.ana, "via": "password"}
    cookie = client.get_cookie("counterseal")
    assert posted(client, "/test/out").status_code == 200
    assert who(client) == {}
    client.set_cookie("counterseal", cookie.value)
    assert who(client) == {}


def test_the_session_id_is_new_at_each_sign_in_and_the_old_one_is_closed(doors: House) -> None:
    client = doors.client()
    enter(client)
    first = client.get_cookie("counterseal").value
    enter(client)
    assert client.get_cookie("counterseal").value != first
    other = doors.client()
    other.set_cookie("counterseal", first)
    assert who(other) == {}
    assert who(client)["id"] == doors.ana


def test_the_cookie_is_http_only_lax_and_secure_by_https(doors: House) -> None:
    client = doors.client()
    plain = enter(client).headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    secure = client.get("/test/token", base_url="https://localhost").headers["Set-Cookie"]
    assert secure.startswith("__Host-counterseal=")
    assert "Secure" in secure
    assert "Path=/" in secure
    assert "Domain" not in secure


def test_by_https_a_cookie_without_the_name_that_binds_it_opens_nothing(doors: House) -> None:
    client = doors.client()
    enter(client)
    planted = client.get_cookie("counterseal").value
    stranger = doors.client()
    stranger.set_cookie("counterseal", planted, domain="localhost")
    assert stranger.get("/test/who", base_url="https://localhost").get_json() == {}


def test_a_browser_that_was_signed_in_before_does_not_wait_for_its_neighbours(
    doors: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webui.identity.throttle.FREE_FOR_ADDRESS", 4)
    mine, strange = doors.client(), doors.client()
    enter(mine)
    posted(mine, "/test/out")
    for _ in range(6):
        posted(strange, "/test/in", email="ana@example.org", password="wrong password")
    assert enter(strange).status_code == 429
    assert enter(mine).status_code == 200


def test_a_known_browser_waits_for_its_own_failures_and_only_for_its_own_person(
    doors: House,
) -> None:
    mine = doors.client()
    enter(mine)
    posted(mine, "/test/out")
    for _ in range(4):
        posted(mine, "/test/in", email="ana@example.org", password="wrong password")
    assert enter(mine).status_code == 429
    bo = doors.enrol("Bo", "bo@example.org")
    create_account(doors.wiring, bo, GOOD)
    with doors.app.app_context():
        browser = mine.get_cookie("counterseal-browser").value
        assert place_of(doors.wiring, bo, browser, "192.0.2.1") == "192.0.2.1"
        assert place_of(doors.wiring, doors.ana, browser, "192.0.2.1") != "192.0.2.1"
        doors.clock.move(days=DAYS + 1)
        assert place_of(doors.wiring, doors.ana, browser, "192.0.2.1") == "192.0.2.1"


def test_a_session_ends_after_an_hour_without_use(doors: House) -> None:
    client = doors.client()
    enter(client)
    for _ in range(3):
        doors.clock.move(minutes=50)
        assert who(client)["id"] == doors.ana
    doors.clock.move(minutes=61)
    assert who(client) == {}


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(doors: House) -> None:
    client = doors.client()
    enter(client)
    end = doors.clock.at + timedelta(hours=12)
    while doors.clock.at < end - timedelta(minutes=31):
        doors.clock.move(minutes=30)
        assert who(client)["id"] == doors.ana
    doors.clock.move(minutes=40)
    assert who(client) == {}


def test_disabling_an_account_ends_its_sessions(doors: House) -> None:
    client = doors.client()
    enter(client)
    disable_account(doors.wiring, doors.ana)
    assert who(client) == {}


def test_a_sign_in_link_opens_a_session_that_says_how_it_was_opened(doors: House) -> None:
    client = doors.client()
    secret = issue_sign_in_link(doors.wiring, doors.ana)
    assert posted(client, "/test/in", link=secret).status_code == 200
    assert who(client) == {"id": doors.ana, "via": "setup"}
    again = posted(doors.client(), "/test/in", link=secret)
    assert again.status_code == 410
    assert secret not in again.text


def test_a_wrong_password_is_told_in_one_readable_page(doors: House) -> None:
    answer = posted(doors.client(), "/test/in", email="ana@example.org", password="wrong password")
    assert answer.status_code == 401
    assert answer.mimetype == "text/html"
    assert "do not belong together" in answer.text
    assert "wrong password" not in answer.text


def test_too_many_failures_are_told_with_how_long_to_wait(doors: House) -> None:
    client = doors.client()
    for _ in range(4):
        posted(client, "/test/in", email="ana@example.org", password="wrong password")
    answer = enter(client)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1


def test_the_session_secret_is_not_in_the_database(doors: House) -> None:
    client = doors.client()
    enter(client)
    with client.session_transaction() as cookie:
        secret = cookie["_user_id"]
    with reading(doors.wiring.engine) as connection:
        assert secret not in repr(connection.execute(select(tables.session)).all())


def test_a_form_without_its_token_changes_nothing(doors: House) -> None:
    client = doors.client()
    enter(client)
    answer = client.post("/test/out")
    assert answer.status_code == 403
    assert "Open the page again" in answer.text
    assert who(client)["id"] == doors.ana


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
    ],
)
def test_a_form_from_another_site_changes_nothing_even_with_a_token(
    doors: House, headers: dict[str, str]
) -> None:
    client = doors.client()
    enter(client)
    answer = posted(client, "/test/out", headers)
    assert answer.status_code == 403
    assert who(client)["id"] == doors.ana


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    ],
)
def test_a_form_from_our_own_page_is_taken(doors: House, headers: dict[str, str]) -> None:
    client = doors.client()
    enter(client)
    assert posted(client, "/test/out", headers).status_code == 200
    assert who(client) == {}


@pytest.mark.parametrize(
    "wanted",
    ["", None, "https://evil.example/", "//evil.example", "/\\evil.example", "x", "/a\\..\\b"],
)
def test_after_signing_in_nobody_is_sent_elsewhere(wanted: str | None) -> None:
    assert local_path(wanted, "/home") == "/home"


def test_after_signing_in_a_path_of_our_own_is_gone_to() -> None:
    assert local_path("/models/churn?tab=1") == "/models/churn?tab=1"


def test_the_installation_is_at_hand_within_a_request(doors: House) -> None:
    with doors.app.app_context():
        assert wired() is doors.wiring

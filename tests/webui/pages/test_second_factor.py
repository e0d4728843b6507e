"""Signing in with a second factor, on the pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyotp
import pytest

from tests.webui.pages.pages_read import PageRead
from tests.webui.seed import PASSWORD, token_of
from webui.identity.accounts import create_account
from webui.identity.fresh import MINUTES
from webui.identity.links import issue_setup_link
from webui.identity.totp import STEP_SECONDS

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.webui.house import House

FACTOR = "/account/second-factor"


class Person:
    """Somebody at a browser, with an app on the phone."""

    def __init__(self, house: House, name: str, *roles: str) -> None:
        self.house, self.email = house, f"{name}@example.org"
        self.actor = house.enrol(name.title(), self.email, *roles)
        create_account(house.wiring, self.actor, PASSWORD)
        self.client = house.client()
        self.secret = ""

    def post(self, path: str, client: FlaskClient | None = None, **form: str) -> TestResponse:
        client = client or self.client
        page = client.get("/login").text if client.get("/account").status_code == 302 else ""
        token = token_of(page or client.get("/account").text)
        return client.post(path, data={"csrf_token": token, **form})

    def password(self, client: FlaskClient | None = None) -> TestResponse:
        return self.post("/login", client, email=self.email, password=PASSWORD)

    def code(self) -> str:
        self.house.clock.move(seconds=STEP_SECONDS)
        return pyotp.TOTP(self.secret).at(int(self.house.wiring.now().timestamp()))

    def sets_it_up(self) -> list[str]:
        assert self.password().status_code == 302
        assert self.post(f"{FACTOR}/begin").headers["Location"] == FACTOR
        page = self.client.get(FACTOR).text
        self.secret = re.search(r'id="secret">([A-Z2-7]{32})<', page)[1]
        done = self.post(f"{FACTOR}/confirm", code=self.code())
        assert done.status_code == 200
        return re.findall(r"<li><code>([A-Z2-7-]{19})</code></li>", done.text)


@pytest.fixture(scope="module")
def ana(shared_house: House) -> Person:
    found = Person(shared_house, "ana")
    codes = found.sets_it_up()
    assert len(codes) == 10
    return found


def via(person: Person, client: FlaskClient) -> str:
    page = client.get("/account").text
    return re.search(r"</td>\s*<td>([a-z ]+)</td>\s*<td><span class=\"tag ok\">this one", page)[1]


def test_the_page_draws_the_secret_and_writes_it_without_script(shared_house: House) -> None:
    bo = Person(shared_house, "bo")
    bo.password()
    bo.post(f"{FACTOR}/begin")
    page = bo.client.get(FACTOR).text
    assert 'class="qr"' in page
    assert PageRead(page).inline == []
    assert PageRead(page).unnamed == []
    assert bo.post(f"{FACTOR}/confirm", code="000000").status_code == 422


def test_after_the_password_the_code_is_asked_for_and_the_session_says_so(ana: Person) -> None:
    client = ana.house.client()
    asked = ana.password(client)
    assert (asked.status_code, "six digits" in asked.text) == (200, True)
    assert client.get("/account").status_code == 302, "the password alone opens nothing"
    wrong = ana.post("/login/code", client, code="000000")
    assert (wrong.status_code, "000000" in wrong.text) == (401, False)
    done = ana.post("/login/code", client, code=ana.code(), next="/models")
    assert (done.status_code, done.headers["Location"]) == (302, "/models")
    assert via(ana, client) == "password and code"


def test_a_code_without_the_password_before_it_opens_nothing(ana: Person) -> None:
    client = ana.house.client()
    assert ana.post("/login/code", client, code=ana.code()).status_code == 401
    assert client.get("/account").status_code == 302


def test_the_code_is_waited_for_ten_minutes(ana: Person) -> None:
    client = ana.house.client()
    ana.password(client)
    ana.house.clock.move(minutes=11)
    late = ana.post("/login/code", client, code=ana.code())
    assert (late.status_code, "Begin again" in late.text) == (401, True)


def test_the_step_between_is_no_sign_in_for_another_account(ana: Person) -> None:
    dee = Person(ana.house, "dee")
    client = ana.house.client()
    ana.password(client)
    assert dee.password(client).status_code == 302
    assert ana.post("/login/code", client, code=ana.code()).status_code == 401


def test_what_is_dangerous_asks_for_password_and_code(ana: Person) -> None:
    client = ana.house.client()
    ana.password(client)
    ana.post("/login/code", client, code=ana.code())
    ana.house.clock.move(minutes=MINUTES + 1)
    form = {"label": "ci", "reach": "read", "days": "1"}
    assert "confirm_code" in ana.post("/account/tokens", client, **form).text
    form["confirm_password"] = PASSWORD
    assert ana.post("/account/tokens", client, **form, confirm_code="000000").status_code == 403
    assert ana.post("/account/tokens", client, **form, confirm_code=ana.code()).status_code == 200


def test_turning_it_on_closes_the_sessions_that_were_open_without_it(shared_house: House) -> None:
    cai = Person(shared_house, "cai")
    other = shared_house.client()
    cai.password(other)
    cai.sets_it_up()
    assert other.get("/account").status_code == 302
    assert via(cai, cai.client) == "password and code"


def test_it_is_taken_off_with_a_code_alone(shared_house: House) -> None:
    eve = Person(shared_house, "eve")
    codes = eve.sets_it_up()
    assert eve.post(f"{FACTOR}/remove", code="000000").status_code == 422
    assert eve.post(f"{FACTOR}/remove", code=codes[0]).status_code == 302
    assert via(eve, eve.client) == "password"
    assert eve.password(shared_house.client()).status_code == 302


def test_a_link_that_sets_a_new_password_does_not_stand_for_the_second_factor(
    ana: Person, shared_house: House
) -> None:
    secret = issue_setup_link(shared_house.wiring, for_actor=ana.actor)
    thief = shared_house.client()
    form = {"token": secret, "password": PASSWORD, "again": PASSWORD}
    asked = ana.post("/setup", thief, **form)
    assert asked.status_code == 200
    assert "second factor" in asked.text
    assert thief.get("/account").status_code == 302
    entered = ana.post("/login/code", thief, code=ana.code())
    assert entered.status_code == 302
    assert thief.get("/account").status_code == 200

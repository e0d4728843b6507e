"""What is dangerous waits until the person has shown again that it is they."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from tests.webui.seed import PASSWORD, Seeded, seed, token_of
from webui.identity.accounts import create_account
from webui.identity.fresh import MINUTES
from webui.identity.tokens import list_tokens

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.webui.house import House


@pytest.fixture(scope="module")
def seeded(shared_house: House) -> Seeded:
    house, found = shared_house, seed(shared_house)
    rae = house.enrol("Rae", "rae@example.org", "administrator")
    create_account(house.wiring, rae, PASSWORD)
    return found


def a_token(client: FlaskClient, **more: str) -> TestResponse:
    form = {"label": 'night & "day"', "reach": "read", "days": "30", **more}
    form["csrf_token"] = token_of(client.get("/account").text)
    return client.post("/account/tokens", data=form, headers={"Referer": "http://localhost/people"})


def kept_in(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found}


def tokens(seeded: Seeded) -> int:
    return len(list_tokens(seeded.house.wiring))


def test_soon_after_signing_in_nothing_more_is_asked(seeded: Seeded) -> None:
    client, before = seeded.browser("rae"), tokens(seeded)
    seeded.house.clock.move(minutes=MINUTES - 1)
    assert a_token(client).status_code == 200
    assert tokens(seeded) == before + 1


def test_later_it_waits_and_what_was_sent_is_carried_out_with_the_password(seeded: Seeded) -> None:
    client, before = seeded.browser("rae"), tokens(seeded)
    seeded.house.clock.move(minutes=MINUTES + 1)
    asked = a_token(client)
    assert asked.status_code == 403
    assert tokens(seeded) == before
    kept = kept_in(asked.text)
    assert kept["label"] == 'night & "day"'
    done = client.post("/account/tokens", data={**kept, "confirm_password": PASSWORD})
    assert done.status_code == 200
    assert list_tokens(seeded.house.wiring)[0].label == 'night & "day"'
    assert a_token(client).status_code == 200, "it counts for a while"


def test_a_wrong_password_changes_nothing_and_is_asked_again(seeded: Seeded) -> None:
    client, before = seeded.browser("chi"), tokens(seeded)
    seeded.house.clock.move(minutes=MINUTES + 1)
    kept = kept_in(a_token(client).text)
    for _ in range(4):
        wrong = client.post("/account/tokens", data={**kept, "confirm_password": "wrong password"})
        assert wrong.status_code == 403
        assert "wrong password" not in wrong.text
        assert kept_in(wrong.text)["label"] == kept["label"]
    slow = client.post("/account/tokens", data={**kept, "confirm_password": PASSWORD})
    assert slow.status_code == 429
    assert tokens(seeded) == before


def test_another_session_of_the_same_person_is_asked_by_itself(seeded: Seeded) -> None:
    left_open = seeded.browser("rae")
    seeded.house.clock.move(minutes=MINUTES + 1)
    another = seeded.browser("rae")
    assert a_token(another).status_code == 200
    assert a_token(left_open).status_code == 403


def test_what_holds_a_secret_is_not_written_back_into_a_page(seeded: Seeded) -> None:
    client = seeded.browser("rae")
    seeded.house.clock.move(minutes=MINUTES + 1)
    asked = a_token(client, secret="hunter2 hunter2")
    assert "hunter2" not in asked.text
    assert kept_in(asked.text)["next"] == "/people"
    form = {**kept_in(asked.text), "confirm_password": PASSWORD}
    done = client.post("/account/confirm", data=form)
    assert (done.status_code, done.headers["Location"]) == (302, "/people")
    assert a_token(client).status_code == 200


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_confirming_sends_nobody_elsewhere(seeded: Seeded, there: str) -> None:
    client = seeded.browser("rae")
    form = {"csrf_token": token_of(client.get("/account").text), "next": there}
    done = client.post("/account/confirm", data={**form, "confirm_password": PASSWORD})
    assert (done.status_code, done.headers["Location"]) == (302, "/account")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/people", {"type": "person", "name": "Eve", "role": "administrator"}),
        ("/people/{chi}/grant", {"role": "administrator"}),
        ("/people/{chi}/invite", {}),
        ("/account/stand-ins", {"actor": "{chi}", "role": "ml_lead", "until": "2026-12-01"}),
        ("/policy/new", {"act": "propose", "document": "DOCUMENT"}),
    ],
)
def test_roles_links_rules_and_stand_ins_ask_for_it(
    seeded: Seeded, path: str, form: dict[str, str]
) -> None:
    client = seeded.browser("rae")
    seeded.house.clock.move(minutes=MINUTES + 1)
    size, chi = seeded.house.size, seeded.chi
    form = {name: value.replace("{chi}", chi) for name, value in form.items()}
    if "document" in form:
        page = client.get("/policy/new").text
        written = re.search(
            r"<textarea[^>]*name=\"document\"[^>]*>(.*?)</textarea>", page, re.DOTALL
        )
        form["document"] = unescape(written[1]).lstrip("\n")
    form["csrf_token"] = token_of(client.get("/account").text)
    answer = client.post(path.replace("{chi}", chi), data=form)
    assert (answer.status_code, "Show again that it is you" in answer.text) == (403, True)
    assert seeded.house.size == size

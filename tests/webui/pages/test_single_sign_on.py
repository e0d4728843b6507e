"""Single sign-on against a real OpenID provider on this machine."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from ledger import clock
from ledger.events.actor import Actor
from ledger.events.people import RoleGranted, RoleRevoked
from tests.interop import oidc_provider
from tests.webui.house import House, build
from tests.webui.seed import PASSWORD, token_of
from webui.app import create_app
from webui.identity.accounts import create_account, disable_account
from webui.identity.fresh import MINUTES
from webui.identity.subjects import list_requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

RETURN = "http://localhost/login/sso/company/return"
SETTINGS = """
[[provider]]
name = "company"
title = "Company account"
issuer = "{issuer}"
client_id = "counterseal"
client_secret_file = "client.secret"
scopes = ["openid", "profile", "email", "groups"]
strong_acr = ["two"]
unknown = "request"
verified_email = true

[provider.roles]
scientists = ["data_scientist"]
leads = ["ml_lead"]
root = ["administrator"]
"""


def account(email: str, *groups: str, verified: bool = True, **login: Any) -> dict[str, Any]:
    name = email.partition("@")[0].title()
    said = {"name": name, "email": email, "email_verified": verified, "groups": list(groups)}
    return {"claims": said, "login": login}


ACCOUNTS = {
    "ana": account("ana@example.org", "scientists", "others", acr="two", amr=["pwd", "otp"]),
    "bo": account("bo@example.org", "leads", amr=["pwd"]),
    "eve": account("chi@example.org", verified=False),
    "new": account("new@example.org", "root"),
    "gone": account("gone@example.org"),
}
CLIENT = {
    "client_id": "counterseal",
    "client_secret": "a secret of tests & nothing else",
    "redirect_uris": [RETURN],
}


def key(kid: str) -> dict[str, Any]:
    return {**RSAKey.generate_key(2048).as_dict(private=True), "kid": kid, "use": "sig"}


class Company:
    """An installation with single sign-on, and people at browsers."""

    def __init__(self, house: House, stack: ExitStack) -> None:
        self.house, self.stack = house, stack
        self.people = {}
        for name in ("ana", "bo", "chi", "gone"):
            self.people[name] = house.enrol(name.title(), f"{name}@example.org")
            create_account(house.wiring, self.people[name], PASSWORD)
        self.root = house.enrol("Rae", "rae@example.org", "administrator")
        create_account(house.wiring, self.root, PASSWORD)

    def web(self) -> httpx.Client:
        client = httpx.Client(follow_redirects=True, timeout=20)
        self.stack.callback(client.close)
        return client

    def browser(self) -> tuple[FlaskClient, httpx.Client]:
        return self.house.client(), self.web()

    def through(self, there: str, who: str, web: httpx.Client) -> str:
        """Sign in at the provider; the address at which the browser comes back."""
        page = web.get(there)
        if page.status_code != 200 or "Who are you?" not in page.text:
            raise AssertionError(page.text)
        link = re.search(f'href="([^"]*/{who})"', page.text)[1]
        step = httpx.URL(page.url).join(link)
        while not str(step).startswith("http://localhost/login"):
            step = web.get(step, follow_redirects=False).next_request.url
        return str(step)

    def signs_in(self, who: str, wanted: str = "/models") -> tuple[FlaskClient, TestResponse]:
        client, web = self.browser()
        there = client.get("/login/sso/company", query_string={"next": wanted})
        back = self.through(there.headers["Location"], who, web)
        return client, client.get(back)

    def by_password(self, who: str) -> FlaskClient:
        client = self.house.client()
        token = token_of(client.get("/login").text)
        form = {"csrf_token": token, "email": f"{who}@example.org", "password": PASSWORD}
        assert client.post("/login", data=form).status_code == 302
        return client

    def post(self, client: FlaskClient, path: str, **form: str) -> TestResponse:
        return client.post(path, data={"csrf_token": token_of(client.get("/account").text), **form})

    def roles(self, who: str) -> set[str]:
        return {one.role for one in self.house.wiring.reader.actor(self.people[who]).roles}

    def last(self) -> Any:
        return self.house.wiring.log.entry(self.house.size - 1)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder: Path = tmp_path_factory.mktemp("sso")
    port = oidc_provider.free_port()
    house = build(folder / "home")
    (folder / "client.secret").write_text(CLIENT["client_secret"])
    (folder / "client.secret").chmod(0o600)
    (folder / "sign-in.toml").write_text(SETTINGS.format(issuer=f"http://localhost:{port}"))
    settings = replace(house.wiring.settings, sign_in_file=folder / "sign-in.toml")
    house.wiring = replace(house.wiring, settings=settings)
    house.clock.at = clock.now()  # that of the provider too
    house.app = create_app(house.wiring)
    with ExitStack() as stack:
        stack.enter_context(oidc_provider.running(port, [CLIENT], ACCOUNTS, [key("first")]))
        yield Company(house, stack)
    house.wiring.close()


def test_the_page_offers_it_first_and_the_password_behind_it(company: Company) -> None:
    page = company.house.client().get("/login?next=/models").text
    assert page.index("Sign in with Company account") < page.index("Use a password")
    assert 'href="/login/sso/company?next=/models"' in page


def test_somebody_signs_in_and_entries_say_how_strongly(company: Company) -> None:
    client, back = company.signs_in("ana")
    assert (back.status_code, back.headers["Location"]) == (302, "/models")
    page = client.get("/account").text
    assert "single sign-on" in page
    assert "linked" in page
    rae = Actor(id=company.root, type="person", via="password")
    held = {"actor_id": company.people["ana"], "role": "data_scientist"}
    company.house.wiring.submitter.submit(rae, RoleGranted(**held))
    made = company.post(
        client, "/account/stand-ins", actor=company.root, role="x", until="2030-01-01"
    )
    assert made.status_code == 403
    actor = company.last().actor
    company.house.wiring.submitter.submit(rae, RoleRevoked(**held))
    assert (actor.id, actor.via, actor.acr) == (company.people["ana"], "sso", "two")
    assert (actor.amr, actor.second_factor) == (("pwd", "otp"), True)


def test_a_group_that_the_policy_keeps_for_people_is_proposed_once(company: Company) -> None:
    company.signs_in("bo")
    (change,) = [
        one
        for one in company.house.wiring.reader.changes(status="open")
        if company.house.wiring.reader.proposed(one.since).actor_id == company.people["bo"]
    ]
    assert company.house.wiring.log.entry(change.since).actor.id == company.house.wiring.log.service
    assert company.roles("bo") == set()
    size = company.house.size
    company.signs_in("bo")
    assert company.house.size == size


def test_a_role_that_no_group_gives_is_taken_by_the_service(company: Company) -> None:
    rae = Actor(id=company.root, type="person", via="password")
    for name in ("ana", "bo"):
        granted = RoleGranted(actor_id=company.people[name], role="data_scientist")
        assert company.house.wiring.submitter.submit(rae, granted).outcome == "allow"
    company.signs_in("ana")
    assert company.roles("ana") == {"data_scientist"}, "a group gives it"
    company.signs_in("bo")
    assert company.roles("bo") == set()
    last = company.last()
    assert (last.kind, last.actor.id) == ("role.revoked", company.house.wiring.log.service)


def test_somebody_unknown_asks_and_an_administrator_lets_them_in(company: Company) -> None:
    client, back = company.signs_in("new")
    assert (back.status_code, "waits for an administrator" in back.text) == (401, True)
    assert client.get("/account").status_code == 302
    (found,) = list_requests(company.house.wiring)
    assert (found.name, found.email) == ("New", "new@example.org")
    stranger = company.by_password("chi")
    assert stranger.get("/people/requests").status_code == 403
    path = f"/people/requests/{found.request_id}/accept"
    assert company.post(stranger, path).status_code == 403
    rae = company.by_password("rae")
    assert "new@example.org" in rae.get("/people/requests").text
    done = company.post(rae, path)
    assert done.status_code == 302
    company.people["new"] = done.headers["Location"].rpartition("/")[2]
    _, back = company.signs_in("new")
    assert back.headers["Location"] == "/models"
    assert "administrator" not in company.roles("new"), "never in silence"
    (change,) = [
        one
        for one in company.house.wiring.reader.changes(status="open")
        if company.house.wiring.reader.proposed(one.since).actor_id == company.people["new"]
    ]
    assert change.status == "open"


def test_an_address_that_is_not_verified_is_nobody(company: Company) -> None:
    _, back = company.signs_in("eve")
    assert back.status_code == 401
    assert "chi@example.org" not in back.text


def test_a_closed_account_stays_closed(company: Company) -> None:
    disable_account(company.house.wiring, company.people["gone"])
    _, back = company.signs_in("gone")
    assert back.status_code == 401


def test_what_comes_back_counts_once_and_in_the_browser_that_began(company: Company) -> None:
    client, web = company.browser()
    there = client.get("/login/sso/company").headers["Location"]
    back = company.through(there, "ana", web)
    victim = company.house.client()
    assert victim.get(back).status_code == 401
    assert victim.get("/account").status_code == 302
    assert client.get(back).status_code == 302
    again = company.house.client()
    assert again.get(back).status_code == 401


@pytest.mark.parametrize("changed", ["state=made-up", "code=made-up", "iss=https://evil.example"])
def test_what_comes_back_changed_proves_nothing(company: Company, changed: str) -> None:
    client, web = company.browser()
    back = company.through(client.get("/login/sso/company").headers["Location"], "ana", web)
    name = changed.partition("=")[0]
    answer = client.get(re.sub(f"{name}=[^&]*", changed, back))
    assert answer.status_code == 401
    assert "made-up" not in answer.text
    assert client.get("/account").status_code == 302


def test_a_refusal_at_the_provider_is_told_and_not_repeated(
    company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    client = company.house.client()
    asked = urlsplit(client.get("/login/sso/company").headers["Location"])
    state = parse_qs(asked.query)["state"][0]
    said = {"error": "access_denied\nroot signed in", "error_description": "<b>x", "state": state}
    answer = client.get("/login/sso/company/return", query_string=said)
    assert answer.status_code == 401
    assert "<b>x" not in answer.text
    assert "root signed in" not in caplog.text


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_signing_in_sends_nobody_elsewhere(company: Company, there: str) -> None:
    _, back = company.signs_in("ana", there)
    assert back.headers["Location"] == "/"


def test_another_name_in_the_host_header_changes_no_return_address(company: Company) -> None:
    client = company.house.client()
    evil = client.get("/login/sso/company", headers={"Host": "evil.example"})
    assert evil.status_code == 400
    asked = urlsplit(client.get("/login/sso/company").headers["Location"])
    assert parse_qs(asked.query)["redirect_uri"] == [RETURN]


def test_it_is_linked_by_who_is_signed_in_here_and_only_from_our_own_form(
    company: Company,
) -> None:
    chi = company.by_password("chi")
    assert chi.get("/account/sso/company/link").status_code == 405
    assert chi.post("/account/sso/company/link").status_code == 403
    page = company.post(chi, "/account/sso/company/link").text
    there = unescape(re.search(r'class="btn btn-main" href="([^"]+)"', page)[1])
    back = company.through(there, "eve", company.web())
    other = company.by_password("bo")
    assert other.get(back).headers["Location"] == "/account", "told there, and not linked"
    assert chi.get(back).headers["Location"] == "/account"
    client, back_in = company.signs_in("eve")
    assert back_in.status_code == 302
    assert "Chi" in client.get("/account").text
    assert company.post(chi, "/account/sso/company/unlink").status_code == 302
    assert company.signs_in("eve")[1].status_code == 401


def test_what_is_dangerous_is_confirmed_by_the_provider_that_asks_again(company: Company) -> None:
    client, web = company.browser()
    there = client.get("/login/sso/company").headers["Location"]
    client.get(company.through(there, "ana", web))
    company.house.clock.move(minutes=MINUTES + 1)
    form = {"label": "ci", "reach": "read", "days": "1"}
    asked = company.post(client, "/account/tokens", **form)
    assert (asked.status_code, "Confirm with Company account" in asked.text) == (403, True)
    page = company.post(client, "/account/confirm/company", next="/account").text
    there = unescape(re.search(r'class="btn btn-main" href="([^"]+)"', page)[1])
    assert parse_qs(urlsplit(there).query)["prompt"] == ["login"]
    company.house.clock.at = clock.now()
    assert client.get(company.through(there, "ana", web)).headers["Location"] == "/account"
    assert company.post(client, "/account/tokens", **form).status_code == 200


def test_a_provider_that_is_away_is_told_and_another_way_is_there(company: Company) -> None:
    house = company.house
    file = house.wiring.settings.sign_in_file
    away = SETTINGS.format(issuer=f"http://localhost:{oidc_provider.free_port()}")
    assert file is not None
    before = file.read_text()
    file.write_text(away)
    client = create_app(house.wiring).test_client()
    file.write_text(before)
    answer = client.get("/login/sso/company")
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    assert "Use a password" in answer.text
    assert client.get("/login/sso/nobody").status_code == 404

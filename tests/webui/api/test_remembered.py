"""Who submits is remembered for a moment; a token that was revoked within it records nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.events.actor import Actor
from tests.webui.api.company import a_model, a_version
from webui.identity.errors import TokenError
from webui.identity.remembered import MOST, SECONDS, Remembered
from webui.identity.scope import TokenScope
from webui.identity.tokens import Bearer, list_tokens, no_longer_good, revoke_token

if TYPE_CHECKING:
    from tests.webui.api.company import Company


def revoked(company: Company) -> None:
    """Revoke the scientist's token beside the application, as another process does."""
    (token,) = list_tokens(company.house.wiring, company.scientist_id)
    revoke_token(company.house.wiring, token.token_id)


def test_a_token_that_was_used_a_moment_ago_records_nothing_once_revoked(
    any_company: Company,
) -> None:
    company, api = any_company, any_company.scientist
    model = a_model(company.scientist_id)
    assert api.submit("model.registered", model, "k").status_code == 201
    size = company.house.size
    revoked(company)
    for wanted, key in ((a_version(), "new"), (a_version("2.0.0"), "other")):
        answer = api.submit("version.registered", wanted, key)
        assert (answer.status_code, answer.json["code"]) == (401, "token-invalid")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert api.submit("model.registered", model, "k").status_code == 401
    assert company.house.size == size
    assert (
        company.lead.submit("model.registered", a_model(company.scientist_id, "two")).status_code
        == 201
    )


def test_a_revoked_token_learns_nothing_of_a_command_that_is_wrong(company: Company) -> None:
    assert (
        company.scientist.submit("model.registered", a_model(company.scientist_id)).status_code
        == 201
    )
    assert company.scientist.submit("model.registered", {}).status_code == 422
    revoked(company)
    assert company.scientist.submit("model.registered", {}).status_code == 401
    assert company.scientist.submit_bytes(b"{").status_code == 401


def test_a_token_that_expires_within_the_moment_records_nothing(company: Company) -> None:
    assert (
        company.scientist.submit("model.registered", a_model(company.scientist_id)).status_code
        == 201
    )
    size = company.house.size
    company.house.clock.move(days=2)
    assert company.scientist.submit("version.registered", a_version()).status_code == 401
    assert company.house.size == size


def test_only_tokens_that_are_not_good_are_named(company: Company) -> None:
    wiring = company.house.wiring
    (good,) = list_tokens(wiring, company.scientist_id)
    mine = Actor(id=good.actor_id, type="person", via="token", credential=good.token_id)
    unknown = Actor(id=good.actor_id, type="person", via="token", credential="0" * 16)
    signed_in = Actor(id=good.actor_id, type="person", via="password", credential="0" * 16)
    with wiring.engine.connect() as connection:
        found = no_longer_good(connection, [mine, unknown, signed_in], good.created_at)
        assert list(found) == [unknown]
        assert isinstance(found[unknown], TokenError)
        assert not no_longer_good(connection, [signed_in], good.created_at)
        assert list(no_longer_good(connection, [mine], good.expires_at)) == [mine]


class Asked:
    """Counts look-ups."""

    def __init__(self) -> None:
        self.headers: list[str] = []
        self.now = 0.0

    def __call__(self, header: str) -> Bearer:
        self.headers.append(header)
        if header == "bad":
            raise TokenError("No.")
        return Bearer(Actor(id="ab" * 16, type="workload", via="token"), TokenScope())


def test_a_header_is_looked_up_again_after_the_moment() -> None:
    asked = Asked()
    known = Remembered(lambda: asked.now)
    first = known.bearer("one", asked)
    asked.now = SECONDS - 0.1
    assert known.bearer("one", asked) is first
    asked.now = SECONDS
    assert known.bearer("one", asked) is not first
    assert asked.headers == ["one", "one"]


def test_a_header_that_opens_nothing_is_not_remembered() -> None:
    asked = Asked()
    known = Remembered(lambda: asked.now)
    for _ in range(2):
        with pytest.raises(TokenError):
            known.bearer("bad", asked)
    assert asked.headers == ["bad", "bad"]


def test_the_oldest_is_forgotten_and_no_secret_is_kept() -> None:
    asked = Asked()
    known = Remembered(lambda: asked.now)
    for number in range(MOST + 1):
        known.bearer(f"Bearer hidden-{number}", asked)
    assert "hidden" not in str(vars(known))
    known.bearer(f"Bearer hidden-{MOST}", asked)
    assert len(asked.headers) == MOST + 1
    known.bearer("Bearer hidden-0", asked)
    assert len(asked.headers) == MOST + 2

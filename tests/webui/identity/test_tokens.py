"""API tokens: their form, whose they are, how far they reach, when they end."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from ledger.errors import UnknownSubjectError
from ledger.store.database import reading
from webui.identity import tables
from webui.identity.accounts import create_account, disable_account
from webui.identity.errors import TokenError
from webui.identity.scope import TokenScope
from webui.identity.tokens import (
    authenticate,
    create_token,
    get_token,
    is_well_formed,
    list_tokens,
    new_token_secret,
    revoke_token,
)

if TYPE_CHECKING:
    from tests.webui.house import House


def made(house: House, actor_id: str, scope: TokenScope | None = None) -> tuple[str, str]:
    return create_token(
        house.wiring,
        actor_id=actor_id,
        label="ci",
        scope=scope or TokenScope(),
        days=30,
        created_by=actor_id,
    )


def test_a_token_has_a_prefix_32_random_characters_and_6_that_check_them() -> None:
    assert re.fullmatch(r"cst_[0-9A-Za-z]{38}", new_token_secret())
    assert new_token_secret() != new_token_secret()


def test_the_check_characters_notice_any_one_wrong_character() -> None:
    secret = new_token_secret()
    assert is_well_formed(secret)
    for place in range(4, len(secret)):
        other = "a" if secret[place] != "a" else "b"
        assert not is_well_formed(secret[:place] + other + secret[place + 1 :])


def test_the_check_characters_are_the_crc32_in_base62() -> None:
    # The CRC-32 of "123456789" is 0xCBF43926 by the catalogue of CRCs.
    assert zlib.crc32(b"123456789") == 0xCBF43926
    value = zlib.crc32(b"0" * 32)
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    check = "".join(digits[value // 62**power % 62] for power in range(5, -1, -1))
    assert is_well_formed("cst_" + "0" * 32 + check)


def test_a_token_speaks_for_its_actor_with_its_scope(any_house: House) -> None:
    actor = any_house.enrol("Ana")
    scope = TokenScope(kinds=("version.registered",), models=("churn",), read=False)
    token_id, secret = made(any_house, actor, scope)
    bearer = authenticate(any_house.wiring, secret)
    assert (bearer.actor.id, bearer.actor.type, bearer.actor.via) == (actor, "person", "token")
    assert bearer.actor.credential == token_id
    assert bearer.scope == scope


def test_the_secret_of_a_token_is_not_stored(house: House) -> None:
    token_id, secret = made(house, house.enrol())
    with reading(house.wiring.engine) as connection:
        row = connection.execute(select(tables.token)).one()
    assert secret not in repr(row)
    assert secret[4:] not in repr(row)
    assert row.token_id == token_id


def test_the_last_use_of_a_token_is_noted_at_most_once_a_minute(house: House) -> None:
    token_id, secret = made(house, house.enrol())
    assert get_token(house.wiring, token_id).last_used_at is None
    authenticate(house.wiring, secret)
    first = get_token(house.wiring, token_id).last_used_at
    authenticate(house.wiring, secret)
    assert get_token(house.wiring, token_id).last_used_at == first
    house.clock.move(minutes=2)
    authenticate(house.wiring, secret)
    assert get_token(house.wiring, token_id).last_used_at > first


def test_a_token_opens_nothing_after_it_expired_or_was_revoked(any_house: House) -> None:
    actor = any_house.enrol()
    _, expiring = made(any_house, actor)
    token_id, revoked = made(any_house, actor)
    revoke_token(any_house.wiring, token_id)
    with pytest.raises(TokenError):
        authenticate(any_house.wiring, revoked)
    authenticate(any_house.wiring, expiring)
    any_house.clock.move(days=30)
    with pytest.raises(TokenError):
        authenticate(any_house.wiring, expiring)


def test_a_token_that_was_never_made_opens_nothing(house: House) -> None:
    for secret in (new_token_secret(), "", "cst_", "x" * 42, "cst_" + "é" * 38):
        with pytest.raises(TokenError):
            authenticate(house.wiring, secret)


def test_the_tokens_of_a_disabled_account_open_nothing(house: House) -> None:
    actor = house.enrol("Ana", "ana@example.org")
    create_account(house.wiring, actor)
    _, secret = made(house, actor)
    authenticate(house.wiring, secret)
    disable_account(house.wiring, actor)
    with pytest.raises(TokenError):
        authenticate(house.wiring, secret)


def test_revoking_twice_keeps_the_first_time(house: House) -> None:
    token_id, _ = made(house, house.enrol())
    revoke_token(house.wiring, token_id)
    first = get_token(house.wiring, token_id).revoked_at
    revoke_token(house.wiring, token_id)
    assert get_token(house.wiring, token_id).revoked_at == first


def test_tokens_are_listed_newest_first_and_by_actor(house: House) -> None:
    ana, bo = house.enrol("Ana"), house.enrol("Bo")
    first, second, other = made(house, ana)[0], made(house, ana)[0], made(house, bo)[0]
    assert [token.token_id for token in list_tokens(house.wiring, ana)] == [second, first]
    assert [token.token_id for token in list_tokens(house.wiring)] == [other, second, first]


def test_a_token_for_somebody_unknown_is_not_made(house: House) -> None:
    with pytest.raises(UnknownSubjectError):
        made(house, "0" * 32)


def test_a_scope_names_kinds_that_exist() -> None:
    with pytest.raises(ValidationError, match="does not exist"):
        TokenScope(kinds=("version.registred",))


def test_scanners_of_secrets_find_a_token_by_the_documented_expression() -> None:
    text = (Path(__file__).parents[3] / "docs" / "ci-workloads.md").read_text(encoding="utf-8")
    (written,) = re.findall(r"^    (\\bcst_.*)$", text, re.MULTILINE)
    secret = new_token_secret()
    assert re.search(written, f"TOKEN={secret}\n")[0] == secret
    assert re.search(written, f"x{secret}") is None
    assert re.search(written, secret[:-1]) is None

"""Accounts: found without knowing the address, opened by the right password alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from ledger.errors import ConflictError, InputError, UnknownSubjectError
from ledger.store.database import reading
from webui.identity import passwords, tables
from webui.identity.accounts import (
    check_password_of,
    create_account,
    disable_account,
    find_account,
    normal_address,
)
from webui.identity.errors import SignInError, ThrottledError
from webui.identity.throttle import delay_seconds

if TYPE_CHECKING:
    from tests.webui.house import House

GOOD = "heron ladder quiet"


@pytest.fixture
def ana(house: House) -> str:
    actor = house.enrol("Ana Kovač", "Ana.Kovac@Example.org")
    create_account(house.wiring, actor, GOOD)
    return actor


def test_the_right_password_opens_the_account_however_the_address_is_spelt(
    house: House, ana: str
) -> None:
    for email in ("Ana.Kovac@Example.org", " ana.kovac@example.org ", "ANA.KOVAC@EXAMPLE.ORG"):
        assert check_password_of(house.wiring, email, GOOD, "192.0.2.1") == ana


def test_a_wrong_password_and_an_unknown_address_are_told_the_same(house: House, ana: str) -> None:
    with pytest.raises(SignInError) as wrong:
        check_password_of(house.wiring, "ana.kovac@example.org", "wrong password", "192.0.2.1")
    with pytest.raises(SignInError) as unknown:
        check_password_of(house.wiring, "nobody@example.org", GOOD, "192.0.2.2")
    with pytest.raises(SignInError) as no_address:
        check_password_of(house.wiring, "no address", GOOD, "192.0.2.3")
    assert vars(wrong.value) == vars(unknown.value) == vars(no_address.value)


def test_an_unknown_address_costs_a_whole_password(
    house: House, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = passwords._hasher

    class Counting:
        def verify(self, stored: str, text: str) -> bool:
            asked.append(stored)
            return real.verify(stored, text)

        def hash(self, text: str) -> str:
            return real.hash(text)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    for email in ("ana.kovac@example.org", "nobody@example.org"):
        with pytest.raises(SignInError):
            check_password_of(house.wiring, email, "wrong password", "192.0.2.1")
    known, nobody = asked
    assert known.rpartition("$")[0].split("$")[:4] == nobody.split("$")[:4]


def test_an_account_without_a_password_opens_to_none(house: House) -> None:
    actor = house.enrol("Bo", "bo@example.org")
    create_account(house.wiring, actor)
    found = find_account(house.wiring, actor)
    assert found is not None
    assert not found.can_sign_in
    for password in ("", "nobody has this password"):
        with pytest.raises(SignInError):
            check_password_of(house.wiring, "bo@example.org", password, "192.0.2.1")


def test_a_disabled_account_does_not_open_until_it_is_enabled(house: House, ana: str) -> None:
    disable_account(house.wiring, ana)
    with pytest.raises(SignInError):
        check_password_of(house.wiring, "ana.kovac@example.org", GOOD, "192.0.2.1")
    disable_account(house.wiring, ana, disabled=False)
    assert check_password_of(house.wiring, "ana.kovac@example.org", GOOD, "192.0.2.1") == ana


def test_no_table_of_identity_holds_an_address_a_name_or_a_password(house: House, ana: str) -> None:
    with pytest.raises(SignInError):
        check_password_of(house.wiring, "ana.kovac@example.org", "wrong password", "192.0.2.77")
    with reading(house.wiring.engine) as connection:
        held = repr(
            [connection.execute(select(t)).all() for t in tables.metadata.sorted_tables]
        ).casefold()
    assert ana in held
    for text in ("kovac", "kovač", "example.org", "heron", "192.0.2.77"):
        assert text not in held


def test_an_actor_and_an_address_have_one_account(any_house: House) -> None:
    ana = any_house.enrol("Ana", "ana@example.org")
    create_account(any_house.wiring, ana)
    with pytest.raises(ConflictError):
        create_account(any_house.wiring, ana)
    with pytest.raises(ConflictError):
        create_account(any_house.wiring, any_house.enrol("Another", "ANA@example.org"))


def test_an_account_needs_an_enrolled_actor_with_an_address(house: House) -> None:
    with pytest.raises(UnknownSubjectError):
        create_account(house.wiring, "0" * 32)
    with pytest.raises(InputError) as caught:
        create_account(house.wiring, house.enrol("Bo"))
    assert caught.value.code == "email-missing"


@pytest.mark.parametrize("email", ["", "ana", "ana@", "@example.org", "a b@example.org", "a@b@c"])
def test_what_is_no_address_is_refused_without_repeating_it(email: str) -> None:
    with pytest.raises(InputError) as caught:
        normal_address(email)
    assert caught.value.code == "email-invalid"
    assert not email or email not in caught.value.sentence


def test_failures_make_the_next_attempt_wait_longer_and_never_for_ever() -> None:
    waits = [delay_seconds(failures, 3) for failures in range(20)]
    assert waits[:4] == [0, 0, 0, 0]
    assert waits[4:8] == [1, 2, 4, 8]
    assert max(waits) == 900
    assert waits == sorted(waits)


def test_an_account_waits_after_failures_and_even_the_right_password_does(any_house: House) -> None:
    actor = any_house.enrol("Ana", "ana@example.org")
    create_account(any_house.wiring, actor, GOOD)
    for _ in range(4):
        with pytest.raises(SignInError):
            check_password_of(any_house.wiring, "ana@example.org", "wrong password", "192.0.2.1")
    with pytest.raises(ThrottledError) as caught:
        check_password_of(any_house.wiring, "ana@example.org", GOOD, "192.0.2.1")
    assert caught.value.numbers["seconds"] == 1
    any_house.clock.move(seconds=1)
    assert check_password_of(any_house.wiring, "ana@example.org", GOOD, "192.0.2.1") == actor


def test_nobody_keeps_a_person_out_from_elsewhere(house: House, ana: str) -> None:
    for _ in range(4):
        with pytest.raises(SignInError):
            check_password_of(house.wiring, "ana.kovac@example.org", "wrong one", "198.51.100.9")
    assert check_password_of(house.wiring, "ana.kovac@example.org", GOOD, "192.0.2.1") == ana


def test_one_address_that_tries_many_accounts_waits(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webui.identity.throttle.FREE_FOR_ADDRESS", 2)
    for place in range(3):
        with pytest.raises(SignInError):
            check_password_of(house.wiring, f"p{place}@example.org", "wrong one", "192.0.2.1")
    with pytest.raises(ThrottledError):
        check_password_of(house.wiring, "another@example.org", "wrong one", "192.0.2.1")


def test_a_success_forgets_the_failures_before_it(house: House, ana: str) -> None:
    for _ in range(3):
        with pytest.raises(SignInError):
            check_password_of(house.wiring, "ana.kovac@example.org", "wrong one", "192.0.2.1")
    check_password_of(house.wiring, "ana.kovac@example.org", GOOD, "192.0.2.1")
    with pytest.raises(SignInError):
        check_password_of(house.wiring, "ana.kovac@example.org", "wrong one", "192.0.2.1")
    assert check_password_of(house.wiring, "ana.kovac@example.org", GOOD, "192.0.2.1") == ana


def test_failures_are_forgotten_after_an_hour(house: House, ana: str) -> None:
    for _ in range(4):
        with pytest.raises(SignInError):
            check_password_of(house.wiring, "ana.kovac@example.org", "wrong one", "192.0.2.1")
    house.clock.move(hours=1, seconds=1)
    assert check_password_of(house.wiring, "ana.kovac@example.org", GOOD, "192.0.2.1") == ana

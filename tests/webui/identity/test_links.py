"""One-time links: used once, in time, for what they are for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from ledger.errors import (
    ConflictError,
    InputError,
    LedgerError,
    OutsideError,
    RefusedError,
    UnknownSubjectError,
)
from ledger.store.database import reading
from webui.identity import tables
from webui.identity.accounts import check_password_of, create_account
from webui.identity.administrators import check_administrator, is_administrator
from webui.identity.errors import AdministratorError, LinkError, SignInError
from webui.identity.links import (
    issue_setup_link,
    issue_sign_in_link,
    purpose_of,
    redeem_first,
    redeem_invitation,
    redeem_sign_in,
    setup_url,
    sign_in_url,
)
from webui.identity.sessions import find_session, open_session
from webui.identity.strength import BY_PASSWORD

if TYPE_CHECKING:
    from tests.webui.house import House

GOOD = "heron ladder quiet"
PERSON = {"name": "Ana", "email": "ana@example.org", "password": GOOD}


def test_the_first_link_enrols_an_administrator_who_can_sign_in(empty_house: House) -> None:
    wiring, before = empty_house.wiring, empty_house.size
    actor = redeem_first(wiring, issue_setup_link(wiring), **PERSON)
    assert is_administrator(wiring, actor)
    assert wiring.reader.person(actor).name == "Ana"
    assert wiring.reader.person(actor).email == "ana@example.org"
    assert empty_house.size == before + 2
    entry = wiring.log.entry(before)
    assert (entry.kind, entry.actor) == ("actor.enrolled", wiring.service)
    assert check_password_of(wiring, "ana@example.org", GOOD, "") == actor


def test_a_link_opens_nothing_the_second_time(empty_house: House) -> None:
    wiring = empty_house.wiring
    secret = issue_setup_link(wiring)
    redeem_first(wiring, secret, **PERSON)
    size = empty_house.size
    with pytest.raises(LinkError):
        redeem_first(wiring, secret, **{**PERSON, "email": "other@example.org"})
    assert empty_house.size == size


def test_of_many_who_use_a_link_at_once_one_does(empty_house: House) -> None:
    wiring = empty_house.wiring
    secret = issue_setup_link(wiring)
    size = empty_house.size
    fates: list[str] = []

    def use(place: int) -> None:
        try:
            redeem_first(wiring, secret, **{**PERSON, "email": f"p{place}@example.org"})
            fates.append("in")
        except LedgerError as error:
            fates.append(error.code)

    threads = [threading.Thread(target=use, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(fates) == ["in", "link-invalid", "link-invalid", "link-invalid"]
    assert empty_house.size == size + 2


def test_an_expired_link_opens_nothing(house: House) -> None:
    secret = issue_setup_link(house.wiring)
    house.clock.move(minutes=14)
    assert purpose_of(house.wiring, secret) == "first"
    house.clock.move(minutes=2)
    size = house.size
    with pytest.raises(LinkError) as caught:
        redeem_first(house.wiring, secret, **PERSON)
    assert caught.value.remedy
    with pytest.raises(LinkError):
        purpose_of(house.wiring, secret)
    assert house.size == size


def test_unknown_used_and_expired_links_are_told_the_same(empty_house: House) -> None:
    used, expired = (
        issue_setup_link(empty_house.wiring),
        issue_setup_link(empty_house.wiring, minutes=1),
    )
    redeem_first(empty_house.wiring, used, **PERSON)
    empty_house.clock.move(minutes=2)
    told = []
    for secret in (used, expired, "never issued"):
        with pytest.raises(LinkError) as caught:
            purpose_of(empty_house.wiring, secret)
        told.append(vars(caught.value))
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"password": "short"}, "password-too-short"),
        ({"email": "no address"}, "email-invalid"),
        ({"name": "x" * 4001}, "invalid-string-too-long"),
        ({"name": " "}, "invalid-string-too-short"),
    ],
)
def test_what_is_refused_leaves_the_link_and_the_ledger_as_they_were(
    shared_house: House, wrong: dict[str, str], code: str
) -> None:
    wiring, size = shared_house.wiring, shared_house.size
    secret = issue_setup_link(wiring)
    with pytest.raises(InputError) as caught:
        redeem_first(wiring, secret, **{**PERSON, **wrong})
    assert caught.value.code == code
    assert purpose_of(wiring, secret) == "first"
    assert shared_house.size == size


def test_when_the_ledger_does_not_record_the_person_the_link_lives_again(
    empty_house: House,
) -> None:
    secret = issue_setup_link(empty_house.wiring)
    empty_house.wiring.log.alarm = "put read-only by a test"
    with pytest.raises(LedgerError) as caught:
        redeem_first(empty_house.wiring, secret, **PERSON)
    assert caught.value.code == "ledger-read-only"
    empty_house.wiring.log.alarm = ""
    actor = redeem_first(empty_house.wiring, secret, **PERSON)
    assert is_administrator(empty_house.wiring, actor)


def test_an_address_that_has_an_account_is_not_set_up_again(empty_house: House) -> None:
    redeem_first(empty_house.wiring, issue_setup_link(empty_house.wiring), **PERSON)
    size = empty_house.size
    with pytest.raises(ConflictError) as caught:
        redeem_first(empty_house.wiring, issue_setup_link(empty_house.wiring), **PERSON)
    assert caught.value.code == "account-exists"
    assert empty_house.size == size


def test_an_invited_person_chooses_a_password_within_seven_days(any_house: House) -> None:
    wiring = any_house.wiring
    actor = any_house.enrol("Bo", "bo@example.org")
    secret = issue_setup_link(wiring, for_actor=actor)
    any_house.clock.move(days=6)
    assert purpose_of(wiring, secret) == "invitation"
    size = any_house.size
    assert redeem_invitation(wiring, secret, password=GOOD) == actor
    assert check_password_of(wiring, "bo@example.org", GOOD, "") == actor
    assert any_house.size == size
    with pytest.raises(LinkError):
        redeem_invitation(wiring, secret, password=GOOD)


def test_a_second_invitation_replaces_the_password_and_closes_sessions(house: House) -> None:
    wiring = house.wiring
    actor = house.enrol("Bo", "bo@example.org")
    create_account(wiring, actor, "the password before")
    session = open_session(wiring, actor, BY_PASSWORD)
    redeem_invitation(wiring, issue_setup_link(wiring, for_actor=actor), password=GOOD)
    assert find_session(wiring, session) is None
    assert check_password_of(wiring, "bo@example.org", GOOD, "") == actor


def test_an_invitation_needs_an_enrolled_person_with_an_address(house: House) -> None:
    with pytest.raises(UnknownSubjectError):
        issue_setup_link(house.wiring, for_actor="0" * 32)
    with pytest.raises(InputError):
        issue_setup_link(house.wiring, for_actor=house.enrol("Bo"))


def test_a_link_serves_its_own_purpose_alone(house: House) -> None:
    wiring = house.wiring
    actor = house.enrol("Bo", "bo@example.org")
    create_account(wiring, actor)
    first = issue_setup_link(wiring)
    invitation = issue_setup_link(wiring, for_actor=actor)
    sign_in = issue_sign_in_link(wiring, actor)
    for secret in (first, sign_in):
        with pytest.raises(LinkError):
            redeem_invitation(wiring, secret, password=GOOD)
    for secret in (first, invitation):
        with pytest.raises(LinkError):
            redeem_sign_in(wiring, secret)
    for secret in (invitation, sign_in):
        with pytest.raises(LinkError):
            redeem_first(wiring, secret, **PERSON)


def test_a_sign_in_link_opens_an_account_once_within_an_hour(any_house: House) -> None:
    wiring = any_house.wiring
    actor = any_house.enrol("Bo", "bo@example.org")
    with pytest.raises(UnknownSubjectError):
        issue_sign_in_link(wiring, actor)
    create_account(wiring, actor)
    secret = issue_sign_in_link(wiring, actor)
    any_house.clock.move(minutes=59)
    assert redeem_sign_in(wiring, secret) == actor
    with pytest.raises(LinkError):
        redeem_sign_in(wiring, secret)
    late = issue_sign_in_link(wiring, actor)
    any_house.clock.move(minutes=61)
    with pytest.raises(LinkError):
        redeem_sign_in(wiring, late)


def test_the_secret_is_in_the_fragment_and_not_in_the_database(house: House) -> None:
    secret = issue_setup_link(house.wiring)
    assert setup_url("http://localhost:8000", secret) == f"http://localhost:8000/setup#{secret}"
    assert sign_in_url("http://localhost:8000", secret) == f"http://localhost:8000/login#{secret}"
    assert len(secret) == 43
    with reading(house.wiring.engine) as connection:
        assert secret not in repr(connection.execute(select(tables.link)).all())


def test_a_link_is_not_made_in_a_database_that_is_gone(house: House) -> None:
    house.wiring.engine.dispose()
    for file in house.wiring.settings.home.glob("ledger.db*"):
        file.unlink()
    house.wiring.settings.home.rename(house.wiring.settings.home.with_name("moved"))
    with pytest.raises(OutsideError):
        issue_setup_link(house.wiring)
    house.wiring.settings.home.with_name("moved").rename(house.wiring.settings.home)


def test_only_administrators_pass_as_administrators(house: House) -> None:
    actor = house.enrol("Bo")
    assert not is_administrator(house.wiring, actor)
    with pytest.raises(AdministratorError):
        check_administrator(house.wiring, actor)
    check_administrator(house.wiring, house.administrator)


def test_once_there_is_an_administrator_a_first_link_appoints_no_other(any_house: House) -> None:
    secret = issue_setup_link(any_house.wiring)
    size = any_house.size
    with pytest.raises(RefusedError) as caught:
        redeem_first(any_house.wiring, secret, **PERSON)
    assert any_house.size == size + 1
    denial = any_house.wiring.log.entry(size)
    assert (denial.kind, caught.value.numbers["entry"]) == ("access.denied", size)
    with pytest.raises(SignInError):
        check_password_of(any_house.wiring, "ana@example.org", GOOD, "")

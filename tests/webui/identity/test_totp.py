"""The second factor: counts once confirmed, each code once, in its own time, and is not in the clear."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyotp
import pytest
from sqlalchemy import select, update

from ledger.errors import ConflictError, InputError, OutsideError
from ledger.store.database import reading, writing
from webui.identity import tables, totp
from webui.identity.errors import SignInError, ThrottledError

if TYPE_CHECKING:
    from tests.webui.house import House

HERE = "192.0.2.1"


def code_now(house: House, secret: str, steps: int = 0) -> str:
    now = int(house.wiring.now().timestamp())
    return pyotp.TOTP(secret).at(now + steps * totp.STEP_SECONDS)


@pytest.fixture(scope="module")
def people(shared_house: House) -> House:
    return shared_house


def somebody(house: House) -> str:
    return house.enrol()


def enrolled(house: House) -> tuple[str, str, list[str]]:
    actor = somebody(house)
    secret = totp.begin_enrolment(house.wiring, actor, "ana").secret
    codes = totp.confirm_enrolment(house.wiring, actor, code_now(house, secret, -1))
    return actor, secret, codes


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    step = int(datetime.fromtimestamp(seconds, UTC).timestamp()) // totp.STEP_SECONDS
    assert totp._matching(secret, code[-6:], step) == step


def test_it_counts_only_after_a_first_code(people: House) -> None:
    actor = somebody(people)
    new = totp.begin_enrolment(people.wiring, actor, "ana@example.org")
    assert new.uri.startswith("otpauth://totp/Counterseal:ana%40example.org?secret=" + new.secret)
    assert totp.find_second_factor(people.wiring, actor) is None
    assert totp.waiting_enrolment(people.wiring, actor, "ana@example.org") == new
    with pytest.raises(SignInError):
        totp.check_code(people.wiring, actor, code_now(people, new.secret), HERE)
    with pytest.raises(InputError):
        totp.confirm_enrolment(people.wiring, actor, "000000")
    codes = totp.confirm_enrolment(people.wiring, actor, code_now(people, new.secret))
    assert len(set(codes)) == totp.RECOVERY_CODES
    found = totp.find_second_factor(people.wiring, actor)
    assert found is not None
    assert found.codes_left == totp.RECOVERY_CODES
    with pytest.raises(ConflictError):
        totp.begin_enrolment(people.wiring, actor, "ana@example.org")


def test_a_code_counts_once_and_no_older_one_after_it(people: House) -> None:
    actor, secret, _ = enrolled(people)
    now, before = code_now(people, secret), code_now(people, secret, -1)
    strength = totp.check_code(people.wiring, actor, f"{now[:3]} {now[3:]}", HERE)
    assert (strength.via, strength.second_factor) == ("password+totp", True)
    for replayed in (now, before):
        with pytest.raises(SignInError):
            totp.check_code(people.wiring, actor, replayed, HERE)


@pytest.mark.parametrize(("steps", "counts"), [(-2, False), (1, True), (2, False)])
def test_clocks_may_differ_by_half_a_minute(people: House, steps: int, counts: bool) -> None:
    actor, secret, _ = enrolled(people)
    people.clock.move(minutes=2)
    code = code_now(people, secret, steps)
    if counts:
        totp.check_code(people.wiring, actor, code, HERE)
        return
    with pytest.raises(SignInError):
        totp.check_code(people.wiring, actor, code, HERE)


def test_of_many_who_bring_one_code_at_once_one_is_let_in(any_house: House) -> None:
    actor, secret, _ = enrolled(any_house)
    code, fates = code_now(any_house, secret), []

    def bring(place: int) -> None:
        try:
            totp.check_code(any_house.wiring, actor, code, f"192.0.2.{place}")
            fates.append("in")
        except SignInError:
            fates.append("out")

    threads = [threading.Thread(target=bring, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fates) == ["in", "out", "out", "out"]


def test_a_recovery_code_counts_once_and_new_ones_end_the_old(people: House) -> None:
    actor, _, codes = enrolled(people)
    strength = totp.check_code(people.wiring, actor, f" {codes[0].lower()} ", HERE)
    assert strength.via == "password+code"
    with pytest.raises(SignInError):
        totp.check_code(people.wiring, actor, codes[0], HERE)
    found = totp.find_second_factor(people.wiring, actor)
    assert found is not None
    assert found.codes_left == totp.RECOVERY_CODES - 1
    renewed = totp.new_recovery_codes(people.wiring, actor)
    with pytest.raises(SignInError):
        totp.check_code(people.wiring, actor, codes[1], HERE)
    totp.check_code(people.wiring, actor, renewed[0], HERE)


def test_nobody_signs_in_with_the_codes_of_somebody_else(people: House) -> None:
    _, secret, codes = enrolled(people)
    other, _, _ = enrolled(people)
    for code in (code_now(people, secret), codes[0]):
        with pytest.raises(SignInError):
            totp.check_code(people.wiring, other, code, HERE)


def test_wrong_codes_make_the_next_one_wait(people: House) -> None:
    actor, secret, _ = enrolled(people)
    for _ in range(4):
        with pytest.raises(SignInError):
            totp.check_code(people.wiring, actor, "000000", HERE)
    with pytest.raises(ThrottledError):
        totp.check_code(people.wiring, actor, code_now(people, secret), HERE)


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "٣٤٥٦٧٨", "12345a", "\x00" * 6, "A" * 9999]
)
def test_what_is_no_code_is_refused(people: House, code: str) -> None:
    actor, _, _ = enrolled(people)
    with pytest.raises(SignInError) as caught:
        totp.check_code(people.wiring, actor, code, HERE)
    assert not code or code not in str(vars(caught.value))


def test_no_secret_and_no_code_stands_in_the_database(people: House) -> None:
    _, secret, codes = enrolled(people)
    with reading(people.wiring.engine) as connection:
        held = repr([connection.execute(select(t)).all() for t in tables.metadata.sorted_tables])
    for text in (secret, *codes, codes[0].replace("-", "")):
        assert text not in held


def test_a_secret_that_was_copied_to_somebody_else_opens_nothing(people: House) -> None:
    thief, secret, _ = enrolled(people)
    victim, _, _ = enrolled(people)
    row = tables.second_factor
    with writing(people.wiring.engine) as connection:
        query = select(row.c.secret).where(row.c.actor_id == thief)
        copied = connection.execute(query).scalar_one()
        connection.execute(update(row).where(row.c.actor_id == victim).values(secret=copied))
    with pytest.raises(OutsideError) as caught:
        totp.check_code(people.wiring, victim, code_now(people, secret), HERE)
    assert caught.value.code == "sealed-damaged"

"""Passwords: long enough, not common, Argon2id, and the same cost for nobody."""

from __future__ import annotations

import threading

import pytest

from ledger.errors import InputError
from webui.identity.passwords import check_password, hash_password, matches

GOOD = "heron ladder quiet"


@pytest.mark.usefixtures("shipped_passwords")
def test_a_password_is_kept_as_argon2id_and_matches_itself_alone() -> None:
    stored = hash_password(GOOD)
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # RFC 9106, section 4
    assert matches(stored, GOOD)
    assert not matches(stored, GOOD + "x")


def test_two_hashes_of_one_password_differ() -> None:
    assert hash_password(GOOD) != hash_password(GOOD)


def test_a_password_typed_with_combining_accents_is_the_same_password() -> None:
    assert matches(
        hash_password("caf\u00e9 caf\u00e9 caf\u00e9"), "cafe\u0301 cafe\u0301 cafe\u0301"
    )


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "password-too-short"),
        ("x" * 300 + "abc", "password-too-long"),
        ("password1234", "password-common"),
        ("PASSWORD1234", "password-common"),
        ("qwertyuiop123", "password-common"),
        ("aaaaaaaaaaaa", "password-common"),
        ("abababababab", "password-common"),
    ],
)
def test_a_password_that_is_short_long_or_common_is_refused(password: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        check_password(password)
    assert caught.value.code == code
    assert caught.value.remedy
    assert password not in str(caught.value)


@pytest.mark.parametrize(
    "password", [GOOD, "twelve chars", "ALLUPPERCASELETTERS", "日本語の長いパスワードです。"]
)
def test_nothing_but_length_and_commonness_is_asked_of_a_password(password: str) -> None:
    check_password(password)


def test_nobodys_password_matches_nothing() -> None:
    assert not matches(None, "nobody has this password")


def test_a_damaged_hash_matches_nothing() -> None:
    assert not matches("$argon2id$broken", GOOD)


def test_at_most_two_passwords_are_computed_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from webui.identity import passwords

    running, most, lock = [0], [0], threading.Lock()
    everybody_waits = threading.Barrier(2, timeout=10)

    class Counting:
        def verify(self, stored: str, text: str) -> bool:
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            everybody_waits.wait()
            with lock:
                running[0] -= 1
            return True

    monkeypatch.setattr(passwords, "_hasher", Counting())
    threads = [threading.Thread(target=matches, args=("stored", "text")) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most[0] == 2


@pytest.mark.parametrize(
    "password", ["Counterseal2026!", "audit-ledger-2026", "administrator12", "compliance-password1"]
)
def test_a_password_made_of_our_own_name_is_refused(password: str) -> None:
    with pytest.raises(InputError) as caught:
        check_password(password)
    assert caught.value.code == "password-common"
    check_password(f"{password} brown owl")

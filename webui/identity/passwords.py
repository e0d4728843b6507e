"""Passwords: at least 12 characters, none of the most common, little of our own words; Argon2id.

The cost is that of RFC 9106's second recommendation (64 MiB, three passes). At most two are
computed at a time in a process, so that a flood of sign-ins can't take the machine's memory.
Whoever has no password costs as much as whoever gives a wrong one.
"""

from __future__ import annotations

import threading
import unicodedata
from functools import cache
from importlib import resources
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from ledger.errors import InputError

SHORTEST: Final = 12
LONGEST: Final = 256
FEWEST_BESIDE: Final = 8
OUR_WORDS: Final = (
    "counterseal",
    "ledger",
    "audit",
    "compliance",
    "administrator",
    "admin",
    "password",
    "passwort",
)
"""Words that anybody would try here first; what is left beside them must be long enough."""
_MOST_AT_A_TIME: Final = 2

_hasher: Final = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_turns: Final = threading.BoundedSemaphore(_MOST_AT_A_TIME)


def check_password(password: str) -> None:
    """Check that a new password may be used.

    Raises:
        InputError: ``password-too-short``, ``password-too-long`` or ``password-common``.
    """
    text = _normal(password)
    if len(text) < SHORTEST:
        _refuse("short", f"The password has fewer than {SHORTEST} characters.")
    if len(text) > LONGEST:
        _refuse("long", f"The password has more than {LONGEST} characters.")
    if len(set(text)) < 3 or text.casefold() in _common():  # noqa: PLR2004 (two letters repeated)
        raise InputError(
            "The password is one of the most common ones.",
            code="password-common",
            pointer="/password",
            remedy="Take a few words that nobody would guess together.",
        )
    if len(_without_our_words(text)) < FEWEST_BESIDE:
        raise InputError(
            "The password is little more than words of this service.",
            code="password-common",
            pointer="/password",
            remedy="Take a few words that nobody would guess together.",
        )


def hash_password(password: str) -> str:
    """The Argon2id hash of a checked password, with its salt and parameters."""
    check_password(password)
    with _turns:
        return _hasher.hash(_normal(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether a password is the one of a stored hash; None costs as much and matches nothing."""
    text = _normal(password[: LONGEST + 1])
    with _turns:
        try:
            _hasher.verify(stored or _nobodys(), text)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def _refuse(what: str, sentence: str) -> None:
    raise InputError(
        sentence,
        code=f"password-too-{what}",
        pointer="/password",
        remedy=f"Take {SHORTEST} to {LONGEST} characters; a few words are easy to remember.",
    )


def _without_our_words(text: str) -> str:
    """The letters and digits of a password that are no word of ours."""
    left = text.casefold()
    for word in OUR_WORDS:
        left = left.replace(word, "")
    return "".join(one for one in left if one.isalnum())


def _normal(password: str) -> str:
    """One form for what keyboards write differently (Unicode normalisation form C)."""
    return unicodedata.normalize("NFC", password)


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")


@cache
def _common() -> frozenset[str]:
    file = resources.files("webui.identity") / "common_passwords.txt"
    lines = file.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))

"""How strong a sign-in was: which way, with a second factor or not, in whose words.

It is worked out once, when somebody signs in, kept with the session and written into every entry
that the session makes; rules and controls read it from there and never guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

SessionVia = Literal["password", "password+totp", "password+code", "sso", "setup"]
MOST_METHODS: Final = 8
_METHOD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,39}")
_CONTEXT: Final = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True)
class Strength:
    """How a session was opened.

    ``second_factor`` is None where nobody can tell; ``acr`` and ``amr`` are the provider's words,
    ``provider`` is its name in our settings.
    """

    via: SessionVia
    second_factor: bool | None = None
    acr: str = ""
    amr: tuple[str, ...] = ()
    provider: str = ""


BY_PASSWORD: Final = Strength("password", second_factor=False)
BY_TOTP: Final = Strength("password+totp", second_factor=True)
BY_RECOVERY_CODE: Final = Strength("password+code", second_factor=True)
BY_LINK: Final = Strength("setup", second_factor=False)


def context_class(said: object) -> str:
    """A provider's ``acr`` where an entry can hold it, else nothing."""
    fits = isinstance(said, str) and "@" not in said and _CONTEXT.fullmatch(said)
    return said if isinstance(said, str) and fits else ""


def methods(said: object) -> tuple[str, ...]:
    """A provider's ``amr``: those of its names that an entry can hold."""
    if not isinstance(said, list):
        return ()
    fits = (one for one in said if isinstance(one, str) and _METHOD.fullmatch(one))
    return tuple(fits)[:MOST_METHODS]

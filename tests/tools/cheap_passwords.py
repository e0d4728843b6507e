"""Passwords of tests cost next to nothing: a third of the time of page tests went into Argon2id.

Programs that a test starts, and what ``shipped_passwords`` is asked for, pay the full price.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from webui.identity import passwords

if TYPE_CHECKING:
    from collections.abc import Iterator

SHIPPED = passwords._hasher
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash with the least that Argon2id takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", CHEAP)
        yield


@pytest.fixture
def shipped_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash as the product does."""
    monkeypatch.setattr(passwords, "_hasher", SHIPPED)

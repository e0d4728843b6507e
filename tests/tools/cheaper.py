"""What every test of the web application would otherwise pay for again, and proves nothing.

Passwords cost next to nothing: a third of the time of page tests went into Argon2id. Templates are
compiled once for all applications of a run, and so are the routes. Programs that a test starts pay
the full price, and so does whoever asks for ``shipped_passwords``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule

from webui.identity import passwords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHIPPED = passwords._hasher
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def cheaper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hash with the least that Argon2id takes; keep what Jinja compiled."""
    kept = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", CHEAP)
        patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": kept})
        patch.setattr(Rule, "_compile_builder", _compiled_once(Rule._compile_builder))
        yield


def _compiled_once(compile_builder: Callable[..., object]) -> Callable[..., object]:
    """What writes an address of a rule depends on nothing but the rule's own words."""
    made: dict[tuple[object, ...], object] = {}

    def compiled(rule: Rule, append_unknown: bool = True) -> object:
        words = (rule.rule, rule.host, rule.subdomain, repr(rule.defaults), append_unknown)
        if words not in made:
            made[words] = compile_builder(rule, append_unknown)
        return made[words]

    return compiled


@pytest.fixture
def shipped_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash as the product does."""
    monkeypatch.setattr(passwords, "_hasher", SHIPPED)

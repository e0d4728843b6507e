"""The table, and one caller who asks for one route as the route wants to be asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from policies.strict_yaml import read_yaml
from tests.webui.matrix import probes
from tests.webui.matrix.world import (
    ANONYMOUS,
    MACHINES,
    ROLELESS,
    ROLES,
    ROOM,
    SCOPED,
    SIGNED_IN,
    TOKENS,
)

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.webui.matrix.world import World

FILE: Final = Path(__file__).with_name("authorisation.yaml")
BY_TOKEN: Final = (*ROLES, SCOPED, ROLELESS, ROOM, ANONYMOUS, *TOKENS)
BY_SESSION: Final = (*SIGNED_IN, ANONYMOUS)
_OVER: Final = ("expired", "revoked")
_PARAMETER: Final = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Row:
    """Who gets through at a route, what they then meet, and what other people who are known do."""

    who: frozenset[str]
    status: tuple[int, ...]
    out: tuple[int, ...] = (403,)

    def fault(self, route: str, who: str, answer: TestResponse) -> str:
        """What is otherwise than the row says; nothing, where it is as it should be."""
        got, leads = answer.status_code, answer.headers.get("Location", "")
        to_sign_in = got == 302 and leads.startswith("/login")
        told = f"{who}: {got}{' to sign in' if to_sign_in else ''}"
        if who in self.who:
            fits = got in self.status if self.status else 200 <= got < 400 and not to_sign_in
        elif who == ANONYMOUS or who in _OVER:
            fits = got == 401 if is_api(route) else to_sign_in
        else:
            fits = got in self.out
        return "" if fits else told


def is_api(route: str) -> bool:
    """Whether a route takes tokens, and answers 401 rather than a page to sign in."""
    return route.split(" ", 1)[1].startswith(("/api/", "/log/<name>", "/scim/", "/hooks/"))


def table() -> dict[str, Row]:
    """The rows, by method and rule."""
    read = read_yaml(FILE.read_text(encoding="utf-8"))
    audiences: dict[str, list[str]] = read["audiences"]

    def people(said: Any) -> frozenset[str]:
        if isinstance(said, list):
            return frozenset().union(*map(people, said))
        if said in audiences:
            return people(audiences[said])
        assert said in BY_TOKEN, said
        return frozenset({said})

    found = {}
    for route, row in read["rows"].items():
        more = row if isinstance(row, dict) else {"who": row}
        assert set(more) <= {"who", "status", "out"}, route
        status = more.get("status", [])
        meets = tuple(status) if isinstance(status, list) else (status,)
        out = more.get("out", 403)
        outside = tuple(out) if isinstance(out, list) else (out,)
        found[route] = Row(people(more["who"]), meets, outside)
    return found


def callers(route: str) -> tuple[str, ...]:
    """Everybody who could ask for a route."""
    return BY_TOKEN if is_api(route) else BY_SESSION


def path_of(world: World, route: str, wrong: str = "") -> str:
    """The address of a route; ``wrong`` stands for what its parameters would be."""
    found = probes.places(world, route)
    path = _PARAMETER.sub(lambda match: wrong or found[match[1]], route.split(" ", 1)[1])
    return path + probes.QUERIES.get(route, "")


def ask(world: World, who: str, route: str, wrong: str = "") -> TestResponse:
    """What ``who`` is answered at ``route``, such as ``GET /models/<model>``."""
    method, rule = route.split(" ", 1)
    path = path_of(world, route, wrong)
    if rule.startswith("/log/<name>") and who not in (*TOKENS, *MACHINES):
        return world.page(who, method, path, {})
    if is_api(route):
        return world.api(who, method, path, **probes.options(world, route))
    return world.page(who, method, path, probes.form(world, route, who))

"""Every route and method, asked for by everybody who could: each is answered as the table says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import webui.issuing
import webui.subject_pdf
from tests.webui.house import build
from tests.webui.matrix.asking import BY_TOKEN, Row, ask, callers, table
from tests.webui.matrix.probes import prepare
from tests.webui.matrix.world import ROLES, made
from webui.life import comparing_shown
from webui.pages import comparing, log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.webui.matrix.world import World

TABLE = table()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world of all routes; what takes long to draw is not drawn."""
    house = build(tmp_path_factory.mktemp("matrix") / "home")
    found = made(house)
    prepare(found)
    found.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webui.subject_pdf, "subject_pdf", lambda wiring, actor: b"%PDF")
        for room in (comparing, comparing_shown):
            patch.setattr(room, "comparison_pdf", lambda wiring, found, name_of: b"%PDF")
        patch.setattr(webui.issuing, "_made", lambda *a: _Made())
        patch.setattr(log.Verifier, "start", lambda self: None)
        yield found
    found.open()
    house.wiring.close()


class _Made:
    """What a report would be."""

    sealed = b"%PDF"
    sealed_sha256 = unsealed_sha256 = "0" * 64
    pages = 1
    verdicts: dict[str, int] = {}  # noqa: RUF012 (it stays empty)


def test_every_role_of_the_policy_is_a_caller(world: World) -> None:
    assert set(world.house.wiring.policy().roles) == set(ROLES)


def test_every_caller_is_let_in_and_kept_out_somewhere() -> None:
    let_in = frozenset().union(*(row.who for row in TABLE.values()))
    assert let_in == set(BY_TOKEN)
    everywhere = frozenset.intersection(*(row.who for row in TABLE.values()))
    assert everywhere == set()


@pytest.mark.parametrize("route", TABLE)
def test_a_route_is_open_to_those_who_are_named_and_to_nobody_else(
    world: World, route: str
) -> None:
    size = len(world.door.allowed)
    row: Row = TABLE[route]
    answers = {who: ask(world, who, route) for who in callers(route)}
    faults = [row.fault(route, who, answer) for who, answer in answers.items()]
    assert [fault for fault in faults if fault] == []
    outsiders = {world.ids.get(who) for who in set(callers(route)) - row.who}
    acted = {actor.id for actor, _ in world.door.allowed[size:]}
    if not row.who & {"reads_nothing", "one_kind", "another_model", "exchanged"}:
        assert acted & (outsiders - {None}) == set(), "refused, and yet it happened"

"""What is kept beside an unchanging thing is of that thing, and never of another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.state import remembered as room
from ledger.state.remembered import remembered
from policies.holding import Reach
from tests.world import World


def test_it_is_worked_out_once_for_each_thing() -> None:
    asked: list[list[int]] = []

    @remembered
    def length(thing: list[int]) -> int:
        asked.append(thing)
        return len(thing)

    one, other = [1, 2], [1, 2]
    assert [length(one), length(one), length(other), length(one)] == [2, 2, 2, 2]
    assert [id(thing) for thing in asked] == [id(one), id(other)]


@given(st.lists(st.integers(0, 60), max_size=200))
def test_the_answer_is_right_however_many_things_come_and_go(numbers: list[int]) -> None:
    """Things that are let go of give their identity to others."""
    keep = remembered(list)
    for number in numbers:
        assert keep((number, "x")) == [number, "x"]


def test_no_more_is_kept_than_it_says() -> None:
    alive: list[object] = []
    keep = remembered(alive.append)
    things = [(number,) for number in range(room.MOST + 1)]
    for thing in things:
        keep(thing)
    keep(things[-1])
    assert len(alive) == len(things)
    keep(things[0])
    assert len(alive) == len(things) + 1


def test_a_role_that_is_over_or_elsewhere_is_not_in_the_set() -> None:
    """An actor all of whose roles count everywhere is told once; one with limits is asked anew."""
    world = World()
    ana = world.person("ana", "ml_lead", "compliance")
    world.do(
        "role.granted",
        world.names["root"],
        actor_id=ana.id,
        role="operations",
        until="2026-11-02T00:00:00.000000Z",
        models=("churn",),
    )
    state = world.registry.actor(ana.id)
    for model, now, more in (
        ("churn", "2026-11-01T23:59:59.000000Z", {"operations"}),
        ("fraud", "2026-11-01T23:59:59.000000Z", set()),
        ("churn", "2026-11-02T00:00:00.000000Z", set()),
    ):
        reach = Reach(model, (), now)
        assert reach.role_set(state) == {"ml_lead", "compliance"} | more
        assert reach.role_set(state) == set(reach.roles(state))

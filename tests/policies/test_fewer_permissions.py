"""A permission that is taken out of a policy never lets anybody do more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.events.catalogue import read_command
from policies import make_decide
from policies.document import Document
from tests.examples import EXAMPLES
from tests.policies.test_decide_properties import actors, events, worlds
from tests.world import Company, shipped_policy

if TYPE_CHECKING:
    from ledger.events.actor import Actor
    from ledger.events.event import Event
    from tests.world import World

WHOLE = shipped_policy()


def permissions() -> list[tuple[int, int, str, str]]:
    """Gate, requirement, list and name of everybody whom a rule lets in beside others."""
    return [
        (gate, place, "any_role", role)
        for gate, one in enumerate(WHOLE.gates)
        for place, item in enumerate(one.require)
        if item.actor is not None and len(item.actor.any_role) > 1
        for role in item.actor.any_role
    ]


def without(permission: tuple[int, int, str, str]) -> Document:
    gate, place, field, name = permission
    fields: dict[str, Any] = WHOLE.model_dump()
    rule = fields["gates"][gate]["require"][place]["actor"]
    rule[field] = tuple(one for one in rule[field] if one != name)
    return Document.model_validate(fields)


def unopened(kind: str) -> Document:
    opens = tuple(one for one in WHOLE.opens if one != kind)
    gates = tuple(gate for gate in WHOLE.gates if gate.event != kind)
    return WHOLE.model_copy(update={"opens": opens, "gates": gates})


poorer = st.one_of(
    st.sampled_from(permissions()).map(without), st.sampled_from(WHOLE.opens).map(unopened)
)


@settings(max_examples=60)
@given(worlds, st.lists(events(), min_size=1, max_size=8), actors, poorer)
def test_a_permission_less_never_turns_refused_into_allowed(
    world: World, asked: list[Event], actor: Actor, poorer: Document
) -> None:
    decide = make_decide(lambda _: poorer)
    for event in asked:
        less = decide(world.registry, event, actor, world.instant)
        if less.allowed:
            assert world.decide(world.registry, event, actor, world.instant).allowed


def test_a_role_that_is_taken_out_of_a_rule_could_do_it_before() -> None:
    company = Company()
    fields = {**EXAMPLES["version.deprecated"], "version": "1.0.0", "replacement": None}
    event = read_command("version.deprecated", fields)
    place = next(
        one
        for one in permissions()
        if WHOLE.gates[one[0]].event == "version.deprecated" and one[3] == "compliance"
    )
    world = company.world
    assert world.decide(world.registry, event, company.chi, world.instant).allowed
    for poorer in (without(place), unopened("version.deprecated")):
        decide = make_decide(lambda _, found=poorer: found)
        assert not decide(world.registry, event, company.chi, world.instant).allowed

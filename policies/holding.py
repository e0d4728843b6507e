"""Which roles somebody holds as far as they count: within their time, and for the model concerned.

A role without a scope counts for everything. One with a scope counts where a model is concerned
that it names, or that has one of its tags; where no model is concerned (people, rules), it does
not. One that is over counts for nothing from that moment on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.state.aggregates import ActorState
from ledger.state.remembered import remembered

if TYPE_CHECKING:
    from ledger.state.aggregates import RoleHeld
    from ledger.state.registry import Registry


class Reach(NamedTuple):
    """What a case concerns (empty: no model) and when it is decided."""

    model: str
    tags: tuple[str, ...]
    now: str

    def counts(self, held: RoleHeld) -> bool:
        """Whether a role that somebody holds counts here and now."""
        return held.in_time(self.now) and held.reaches(self.model, self.tags)

    def roles(self, actor: ActorState) -> tuple[str, ...]:
        """The roles of an actor that count."""
        return tuple(held.role for held in actor.roles if self.counts(held))

    def role_set(self, actor: ActorState) -> frozenset[str]:
        """The same, without an order."""
        always = _unlimited(actor)
        return frozenset(self.roles(actor)) if always is None else always


@remembered
def _unlimited(actor: ActorState) -> frozenset[str] | None:
    """The roles of an actor none of whose roles has a scope or an end, which all count."""
    if any(held.limited for held in actor.roles):
        return None
    return frozenset(held.role for held in actor.roles)


def holders(registry: Registry, role: str, reach: Reach) -> tuple[str, ...]:
    """Who holds a role that counts."""
    return tuple(
        holder for holder in registry.holders(role) if _counting(registry, holder, role, reach)
    )


def lasting(registry: Registry, role: str) -> tuple[str, ...]:
    """Who holds a role for everything and without an end."""
    found = (registry.find(ActorState, holder) for holder in registry.holders(role))
    return tuple(
        actor.id
        for actor in found
        if actor is not None and (held := actor.held(role)) is not None and not held.limited
    )


def _counting(registry: Registry, holder: str, role: str, reach: Reach) -> bool:
    actor = registry.find(ActorState, holder)
    if actor is None:
        return False
    always = _unlimited(actor)
    if always is not None:
        return role in always
    held = actor.held(role)
    return held is not None and reach.counts(held)

"""Delegations: somebody stands in for another, in one role, until a time.

What a delegation lets its delegate do is the policy's to say. Here it is only made and ended:
nobody stands in for oneself, and only whoever holds a role can let another stand in for it, so that
a role that was delegated is not delegated on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import ConflictError, InputError
from ledger.events.names import parse_instant
from ledger.state.aggregates import Aggregate, DelegationState, StandIns

if TYPE_CHECKING:
    from ledger.events import people
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]

MOST_STAND_INS = 50


def role_delegated(registry: Registry, event: people.RoleDelegated, place: Place) -> Changes:
    """A person who holds a role names another person who stands in for it."""
    delegator, delegate = registry.actor(place.actor), registry.actor(event.actor_id)
    if delegator.id == delegate.id:
        raise InputError("Nobody stands in for oneself.", pointer="/event/actor_id")
    if delegate.type != "person" or delegator.type != "person":
        raise InputError("Only a person stands in for a person.", pointer="/event/actor_id")
    own = delegator.held(event.role)
    if own is None or not own.in_time(place.at):
        raise ConflictError(
            "Only a role that one holds oneself can be delegated.", pointer="/event/role"
        )
    begins = max(event.since or place.at, place.at, key=parse_instant)
    if parse_instant(event.until) <= parse_instant(begins):
        raise InputError("It would end before it begins.", pointer="/event/until")
    given, held = (
        _stand_ins(registry, delegator.id, place),
        _stand_ins(registry, delegate.id, place),
    )
    for entry in given.given:
        other = registry.delegation(entry)
        if (other.delegate, other.role) == (delegate.id, event.role) and not _over(other, place):
            raise ConflictError(
                "This person stands in for this role already.",
                pointer="/event/actor_id",
                delegation=entry,
            )
    made = DelegationState(
        since=place.sequence,
        delegator=delegator.id,
        delegate=delegate.id,
        role=event.role,
        begins=begins,
        until=event.until,
        at=place.at,
    )
    return (
        made,
        given.but(given=(*_open(registry, given.given, place), place.sequence)),
        held.but(held=(*_open(registry, held.held, place), place.sequence)),
    )


def delegation_ended(registry: Registry, event: people.DelegationEnded, place: Place) -> Changes:
    """A delegation that is not over ends now."""
    state = registry.delegation(event.delegation)
    if state.ended is not None or _over(state, place):
        raise ConflictError("This delegation is over.", pointer="/event/delegation")
    given = _stand_ins(registry, state.delegator, place)
    held = _stand_ins(registry, state.delegate, place)
    gone = {state.since}
    return (
        state.but(ended=place.sequence),
        given.but(given=tuple(entry for entry in given.given if entry not in gone)),
        held.but(held=tuple(entry for entry in held.held if entry not in gone)),
    )


def _stand_ins(registry: Registry, actor: str, place: Place) -> StandIns:
    found = registry.find(StandIns, actor)
    if found is None:
        return StandIns(since=place.sequence, actor=actor)
    if max(len(found.given), len(found.held)) > MOST_STAND_INS:
        raise ConflictError("There are too many delegations.", pointer="/event/actor_id")
    return found


def _open(registry: Registry, entries: tuple[int, ...], place: Place) -> tuple[int, ...]:
    """Those that are not over, so that the list stays short."""
    return tuple(entry for entry in entries if not _over(registry.delegation(entry), place))


def _over(state: DelegationState, place: Place) -> bool:
    return parse_instant(state.until) <= parse_instant(place.at)

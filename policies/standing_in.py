"""Who stands in for whom, as far as it counts in a case.

A delegation counts from when it begins to before its end, and while the delegator still holds the
role. It lends one role; what was lent is not lent on. Who is excluded from something is not
replaced by somebody who stands in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.events.names import parse_instant
from ledger.state.aggregates import ActorState, DelegationState, StandIns, number_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ledger.state.registry import Registry
    from policies.holding import Reach


class Lent(NamedTuple):
    """A role that an actor has from another, from ``begins`` to before ``until``.

    ``person`` is one id for all accounts of the delegator.
    """

    role: str
    delegator: str
    delegate: str
    begins: datetime
    until: datetime
    person: str

    def at(self, moment: datetime) -> bool:
        """Whether it is in force."""
        return self.begins <= moment < self.until


def lent_to(registry: Registry, actor: str, reach: Reach) -> tuple[Lent, ...]:
    """What an actor was lent and was not ended, over or not, whose delegator holds the role.

    The delegator must hold it as far as it counts here.
    """
    found = registry.find(StandIns, actor)
    return tuple(_lent(registry, found.held, reach)) if found else ()


def lent_by(registry: Registry, actor: str, reach: Reach) -> tuple[Lent, ...]:
    """What an actor lent."""
    found = registry.find(StandIns, actor)
    return tuple(_lent(registry, found.given, reach)) if found else ()


def _lent(registry: Registry, entries: tuple[int, ...], reach: Reach) -> Iterator[Lent]:
    for entry in entries:
        state = registry.find(DelegationState, number_key(entry))
        if state is None or state.ended is not None:
            continue
        delegator = registry.find(ActorState, state.delegator)
        held = delegator.held(state.role) if delegator is not None else None
        if delegator is not None and held is not None and reach.counts(held):
            yield Lent(
                state.role,
                state.delegator,
                state.delegate,
                parse_instant(state.begins),
                parse_instant(state.until),
                delegator.person,
            )

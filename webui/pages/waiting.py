"""Open releases with what they still wait for, from one reading of the registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.events.names import format_instant
from ledger.store.database import reading
from policies import may_vote, what_is_missing, who_could_approve
from webui.here import wired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.events.actor import Actor
    from ledger.events.decision import Decision
    from ledger.state.aggregates import ReleaseState


@dataclass(frozen=True)
class Waiting:
    """A release, the decision about granting it, and whether it waits for a certain actor."""

    release: ReleaseState
    granting: Decision
    for_me: bool


def waiting(releases: Sequence[ReleaseState], actor: Actor) -> list[Waiting]:
    """What each release still waits for, and whether ``actor`` could help."""
    wiring = wired()
    decide = wiring.decide
    now = format_instant(wiring.now())
    found = []
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        for release in releases:
            granting = what_is_missing(decide, registry, release, wiring.service, now)
            for_me = (
                actor.id in who_could_approve(granting)
                and may_vote(decide, registry, release, actor, now).allowed
            )
            found.append(Waiting(release, granting, for_me))
    return found


def voting(release: ReleaseState, actor: Actor) -> Decision:
    """What the policy would say if ``actor`` approved now."""
    wiring = wired()
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        return may_vote(wiring.decide, registry, release, actor, format_instant(wiring.now()))

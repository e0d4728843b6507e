"""Open releases with what they still wait for, from one reading of the registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.events.names import format_instant
from ledger.state.pack import pack_of
from ledger.store.database import reading
from policies import may_vote, what_is_missing, who_could_approve
from webui.here import wired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.events.actor import Actor
    from ledger.events.decision import Decision
    from ledger.events.model import RiskTier
    from ledger.state.aggregates import ReleaseState


@dataclass(frozen=True)
class Waiting:
    """A release, the decisions about granting it and about an actor's vote, its model's risk.

    ``for_me``: the actor's approval would fill a place that is still empty. ``pack`` is the digest
    of everything there is to look at now.
    """

    release: ReleaseState
    granting: Decision
    vote: Decision
    for_me: bool
    risk: RiskTier
    pack: str

    @property
    def met(self) -> int:
        """How many requirements are met."""
        return len(self.granting.results) - len(self.granting.unmet)


def waiting(releases: Sequence[ReleaseState], actor: Actor) -> list[Waiting]:
    """What each release still waits for, and whether ``actor`` could help."""
    wiring = wired()
    decide, now = wiring.decide, format_instant(wiring.now())
    found = []
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        for release in releases:
            granting = what_is_missing(decide, registry, release, wiring.service, now)
            vote = may_vote(decide, registry, release, actor, now)
            for_me = vote.allowed and actor.id in who_could_approve(granting)
            risk = registry.model(release.model).risk_tier
            pack = pack_of(registry, release).digest()
            found.append(Waiting(release, granting, vote, for_me, risk, pack))
    return found

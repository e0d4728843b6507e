"""What an open release still waits for, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.release import ReleaseApproved, ReleaseGranted

if TYPE_CHECKING:
    from ledger.events.actor import Actor
    from ledger.events.decision import Decision
    from ledger.state.aggregates import ReleaseState
    from ledger.state.decide import Decide
    from ledger.state.registry import Registry


def what_is_missing(
    decide: Decide, registry: Registry, asked: ReleaseState, service: Actor, now: str
) -> Decision:
    """The decision about granting a release as it stands: its unmet results are what is missing."""
    granted = ReleaseGranted(
        release=asked.since,
        model=asked.model,
        version=asked.version,
        environment=asked.environment,
        artifact=asked.artifact,
        approvals=(),
    )
    return decide(registry, granted, service, now)


def who_could_approve(decision: Decision) -> frozenset[str]:
    """Actors whose approval would fill an empty seat of a decision about granting."""
    found: set[str] = set()
    for result in decision.results:
        could = result.params.get("could", [])
        if result.code == "E_NEED" and isinstance(could, (list, tuple)):
            found.update(could)
    return frozenset(found)


def may_vote(
    decide: Decide, registry: Registry, asked: ReleaseState, actor: Actor, now: str
) -> Decision:
    """The decision about this actor approving this release now."""
    vote = ReleaseApproved(release=asked.since, artifact=asked.artifact)
    return decide(registry, vote, actor, now)

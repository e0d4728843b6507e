"""Open releases with what they still wait for, and whose turn it is, from one reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from ledger.events.names import format_instant
from ledger.state.aggregates import ActorState
from ledger.state.pack import pack_of
from ledger.store.database import reading
from policies import (
    asks_for_passkey,
    is_asked,
    may_vote,
    what_is_missing,
    who_could_approve,
    whose_turn,
)
from webui.here import wired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.events.actor import Actor
    from ledger.events.decision import Decision
    from ledger.events.model import RiskTier
    from ledger.state.aggregates import ReleaseState
    from ledger.state.approvers import AssignmentState
    from ledger.state.registry import Registry

    Whose = Literal["mine", "team", "others"]


@dataclass(frozen=True)
class Waiting:
    """A release, the decisions about granting it and about an actor's vote, its model's risk.

    ``pack`` is the digest of everything there is to look at now. ``turn`` holds who was asked by
    name, each with those who stand in for them. ``whose``: ``mine`` where the policy
    would take the actor's vote, and the actor was asked and has not approved, or nobody who was
    asked could fill a place that the actor's approval would fill; ``team`` where a role of the
    actor's is waited for; ``others`` for the rest. With
    ``must_sign`` only approvals count that a passkey signed.
    """

    release: ReleaseState
    granting: Decision
    vote: Decision
    risk: RiskTier
    pack: str
    whose: Whose
    assignment: AssignmentState | None = None
    turn: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: bool = False
    overdue: bool = False
    must_sign: bool = False

    @property
    def for_me(self) -> bool:
        """Whether it is the actor's turn."""
        return self.whose == "mine"

    @property
    def met(self) -> int:
        """How many requirements are met."""
        return len(self.granting.results) - len(self.granting.unmet)


def waiting(releases: Sequence[ReleaseState], actor: Actor) -> list[Waiting]:
    """What each release still waits for, and whether it is the turn of ``actor``."""
    wiring = wired()
    decide, moment = wiring.decide, wiring.now()
    now = format_instant(moment)
    hours = wiring.settings.reminder_hours
    late = format_instant(moment - timedelta(hours=hours)) if hours else ""
    document = wiring.policy()
    found = []
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        for release in releases:
            granting = what_is_missing(decide, registry, release, wiring.service, now)
            vote = may_vote(decide, registry, release, actor, now)
            assignment = registry.assignment(release.since)
            turn = whose_turn(registry, assignment, now) if assignment else {}
            asked = is_asked(registry, turn, actor.id)
            due = assignment is not None and assignment.overdue(now)
            found.append(
                Waiting(
                    release,
                    granting,
                    vote,
                    registry.model(release.model).risk_tier,
                    pack_of(registry, release).digest(),
                    _whose(registry, release, granting, turn, actor.id, may=vote.allowed),
                    assignment,
                    turn,
                    asked,
                    overdue=release.status == "open" and (due or release.requested_at < late),
                    must_sign=asks_for_passkey(document, registry, release, now),
                )
            )
    return found


def _whose(
    registry: Registry,
    release: ReleaseState,
    granting: Decision,
    turn: dict[str, tuple[str, ...]],
    actor: str,
    *,
    may: bool,
) -> Whose:
    could = who_could_approve(granting)
    accounts = registry.accounts(actor)
    approved = {one.actor for one in release.votes if one.approves}
    if may and is_asked(registry, turn, actor) and approved.isdisjoint(accounts):
        return "mine"
    named = {*turn, *(delegate for delegates in turn.values() for delegate in delegates)}
    if may and actor in could and not named & could:
        return "mine"
    return (
        "team" if actor in could or _holds_what_is_missing(registry, granting, actor) else "others"
    )


def _holds_what_is_missing(registry: Registry, granting: Decision, actor: str) -> bool:
    """Whether the actor holds a role of an empty place, also where an approval would not count."""
    found = registry.find(ActorState, actor)
    missing = {
        role
        for result in granting.unmet
        for roles in listed(result.params.get("missing"))
        for role in roles.split("|")
    }
    return found is not None and any(found.held(role) for role in missing)


def listed(value: object) -> Sequence[str]:
    """A list out of what a result holds; nothing where it holds none."""
    return value if isinstance(value, (list, tuple)) else ()

"""Whose turn it is: who was asked by name to look at a release, and who stands in for whom.

It is said for people and decides nothing: who may approve follows from the gates alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.names import parse_instant
from policies.holding import Reach
from policies.standing_in import lent_by

if TYPE_CHECKING:
    from ledger.state.approvers import AssignmentState
    from ledger.state.registry import Registry


def whose_turn(
    registry: Registry, assignment: AssignmentState, now: str
) -> dict[str, tuple[str, ...]]:
    """Each person who was asked, with those who stand in for them now, in whatever role."""
    moment, reach = parse_instant(now), Reach("", (), now)
    return {
        reviewer: tuple(
            dict.fromkeys(
                one.delegate for one in lent_by(registry, reviewer, reach) if one.at(moment)
            )
        )
        for reviewer in assignment.reviewers
    }


def is_asked(registry: Registry, turn: dict[str, tuple[str, ...]], actor: str) -> bool:
    """Whether somebody was asked, under any account of theirs, or stands in for one who was."""
    asked = {*turn, *(delegate for delegates in turn.values() for delegate in delegates)}
    return not asked.isdisjoint(registry.accounts(actor))

"""What becomes of each person of a list, in words, for the command and the page alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ledger.events.people import ActorEnrolled, RoleGranted, RoleRevoked
from policies import humanize

if TYPE_CHECKING:
    from webui.feed.carrying_out import CarriedOut
    from webui.feed.difference import Change, Difference, What

WHAT: Final[dict[What, str]] = {
    "join": "joins",
    "find": "found by address",
    "move": "changes",
    "return": "returns",
    "leave": "leaves",
}
_OUTCOMES: Final = {"recorded": "yes", "proposed": "proposed", "waits": "proposed before"}


def told(change: Change) -> list[str]:
    """What is done for somebody, step by step, and what is left for people to do."""
    found = []
    for step in change.steps:
        outcome = _OUTCOMES.get(step.outcome, f"no, {step.why}")
        found.append(f"{_asked(step.event)}: {outcome}")
    if change.what == "leave":
        found.append(f"left {change.at[:16].replace('T', ' ')}; account, sessions and tokens end")
    return [*found, *change.notes]


def _asked(event: object) -> str:
    if isinstance(event, ActorEnrolled):
        return "enrol"
    if isinstance(event, RoleGranted):
        return f"give {humanize(event.role)}"
    return f"take {humanize(event.role)}" if isinstance(event, RoleRevoked) else "ask"


def summary(found: Difference) -> str:
    """The numbers, in a line."""
    counts = ", ".join(f"{len(found.of(what))} {word}" for what, word in WHAT.items())
    return f"{found.listed} listed, {found.matched} known, {counts}"


def plain(found: Difference, done: CarriedOut | None) -> dict[str, Any]:
    """All of it as JSON; without names and addresses."""
    return {
        "source": found.terms.source,
        "as_of": found.terms.as_of,
        "digest": found.digest,
        "listed": found.listed,
        "matched": found.matched,
        "unlisted": list(found.unlisted),
        "leaving_later": [one.line for one in found.later],
        "refused": found.refused,
        "known_since": found.known_since,
        "changes": [_plain(one) for one in found.changes],
        "carried_out": None
        if done is None
        else {"commands": done.commands, "accounts_closed": done.closed, "notes": list(done.notes)},
    }


def _plain(one: Change) -> dict[str, Any]:
    return {
        "line": one.listed.line if one.listed else None,
        "what": one.what,
        "actor_id": one.fed.actor_id,
        "left": one.at or None,
        "steps": [
            {
                "kind": step.event.kind,
                "role": getattr(step.event, "role", None),
                "outcome": step.outcome,
                "why": step.why or None,
            }
            for step in one.steps
        ],
        "notes": len(one.notes),
    }

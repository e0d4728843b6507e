"""Access reviews, for pages, API and commands alike: who holds what, and what is to do by whom.

Opening one takes everybody who holds the roles at that moment; the ledger refuses one that leaves
somebody out. Every decision is an entry under the policy, by whoever makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.batch import Asked
from ledger.errors import InputError, did_you_mean
from ledger.events.access import MOST_ROWS, AccessReviewOpened
from ledger.events.catalogue import read_command
from ledger.events.names import format_instant
from ledger.state.aggregates import ActorState
from ledger.store.database import reading
from ledger.store.idempotency import find_keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.events.actor import Actor
    from ledger.receipt import Receipt
    from ledger.state.access import AccessReview, ReviewedRow
    from webui.wiring import Wiring

DECIDED: str = "access.row_reviewed"


def held_now(wiring: Wiring, roles: tuple[str, ...]) -> tuple[dict[str, object], ...]:
    """Everybody who holds one of some roles now, with the entry by which they do."""
    now, found = format_instant(wiring.now()), []
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        for role in dict.fromkeys(roles):
            for holder in registry.holders(role):
                actor = registry.find(ActorState, holder)
                held = actor.held(role) if actor is not None else None
                if held is not None and held.in_time(now):
                    found.append({"actor_id": holder, "role": role, "granted": held.granted})
    return tuple(found)


def opening(wiring: Wiring, roles: Sequence[str], due: str, reason: str = "") -> dict[str, Any]:
    """The command that opens a review of everybody who holds some roles; of all, without any.

    Raises:
        InputError: the policy knows no such role, or one review can't take them all.
    """
    known = wiring.policy().roles
    for role in roles:
        if role not in known:
            raise InputError(
                "The policy knows no such role.",
                pointer="/roles",
                remedy=did_you_mean(role, known),
            )
    named = tuple(roles) or tuple(known)
    rows = held_now(wiring, named)
    if len(rows) > MOST_ROWS:
        raise InputError(
            f"{len(rows)} rows are more than one review takes ({MOST_ROWS}).",
            pointer="/roles",
            remedy="Open one for fewer roles, and another for the rest.",
        )
    fields = {"roles": named, "as_of": wiring.reader.head().size, "due": due, "rows": rows}
    return {**fields, "reason": reason} if reason else fields


def open_review(
    wiring: Wiring, actor: Actor, roles: Sequence[str], due: str, *, reason: str, key: str
) -> Receipt:
    """Open a review; the same under the same key is the review that was opened then.

    Raises:
        InputError: as ``opening``.
        ConflictError: the key stands for another command.
    """
    event = read_command(AccessReviewOpened.kind, opening(wiring, roles, due, reason))
    digest = Asked(event, key).key_digest(actor)
    with reading(wiring.engine) as connection:
        known = find_keys(connection, wiring.log.log_id, [digest]).get(digest)
    if known is not None:
        before = wiring.log.entry(known[1]).event
        if isinstance(before, AccessReviewOpened) and _same(before, event):
            event = before
    return wiring.submitter.submit(actor, event, key)


def _same(before: AccessReviewOpened, event: Any) -> bool:
    return (before.roles, before.due) == (event.roles, event.due)


def completing(review: AccessReview, conclusion: str = "") -> dict[str, Any]:
    """The command that completes a review."""
    removed = sum(row.decision == "remove" for row in review.rows)
    fields = {"review": review.since, "kept": len(review.rows) - removed, "removed": removed}
    return {**fields, "conclusion": conclusion} if conclusion else fields


def actors_of(wiring: Wiring, review: AccessReview) -> dict[str, ActorState | None]:
    """Whom the rows are about, as they are now."""
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        ids = sorted({row.actor_id for row in review.rows})
        return {one: registry.find(ActorState, one) for one in ids}


def still_held(row: ReviewedRow, actor: ActorState | None) -> bool:
    """Whether a role is held still by the entry that the review found."""
    held = actor.held(row.role) if actor is not None else None
    return held is not None and held.granted == row.granted


def to_do(review: AccessReview, actors: Mapping[str, ActorState | None]) -> int:
    """How many rows wait for a decision, or for the role to be taken away."""
    left = (
        row
        for row in review.rows
        if row.decision == "remove" and still_held(row, actors[row.actor_id])
    )
    return review.undecided + sum(1 for _ in left)


def could_decide(wiring: Wiring, review: AccessReview) -> frozenset[str]:
    """Whose decision an undecided row waits for: who holds a role that the policy asks of it."""
    roles = {
        role
        for gate in wiring.policy().gates
        if gate.event == DECIDED
        for item in gate.require
        if item.actor is not None
        for role in item.actor.any_role
    }
    now = format_instant(wiring.now())
    found = {one for role in sorted(roles) for one in wiring.reader.holding(role, now)}
    undecided = {row.actor_id for row in review.rows if row.decision is None}
    # Somebody whose own rows alone are left can't decide them.
    return frozenset(one for one in found if not undecided or undecided != {one})

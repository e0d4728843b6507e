"""Reviews after the fact that are owed, and which of them whoever looks could make."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.events.exception import ReviewCompleted
from ledger.events.names import format_instant
from ledger.store.database import reading
from webui.here import wired

if TYPE_CHECKING:
    from ledger.events.actor import Actor
    from ledger.state.exceptions import ReviewState

MOST_OWED = 50


class Owed(NamedTuple):
    """A review that is owed: whether it is overdue, and whether the actor may make it."""

    review: ReviewState
    overdue: bool
    for_me: bool


def reviews_owed(actor: Actor) -> list[Owed]:
    """The reviews that are owed, what is due first at the top."""
    wiring = wired()
    now = format_instant(wiring.now())
    found = []
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        for review in wiring.reader.reviews(status="required", limit=MOST_OWED):
            made = ReviewCompleted(review=review.since, finding="accepted", comment="-")
            allowed = wiring.decide(registry, made, actor, now).allowed
            found.append(Owed(review, review.due < now, allowed))
    return sorted(found, key=lambda one: one.review.due)

"""What follows from an entry by itself: the use of an exception, the reviews that are owed.

``submit`` writes it right behind the entry, no policy is asked about it, and an audit checks that
it stands there, and that nothing of the kind stands elsewhere.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.events.exception import (
    ExceptionOpened,
    ExceptionUsed,
    ReviewCompleted,
    ReviewRequired,
)
from ledger.events.names import format_instant, parse_instant
from ledger.events.release import ReleaseGranted
from ledger.state.aggregates import number_key
from ledger.state.exceptions import ReviewState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.events.decision import Decision, Result
    from ledger.events.event import About, Event
    from ledger.state.registry import Registry


def following(  # noqa: PLR0917 (an entry, and the registry behind it)
    event: Event,
    decision: Decision | None,
    sequence: int,
    actor: str,
    concerned: About,
    registry: Registry,
) -> tuple[Event, ...]:
    """The events that follow from entry ``sequence``, in their order; ``registry`` is behind it."""
    if decision is None or not decision.allowed:
        return ()
    uses = dict.fromkeys(entry for result in decision.bypassed for entry in result.by)
    used = (ExceptionUsed(exception=entry, entry=sequence, by=actor) for entry in uses)
    again = _again(registry, event) if isinstance(event, ReviewCompleted) else ()
    return (*used, *_reviews(event, decision, sequence, actor, concerned), *again)


def _again(registry: Registry, event: ReviewCompleted) -> Iterator[Event]:
    """A review that comes again: so long after this one, or at once where somebody objected."""
    made = registry.find(ReviewState, number_key(event.review))
    if made is None or made.again_hours is None or made.completed_at is None:
        return
    wait = timedelta(hours=made.again_hours if event.finding == "accepted" else 0)
    yield ReviewRequired(
        of=made.of,
        reviewed=made.reviewed,
        by=made.by,
        gate=made.gate,
        review=made.review,
        due=format_instant(parse_instant(made.completed_at) + wait),
        model=made.model or None,
        environment=made.environment or None,
        release=made.release,
        again_hours=made.again_hours,
    )


def _reviews(
    event: Event, decision: Decision, sequence: int, actor: str, concerned: About
) -> Iterator[Event]:
    owed = [
        (result.gate, result.requirement, str(result.params["due"]), _hours(result))
        for result in decision.owed
        if "due" in result.params
    ]
    if isinstance(event, ExceptionOpened):
        owed.insert(0, ("policy", "exception", event.review_by, None))
    release = event.release if isinstance(event, ReleaseGranted) else None
    for gate, review, due, again in owed:
        yield ReviewRequired(
            of=sequence,
            reviewed=event.kind,
            by=actor,
            gate=gate,
            review=review,
            due=due,
            model=concerned.model or None,
            environment=concerned.environment or None,
            release=None if again is None else release,
            again_hours=again,
        )


def _hours(result: Result) -> int | None:
    """After how many hours a review comes again, where it does."""
    found = result.params.get("again")
    return found if isinstance(found, int) else None

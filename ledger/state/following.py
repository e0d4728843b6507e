"""What follows from an entry by itself: the use of an exception, the reviews that are owed.

``submit`` writes it right behind the entry, no policy is asked about it, and an audit checks that
it stands there, and that nothing of the kind stands elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.exception import ExceptionOpened, ExceptionUsed, ReviewRequired

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.events.decision import Decision
    from ledger.events.event import About, Event


def following(
    event: Event, decision: Decision | None, sequence: int, actor: str, concerned: About
) -> tuple[Event, ...]:
    """The events that follow from entry ``sequence``, in their order."""
    if decision is None or not decision.allowed:
        return ()
    uses = dict.fromkeys(entry for result in decision.bypassed for entry in result.by)
    used = (ExceptionUsed(exception=entry, entry=sequence, by=actor) for entry in uses)
    return (*used, *_reviews(event, decision, sequence, actor, concerned))


def _reviews(
    event: Event, decision: Decision, sequence: int, actor: str, concerned: About
) -> Iterator[Event]:
    owed = [
        (result.gate, result.requirement, str(result.params["due"])) for result in decision.owed
    ]
    if isinstance(event, ExceptionOpened):
        owed.insert(0, ("policy", "exception", event.review_by))
    for gate, review, due in owed:
        yield ReviewRequired(
            of=sequence,
            reviewed=event.kind,
            by=actor,
            gate=gate,
            review=review,
            due=due,
            model=concerned.model or None,
            environment=concerned.environment or None,
        )

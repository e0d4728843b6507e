"""Exceptions and reviews: opened, used, closed; demanded, made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import ConflictError
from ledger.events.exception import ExceptionOpened
from ledger.events.names import format_instant, parse_instant
from ledger.state.aggregates import Aggregate, number_key, slot_key
from ledger.state.exceptions import (
    ExceptionSlot,
    ExceptionState,
    OwedReviews,
    ReleaseReviews,
    ReviewState,
)
from ledger.state.fold_changes import proposal_of

if TYPE_CHECKING:
    from ledger.events import exception
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]


def exception_opened(registry: Registry, event: ExceptionOpened, place: Place) -> Changes:
    """At most one is in force for a model in an environment; it ends later, and is reviewed then.

    Two at once would have twice the uses that the policy allows one to have.
    """
    registry.model(event.model)
    until, review_by = _written(event.until), _written(event.review_by)
    if until <= place.at:
        raise ConflictError("This instant is past.", pointer="/event/until")
    if review_by < until:
        raise ConflictError(
            "The review would be due before the exception ends.", pointer="/event/review_by"
        )
    other = registry.exception_in_force(event.model, event.environment, place.at)
    if other is not None:
        raise ConflictError(
            "An exception is in force there already.",
            pointer="/event/environment",
            remedy="Close it first.",
            exception=other.since,
        )
    asked = proposal_of(registry, event)
    openers = (place.actor,) if asked is None else (place.actor, asked.proposer)
    votes = () if asked is None else asked.votes
    opened = ExceptionState(
        since=place.sequence,
        model=event.model,
        environment=event.environment,
        openers=tuple(dict.fromkeys(openers)),
        backers=tuple(vote.actor for vote in votes if vote.approves),
        opened_at=place.at,
        until=until,
        uses=event.uses,
        review_by=review_by,
        incident=event.incident,
    )
    before = registry.find(ExceptionSlot, slot_key(event.model, event.environment))
    slot = ExceptionSlot(
        since=before.since if before else place.sequence,
        model=event.model,
        environment=event.environment,
        exception=place.sequence,
    )
    return (opened, slot)


def exception_used(registry: Registry, event: exception.ExceptionUsed, place: Place) -> Changes:
    """One of the uses of an exception that is in force is spent on the entry before this one."""
    opened = registry.exception(event.exception)
    if not opened.in_force(place.at):
        raise ConflictError("This exception is not in force.", pointer="/event/exception")
    if event.entry != place.sequence - 1:
        raise ConflictError("The use is not of the entry before it.", pointer="/event/entry")
    users = tuple(dict.fromkeys((*opened.users, event.by)))
    return (opened.but(used=(*opened.used, event.entry), users=users),)


def exception_closed(registry: Registry, event: exception.ExceptionClosed, place: Place) -> Changes:
    """An exception ends, once; one that ran out is closed with its account all the same."""
    opened = registry.exception(event.exception)
    if opened.status == "closed":
        raise ConflictError(
            "This exception is closed already.",
            pointer="/event/exception",
            closed=opened.closed or 0,
        )
    return (opened.but(status="closed", closed=place.sequence, closed_at=place.at),)


def review_required(registry: Registry, event: exception.ReviewRequired, place: Place) -> Changes:
    """An entry before this one has to be reviewed."""
    if event.of >= place.sequence:
        raise ConflictError("There is nothing to review yet.", pointer="/event/of")
    due = _written(event.due)
    made = ReviewState(
        since=place.sequence,
        of=event.of,
        reviewed=event.reviewed,
        by=event.by,
        gate=event.gate,
        review=event.review,
        due=due,
        required_at=place.at,
        model=event.model or "",
        environment=event.environment or "",
        release=event.release,
        again_hours=event.again_hours,
    )
    owed = _owed(registry, place)
    if event.release is None:
        return (made, owed.but(due={**owed.due, made.key: due}))
    of_release = _of_release(registry, event.release, place)
    listed = of_release.but(reviews=(*of_release.reviews, place.sequence))
    if not _runs(registry, event.release):
        return (made.but(status="paused"), listed)
    return (made, listed, owed.but(due={**owed.due, made.key: due}))


def reviews_moved(
    registry: Registry, ended: int | None, begun: int | None, place: Place
) -> Changes:
    """What runs changed: reviews of the release that it ran under are paused, of another owed.

    Source of the rule: a review comes again for as long as the version runs, and not longer.
    """
    if ended == begun:
        return ()
    paused = _open_reviews(registry, ended)
    again = _open_reviews(registry, begun)
    if not paused and not again:
        return ()
    owed = _owed(registry, place)
    over = {one.key for one in paused}
    due = {key: at for key, at in owed.due.items() if key not in over}
    due |= {one.key: one.due for one in again}
    return (
        *(one.but(status="paused") for one in paused),
        *(one.but(status="required") for one in again),
        owed.but(due=due),
    )


def _owed(registry: Registry, place: Place) -> OwedReviews:
    found = registry.find(OwedReviews, "owed")
    return found or OwedReviews(since=place.sequence, due={})


def _open_reviews(registry: Registry, release: int | None) -> list[ReviewState]:
    found = None if release is None else registry.find(ReleaseReviews, number_key(release))
    return [registry.review(entry) for entry in found.reviews] if found else []


def _of_release(registry: Registry, release: int, place: Place) -> ReleaseReviews:
    asked = registry.release(release)
    found = registry.find(ReleaseReviews, asked.key)
    return found or ReleaseReviews(since=place.sequence, release=release, reviews=())


def _runs(registry: Registry, release: int) -> bool:
    """Whether a version runs under a release now."""
    asked = registry.release(release)
    running = registry.running(asked.model, asked.environment)
    return running is not None and running.release == release


def review_completed(registry: Registry, event: exception.ReviewCompleted, place: Place) -> Changes:
    """A review is made, once; that of an exception when there is no more to come under it."""
    owed = registry.review(event.review)
    if owed.status == "completed":
        raise ConflictError(
            "This review is completed already.",
            pointer="/event/review",
            completed=owed.completed or 0,
        )
    if owed.reviewed == ExceptionOpened.kind and registry.exception(owed.of).in_force(place.at):
        raise ConflictError(
            "The exception is still in force.",
            pointer="/event/review",
            remedy="Close it first, or wait until it ends.",
            exception=owed.of,
        )
    made = owed.but(
        status="completed",
        finding=event.finding,
        reviewer=place.actor,
        completed=place.sequence,
        completed_at=place.at,
    )
    there = _owed(registry, place)
    left = {key: due for key, due in there.due.items() if key != number_key(owed.since)}
    if owed.release is None:
        return (made, there.but(due=left))
    of_release = _of_release(registry, owed.release, place)
    others = tuple(entry for entry in of_release.reviews if entry != owed.since)
    return (made, there.but(due=left), of_release.but(reviews=others))


def _written(instant: str) -> str:
    """An instant with its microseconds, so that text order is time order."""
    return format_instant(parse_instant(instant))

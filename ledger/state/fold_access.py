"""Digests of the access log, its reviews, reviews of roles, and lists from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.errors import ConflictError, InputError, UnknownSubjectError
from ledger.events.names import format_instant, parse_instant
from ledger.state.access import (
    AccessDigest,
    AccessReview,
    ActivityReview,
    OpenAccessReviews,
    Reconciled,
    ReviewedRow,
)
from ledger.state.aggregates import ActorState, Aggregate, RoleState, number_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.events import access
    from ledger.events.access import HeldRole
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]

NOTHING: Final = "0" * 64


def access_digested(registry: Registry, event: access.AccessDigested, place: Place) -> Changes:
    """The access log goes on from the digest before."""
    before = registry.find(AccessDigest, "newest")
    head, last = (before.head, before.last) if before else (NOTHING, 0)
    if event.previous != head or event.last != last + event.count:
        raise ConflictError(
            "This digest does not continue the one before.",
            pointer="/event/previous",
            remedy="Digest the access log from where the newest digest ends.",
        )
    if not (before.day if before else "") < event.since <= event.day:
        raise ConflictError("These days were digested already.", pointer="/event/since")
    if event.day >= place.at[:10]:
        raise ConflictError("This day is not over.", pointer="/event/day")
    since = before.since if before else place.sequence
    return (
        AccessDigest(
            since=since, entry=place.sequence, day=event.day, last=event.last, head=event.head
        ),
    )


def activity_reviewed(registry: Registry, event: access.ActivityReviewed, place: Place) -> Changes:
    """Days that were digested are reviewed."""
    newest = registry.find(AccessDigest, "newest")
    if event.first_day > event.last_day:
        raise InputError("It would end before it begins.", pointer="/event/last_day")
    if newest is None or event.last_day > newest.day or event.digest > newest.entry:
        raise ConflictError(
            "The access log of these days is not digested yet.",
            pointer="/event/last_day",
            remedy="Review days whose digest stands in the ledger.",
        )
    return (
        ActivityReview(
            since=place.sequence,
            first_day=event.first_day,
            last_day=event.last_day,
            digest=event.digest,
            records=event.records,
            finding=event.finding,
            by=place.actor,
            at=place.at,
        ),
    )


def review_opened(registry: Registry, event: access.AccessReviewOpened, place: Place) -> Changes:
    """A campaign over everybody who holds one of some roles."""
    due = format_instant(parse_instant(event.due))
    if due <= place.at:
        raise ConflictError("This instant is past.", pointer="/event/due")
    if event.as_of > place.sequence:
        raise ConflictError("These entries do not exist yet.", pointer="/event/as_of")
    wanted = set(_held(registry, event.roles, place))
    if wanted != {_row(row) for row in event.rows} or len(wanted) != len(event.rows):
        raise ConflictError(
            "The rows are not all who hold these roles now.",
            pointer="/event/rows",
            remedy="Read who holds them again, and open it anew.",
        )
    made = AccessReview(
        since=place.sequence,
        roles=event.roles,
        as_of=event.as_of,
        opened_at=place.at,
        opener=place.actor,
        due=due,
        rows=tuple(
            ReviewedRow(actor_id=row.actor_id, role=row.role, granted=row.granted)
            for row in event.rows
        ),
    )
    return made, _waiting(registry, place, {number_key(place.sequence): due})


def row_reviewed(registry: Registry, event: access.AccessRowReviewed, place: Place) -> Changes:
    """A row of an open review is decided, or decided anew."""
    review = open_review(registry, event.review)
    if review.row(event.actor_id, event.role) is None:
        raise UnknownSubjectError("The review has no such row.", pointer="/event/role")
    told = {
        "decision": event.decision,
        "entry": place.sequence,
        "by": place.actor,
        "at": place.at,
    }
    rows = tuple(
        row.but(**told) if (row.actor_id, row.role) == (event.actor_id, event.role) else row
        for row in review.rows
    )
    return (review.but(rows=rows),)


def access_reviewed(registry: Registry, event: access.AccessReviewed, place: Place) -> Changes:
    """Every row is decided, and no role that was to be removed is held by the same entry."""
    review = open_review(registry, event.review)
    if review.undecided:
        raise ConflictError(
            "Rows wait for a decision.", pointer="/event/review", undecided=review.undecided
        )
    removed = [row for row in review.rows if row.decision == "remove"]
    left = [row for row in removed if _still_held(registry, row)]
    if left:
        raise ConflictError(
            "A role that was to be removed is held still.",
            pointer="/event/review",
            remedy="Take the role away, then complete the review.",
            held=len(left),
        )
    if (event.kept, event.removed) != (len(review.rows) - len(removed), len(removed)):
        raise ConflictError("The rows were decided otherwise.", pointer="/event/kept")
    done = review.but(completed=place.sequence, completed_at=place.at, completed_by=place.actor)
    return done, _waiting(registry, place, {review.key: ""})


def inventory_reconciled(
    registry: Registry, event: access.InventoryReconciled, place: Place
) -> Changes:
    """A list was held against the ledger; whoever left is known here."""
    if event.matched + event.unknown > event.listed:
        raise ConflictError("More than was listed.", pointer="/event/listed")
    if parse_instant(event.as_of) > parse_instant(place.at):
        raise ConflictError("This instant is to come.", pointer="/event/as_of")
    for one in event.left:
        registry.actor(one.actor_id)
    before = registry.find(Reconciled, event.inventory)
    return (
        Reconciled(
            since=before.since if before else place.sequence,
            inventory=event.inventory,
            entry=place.sequence,
            source=event.source,
            as_of=event.as_of,
            digest=event.digest,
            at=place.at,
        ),
    )


def open_review(registry: Registry, entry: int) -> AccessReview:
    """An access review that is not completed.

    Raises:
        UnknownSubjectError: there is none.
        ConflictError: it is completed.
    """
    found = registry.find(AccessReview, number_key(entry))
    if found is None:
        raise UnknownSubjectError("There is no such access review.", pointer="/event/review")
    if found.completed is not None:
        raise ConflictError("This access review is completed.", pointer="/event/review")
    return found


def _held(
    registry: Registry, roles: tuple[str, ...], place: Place
) -> Iterator[tuple[str, str, int]]:
    """(actor, role, entry) of everybody who holds one of some roles at a time."""
    for role in dict.fromkeys(roles):
        state = registry.find(RoleState, role)
        for holder in state.holders if state else ():
            held = registry.actor(holder).held(role)
            if held is not None and held.in_time(place.at):
                yield holder, role, held.granted


def _row(row: HeldRole) -> tuple[str, str, int]:
    return row.actor_id, row.role, row.granted


def _still_held(registry: Registry, row: ReviewedRow) -> bool:
    actor = registry.find(ActorState, row.actor_id)
    held = actor.held(row.role) if actor else None
    return held is not None and held.granted == row.granted


def _waiting(registry: Registry, place: Place, changed: dict[str, str]) -> OpenAccessReviews:
    """The open reviews with some of them put in, or taken out where nothing is due."""
    before = registry.find(OpenAccessReviews, "open")
    due = {**(before.due if before else {}), **changed}
    since = before.since if before else place.sequence
    return OpenAccessReviews(since=since, due={key: at for key, at in due.items() if at})

"""Holds, requests for erasure, erasures and rectifications: placed, made, answered, carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import ConflictError, UnknownSubjectError
from ledger.events.privacy import ErasureApproved
from ledger.state.aggregates import Aggregate, number_key
from ledger.state.privacy import ErasureState, HoldsInForce, HoldState, SubjectState

if TYPE_CHECKING:
    from ledger.events import privacy
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]

EVERYTHING = "all"


def hold_placed(registry: Registry, event: privacy.HoldPlaced, place: Place) -> Changes:
    """A hold stands from here on, on an actor or a model that is known, or on everything."""
    if event.actor_id is not None:
        registry.actor(event.actor_id)
        check_not_erased(registry, event.actor_id)
    if event.model is not None:
        registry.model(event.model)
    made = HoldState(
        since=place.sequence,
        scope=event.scope,
        actor=event.actor_id or "",
        model=event.model or "",
        by=place.actor,
        at=place.at,
    )
    found = registry.find(HoldsInForce, "in-force")
    on = {**holds_in_force(registry), made.key: _on(made)}
    return (made, HoldsInForce(since=found.since if found else place.sequence, on=on))


def hold_released(registry: Registry, event: privacy.HoldReleased, place: Place) -> Changes:
    """A hold ends, once."""
    there = hold_of(registry, event.hold)
    if there.status == "released":
        raise ConflictError(
            "This hold is released already.", pointer="/event/hold", released=there.released or 0
        )
    found = registry.find(HoldsInForce, "in-force")
    on = {key: what for key, what in holds_in_force(registry).items() if key != there.key}
    ended = there.but(status="released", released=place.sequence, released_at=place.at)
    return (ended, HoldsInForce(since=found.since if found else place.sequence, on=on))


def erasure_requested(registry: Registry, event: privacy.ErasureRequested, place: Place) -> Changes:
    """A request stands until it is answered; one at a time for a person."""
    actor = registry.actor(event.actor_id)
    if actor.type == "service":
        raise ConflictError("The service is nobody.", pointer="/event/actor_id")
    check_not_erased(registry, event.actor_id)
    subject = registry.find(SubjectState, event.actor_id)
    if subject is not None and subject.request is not None:
        raise ConflictError(
            "A request for this person is open already.",
            pointer="/event/actor_id",
            erasure=subject.request,
        )
    if event.received > place.at[:10]:
        raise ConflictError("This day has not come yet.", pointer="/event/received")
    made = ErasureState(
        since=place.sequence,
        actor=event.actor_id,
        received=event.received,
        by=place.actor,
        at=place.at,
    )
    of = subject or SubjectState(since=place.sequence, actor=event.actor_id)
    return (made, of.but(request=place.sequence))


def erasure_answered(
    registry: Registry,
    event: privacy.ErasureApproved | privacy.ErasureRefused,
    place: Place,
) -> Changes:
    """A request is approved or refused, once; a hold forbids the one, never the other."""
    asked = erasure_of(registry, event.erasure)
    if asked.status not in {"requested", "approved"}:
        raise ConflictError(f"This request is {_said(asked)}.", pointer="/event/erasure")
    said = {"answered_by": place.actor, "answered": place.sequence, "answered_at": place.at}
    if isinstance(event, ErasureApproved):
        if asked.status == "approved":
            raise ConflictError("This request is approved already.", pointer="/event/erasure")
        check_not_held(registry, asked.actor)
        return (asked.but(status="approved", **said),)
    subject = registry.find(SubjectState, asked.actor)
    refused = asked.but(status="refused", ground=event.ground, until=event.until, **said)
    return (refused,) if subject is None else (refused, subject.but(request=None))


def subject_erased(registry: Registry, event: privacy.SubjectErased, place: Place) -> Changes:
    """An approved erasure is carried out, once; or one that a restored backup did not have."""
    actor = registry.actor(event.actor_id)
    check_not_erased(registry, event.actor_id)
    check_not_held(registry, event.actor_id)
    if actor.roles and event.lost is None:
        raise ConflictError(
            "This person still holds roles.",
            code="subject-holds-roles",
            pointer="/event/actor_id",
            remedy="Take the roles away first: who is erased can't act any more.",
            roles=", ".join(held.role for held in actor.roles),
        )
    before = registry.find(SubjectState, event.actor_id)
    of = before or SubjectState(since=place.sequence, actor=event.actor_id)
    erased = of.but(request=None, erased=place.sequence, erased_at=place.at)
    open_request = of.request if event.erasure is None else event.erasure
    if open_request is None:
        return (erased,)
    asked = erasure_of(registry, open_request)
    if event.erasure is not None:
        if asked.actor != event.actor_id:
            raise ConflictError(
                "The request is of another person.", pointer="/event/erasure", code="other-subject"
            )
        if asked.status != "approved":
            raise ConflictError(
                f"This request is {_said(asked)}, not approved.",
                code="erasure-not-approved",
                pointer="/event/erasure",
                remedy="The privacy role approves it first: erasure.approved.",
            )
    done = asked.but(status="carried_out", carried_out=place.sequence, carried_out_at=place.at)
    return (erased, done)


def subject_rectified(registry: Registry, event: privacy.SubjectRectified, place: Place) -> Changes:
    """Name or address stand anew, made from what stood last."""
    actor = registry.actor(event.actor_id)
    check_not_erased(registry, event.actor_id)
    before = registry.find(SubjectState, event.actor_id)
    last = before.rectified if before is not None else None
    if event.supersedes != (actor.since if last is None else last):
        raise ConflictError(
            "This person's data was put right meanwhile, or stands elsewhere.",
            pointer="/event/supersedes",
            remedy=f"Name entry {actor.since if last is None else last}.",
        )
    of = before or SubjectState(since=place.sequence, actor=event.actor_id)
    return (of.but(rectified=place.sequence),)


def check_not_erased(registry: Registry, actor_id: str) -> None:
    """Refuse what can't be done with or by somebody whose data was erased.

    Raises:
        ConflictError: ``subject-erased``.
    """
    found = registry.find(SubjectState, actor_id)
    if found is not None and found.erased is not None:
        raise ConflictError(
            f"This person's data was erased by entry {found.erased}.",
            code="subject-erased",
            remedy="Enrol the person anew, under another id.",
            erased=found.erased,
        )


def check_not_held(registry: Registry, actor_id: str) -> None:
    """Refuse to destroy what a hold keeps.

    Raises:
        ConflictError: ``held``: which hold, on what.
    """
    accounts = {f"subject:{each}" for each in registry.accounts(actor_id)}
    for key, on in holds_in_force(registry).items():
        if on == EVERYTHING or on in accounts:
            raise held(int(key), "everything" if on == EVERYTHING else "this person")


def holds_in_force(registry: Registry) -> dict[str, str]:
    """What the holds that stand are on, by their keys."""
    found = registry.find(HoldsInForce, "in-force")
    return found.on if found else {}


def held(hold: int, what: str) -> ConflictError:
    """What whoever would destroy something that a hold keeps is told."""
    return ConflictError(
        f"Hold {hold} on {what} forbids to destroy this.",
        code="held",
        remedy="Wait until the hold is released; tell the person why.",
        hold=hold,
    )


def hold_of(registry: Registry, entry: int) -> HoldState:
    """The hold, or UnknownSubjectError."""
    found = registry.find(HoldState, number_key(entry))
    if found is None:
        raise UnknownSubjectError("There is no such hold.", pointer="/event/hold")
    return found


def erasure_of(registry: Registry, entry: int) -> ErasureState:
    """The request for erasure, or UnknownSubjectError."""
    found = registry.find(ErasureState, number_key(entry))
    if found is None:
        raise UnknownSubjectError("There is no such request.", pointer="/event/erasure")
    return found


def _on(made: HoldState) -> str:
    return EVERYTHING if made.scope == "all" else f"{made.scope}:{made.actor or made.model}"


def _said(asked: ErasureState) -> str:
    return {"carried_out": "carried out", "requested": "not answered yet"}.get(
        asked.status, asked.status
    )

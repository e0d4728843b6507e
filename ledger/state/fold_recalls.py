"""Recalls: placed and lifted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import ConflictError, UnknownSubjectError
from ledger.state.aggregates import Aggregate, number_key
from ledger.state.recalls import Recalled, RecallState

if TYPE_CHECKING:
    from ledger.events import recall
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]


def recall_placed(registry: Registry, event: recall.RecallPlaced, place: Place) -> Changes:
    """A recall stands from here on; one at a time on the same material for the same cause."""
    before = registry.find(Recalled, event.material)
    standing = before.recalls if before else ()
    for number in standing:
        if recall_of(registry, number).cause == event.cause:
            raise ConflictError(
                f"This is recalled already, by entry {number}.",
                code="recalled",
                pointer="/event/data_set" if event.data_set else "/event/model",
                recall=number,
            )
    made = RecallState(
        since=place.sequence,
        material=event.material,
        cause=event.cause,
        by=place.actor,
        at=place.at,
        model=event.model or "",
    )
    since = before.since if before else place.sequence
    recalls = (*standing, place.sequence)
    return (made, Recalled(since=since, material=event.material, recalls=recalls))


def recall_lifted(registry: Registry, event: recall.RecallLifted, place: Place) -> Changes:
    """A recall ends, once."""
    there = recall_of(registry, event.recall)
    if there.status == "lifted":
        raise ConflictError(
            "This recall is lifted already.", pointer="/event/recall", lifted=there.lifted or 0
        )
    before = registry.find(Recalled, there.material)
    standing = before.recalls if before else ()
    left = tuple(number for number in standing if number != there.since)
    ended = there.but(status="lifted", lifted=place.sequence, lifted_at=place.at)
    since = before.since if before else place.sequence
    return (ended, Recalled(since=since, material=there.material, recalls=left))


def recall_of(registry: Registry, entry: int) -> RecallState:
    """The recall, or UnknownSubjectError."""
    found = registry.find(RecallState, number_key(entry))
    if found is None:
        raise UnknownSubjectError("There is no such recall.", pointer="/event/recall")
    return found

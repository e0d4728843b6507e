"""Publishers: trusted for a workload that is enrolled, and removed once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import ConflictError, InputError, UnknownSubjectError
from ledger.state.aggregates import Aggregate, number_key
from ledger.state.publishers import PublisherState

if TYPE_CHECKING:
    from ledger.events import publisher
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]


def publisher_trusted(
    registry: Registry, event: publisher.PublisherTrusted, place: Place
) -> Changes:
    """A workload's pipelines are named."""
    if registry.actor(event.actor_id).type != "workload":
        raise InputError(
            "A publisher speaks for a workload, never for a person.", pointer="/event/actor_id"
        )
    return (PublisherState(since=place.sequence, **event.model_dump(exclude={"repository"})),)


def publisher_removed(
    registry: Registry, event: publisher.PublisherRemoved, place: Place
) -> Changes:
    """The trust ends."""
    found = registry.find(PublisherState, number_key(event.publisher))
    if found is None:
        raise UnknownSubjectError(
            "There is no such publisher.",
            pointer="/event/publisher",
            remedy="Name the entry that trusted it.",
        )
    if found.removed is not None:
        raise ConflictError("This publisher was removed before.", pointer="/event/publisher")
    return (found.but(removed=place.sequence),)

"""Who held which role when, folded over the entries.

A role granted by entry 7 and revoked by entry 20 is held at entries 8 to 20: an entry is judged by
the state before it. A role with a scope counts for the models that it names, and for those with
one of its tags as they were registered; one with an end counts before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ledger.events import log, model, people, room
from ledger.events.names import format_instant, parse_instant
from ledger.state.aggregates import RoleHeld
from ledger.state.place import Place
from ledger.state.rooms import ROOM_ROLE

if TYPE_CHECKING:
    from ledger.events.entry import Entry
    from ledger.events.people import ActorType
    from ledger.state.history import Recorded


@dataclass(frozen=True)
class Holding:
    """One role held by one actor, from the entry that granted it to the one that revoked it."""

    actor: str
    role: str
    granted: int
    granted_at: str
    granted_by: str
    revoked: int | None = None
    revoked_at: str | None = None
    until: str | None = None
    models: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None

    def at(self, sequence: int) -> bool:
        """Whether the role was held when the entry at ``sequence`` was made, over or not."""
        return self.granted < sequence and (self.revoked is None or self.revoked >= sequence)

    def counts(self, place: Place, model: str, tags: tuple[str, ...]) -> bool:
        """Whether it counted for a model (empty: for none) when an entry was made."""
        held = RoleHeld(
            role=self.role,
            granted=self.granted,
            models=self.models,
            tags=self.tags,
            until=self.until,
        )
        return self.at(place.sequence) and held.in_time(place.at) and held.reaches(model, tags)


@dataclass(frozen=True)
class People:
    """Every actor's kind and every role ever held; the tags of models, which no entry changes."""

    types: dict[str, ActorType]
    holdings: tuple[Holding, ...]
    persons: dict[str, str] = field(default_factory=dict)
    tags: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def _of_actor(self) -> dict[str, list[Holding]]:
        found: dict[str, list[Holding]] = {}
        for item in self.holdings:
            found.setdefault(item.actor, []).append(item)
        return found

    def person(self, actor: str | None) -> str | None:
        """One id for all accounts that are known, at the end, to be of one natural person."""
        return self.persons.get(actor, actor) if actor is not None else None

    def is_person(self, actor: str) -> bool:
        """Whether the actor is enrolled as a natural person."""
        return self.types.get(actor) == "person"

    def roles_at(self, actor: str, entry: Entry, model: str) -> tuple[str, ...]:
        """Roles of an actor as they counted for a model when an entry was made, by name."""
        held = self._of_actor.get(actor, ())
        place = Place(entry.sequence, entry.recorded_at, actor)
        tags = self.tags.get(model, ())
        return tuple(sorted(item.role for item in held if item.counts(place, model, tags)))


def people_of(recorded: tuple[Recorded, ...]) -> People:
    """Fold entries to who held what when."""
    types: dict[str, ActorType] = {}
    open_: dict[tuple[str, str], Holding] = {}
    closed: list[Holding] = []
    tags: dict[str, tuple[str, ...]] = {}
    rooms: dict[int, str] = {}
    for item in recorded:
        entry, event = item.entry, item.entry.event
        if isinstance(event, log.LogCreated):
            types[entry.actor.id] = "service"
        elif isinstance(event, people.ActorEnrolled):
            types[event.actor_id] = event.actor_type
        elif isinstance(event, people.RoleGranted):
            over = open_.get((event.actor_id, event.role))
            if over is not None:  # it ran out, and is taken up anew
                closed.append(over)
            open_[event.actor_id, event.role] = Holding(
                event.actor_id,
                event.role,
                entry.sequence,
                entry.recorded_at,
                entry.actor.id,
                until=None if event.until is None else format_instant(parse_instant(event.until)),
                models=event.models,
                tags=event.tags,
            )
        elif isinstance(event, room.RoomOpened):
            open_[event.auditor, ROOM_ROLE] = Holding(
                event.auditor,
                ROOM_ROLE,
                entry.sequence,
                entry.recorded_at,
                entry.actor.id,
                until=format_instant(parse_instant(event.until)),
            )
            rooms[entry.sequence] = event.auditor
        elif isinstance(event, model.ModelRegistered):
            tags[event.model] = event.tags or ()
        elif isinstance(event, (people.RoleRevoked, room.RoomClosed)):
            ended = (
                (event.actor_id, event.role)
                if isinstance(event, people.RoleRevoked)
                else (rooms[event.room], ROOM_ROLE)
            )
            held = open_.pop(ended, None)
            if held is not None:
                closed.append(replace(held, revoked=entry.sequence, revoked_at=entry.recorded_at))
    holdings = sorted((*closed, *open_.values()), key=lambda item: item.granted)
    return People(types, tuple(holdings), tags=tags)

"""What is true of auditors' rooms and of what is asked in them, and how their entries change it.

Rules:
- Whoever is given a room holds no other role then: a role would open what the room keeps shut.
- A person has one room at a time. It is over at its time, or when it is closed.
- Only the auditor of a room asks in it, while it is open.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from ledger.errors import ConflictError, InputError, UnknownSubjectError
from ledger.events.names import format_instant, parse_instant
from ledger.state.aggregates import (
    ActorState,
    Aggregate,
    ReportState,
    RoleHeld,
    RoleState,
    Search,
    number_key,
)

if TYPE_CHECKING:
    from ledger.events import room
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]

ROOM_ROLE: Final = "outside_auditor"
"""The role that a room gives; by itself it lets nobody read anything."""
LONGEST: Final = timedelta(days=366)
_MOST_REQUESTS: Final = 500

RequestStatus = Literal["asked", "answered", "not_available"]


class RoomState(Aggregate):
    """A room. Key: the entry that opened it. ``requests`` are the entries that asked in it."""

    table: ClassVar[str] = "room"
    auditor: str
    frameworks: tuple[str, ...]
    period_from: str
    period_until: str
    models: tuple[str, ...]
    until: str
    opened_by: str
    opened_at: str
    closed: int | None = None
    requests: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """The entry that opened it."""
        return number_key(self.since)

    @classmethod
    def key_of(cls, number: int) -> str:
        """The key of the room that an entry opened."""
        return number_key(number)

    def search(self) -> Search:
        """Found by whose it is."""
        return Search(actor=self.auditor)

    def open_at(self, now: str) -> bool:
        """Whether its auditor may be in it at an instant."""
        return self.closed is None and now < self.until

    def holds_report(self, report: ReportState) -> bool:
        """Whether a report is within its scope: framework, period and models."""
        within = self.period_from <= report.period_from <= report.period_until <= self.period_until
        models = not self.models or (bool(report.models) and set(report.models) <= set(self.models))
        return report.framework in self.frameworks and within and models


class RequestState(Aggregate):
    """A question of an auditor. Key: the entry that asked; ``answer`` is the one that answered."""

    table: ClassVar[str] = "room_request"
    room: int
    asked_at: str
    due: str = ""
    status: RequestStatus = "asked"
    answer: int | None = None
    answered_by: str = ""
    answered_at: str = ""
    reports: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """The entry that asked."""
        return number_key(self.since)

    @classmethod
    def key_of(cls, number: int) -> str:
        """The key of the question that an entry asked."""
        return number_key(number)

    def search(self) -> Search:
        """Found by its state."""
        return Search(status=self.status)


def room_opened(registry: Registry, event: room.RoomOpened, place: Place) -> Changes:
    """An enrolled person who holds no role is let into a room, for at most a year."""
    actor = registry.actor(event.auditor)
    until = format_instant(parse_instant(event.until))
    if actor.type != "person" or actor.id == place.actor:
        raise ConflictError("A room is for another person, from outside.", pointer="/event/auditor")
    if any(held.in_time(place.at) for held in actor.roles):
        raise ConflictError(
            "They hold a role now, so a room would keep nothing shut.",
            pointer="/event/auditor",
            remedy="Take the role away first, or let them read by it.",
        )
    if event.period_until < event.period_from:
        raise InputError("The period ends before it begins.", pointer="/event/period_until")
    if until <= place.at or parse_instant(until) > parse_instant(place.at) + LONGEST:
        raise ConflictError("A room ends in the future, within 366 days.", pointer="/event/until")
    for model in event.models:
        registry.model(model)
    # The room keeps its scope itself: a role for some models would not reach what names none.
    held = RoleHeld(role=ROOM_ROLE, granted=place.sequence, until=until)
    role = registry.find(RoleState, ROOM_ROLE)
    others = tuple(one for one in (role.holders if role else ()) if one != actor.id)
    return (
        RoomState(
            since=place.sequence,
            auditor=actor.id,
            frameworks=event.frameworks,
            period_from=event.period_from,
            period_until=event.period_until,
            models=event.models,
            until=until,
            opened_by=place.actor,
            opened_at=place.at,
        ),
        actor.but(roles=(*_others(actor), held)),
        RoleState(
            since=role.since if role else place.sequence,
            role=ROOM_ROLE,
            holders=(*others, actor.id),
        ),
    )


def room_closed(registry: Registry, event: room.RoomClosed, place: Place) -> Changes:
    """A room that is open ends, and the role that it gave with it."""
    found = _room(registry, event.room)
    if not found.open_at(place.at):
        raise ConflictError("This room is over already.", pointer="/event/room")
    actor = registry.actor(found.auditor)
    role = registry.find(RoleState, ROOM_ROLE)
    holders = tuple(one for one in (role.holders if role else ()) if one != actor.id)
    closed = found.but(closed=place.sequence)
    changed = actor.but(roles=_others(actor))
    return (closed, changed, *((role.but(holders=holders),) if role else ()))


def room_asked(registry: Registry, event: room.RoomAsked, place: Place) -> Changes:
    """The auditor asks, while the room is open."""
    found = _room(registry, event.room)
    if found.auditor != place.actor or not found.open_at(place.at):
        raise ConflictError(
            "Only the auditor of a room asks in it, while it is open.", pointer="/event/room"
        )
    if event.due is not None and event.due < place.at[:10]:
        raise ConflictError("This day is past.", pointer="/event/due")
    if len(found.requests) >= _MOST_REQUESTS:
        raise ConflictError(f"A room holds at most {_MOST_REQUESTS} questions.")
    return (
        found.but(requests=(*found.requests, place.sequence)),
        RequestState(
            since=place.sequence, room=found.since, asked_at=place.at, due=event.due or ""
        ),
    )


def room_answered(registry: Registry, event: room.RoomAnswered, place: Place) -> Changes:
    """A question is answered; a later answer takes the place of an earlier one.

    Whoever answers chooses what is laid before the auditor, also beyond the scope of the room; what
    is laid exists.
    """
    found = registry.find(RequestState, number_key(event.asked))
    if found is None:
        raise UnknownSubjectError("There is no such question.", pointer="/event/asked")
    opened = _room(registry, found.room)
    if opened.auditor == place.actor:
        raise ConflictError("Nobody answers their own question.", pointer="/event/asked")
    for report in event.reports:
        if registry.find(ReportState, number_key(report)) is None:
            raise UnknownSubjectError("There is no such report.", pointer="/event/reports")
    if any(entry >= place.sequence for entry in event.entries):
        raise UnknownSubjectError("There is no such entry.", pointer="/event/entries")
    return (
        found.but(
            status=event.status,
            answer=place.sequence,
            answered_by=place.actor,
            answered_at=place.at,
            reports=event.reports,
            entries=event.entries,
        ),
    )


def room_of(registry: Registry, actor_id: str, now: str) -> RoomState | None:
    """The room that somebody is let into at an instant."""
    actor = registry.find(ActorState, actor_id)
    held = actor.held(ROOM_ROLE) if actor is not None else None
    if held is None or not held.in_time(now):
        return None
    found = registry.find(RoomState, number_key(held.granted))
    return found if found is not None and found.open_at(now) else None


def check_sample(
    registry: Registry, actor_id: str, now: str, asked: tuple[str, str, tuple[str, ...]]
) -> None:
    """Check that a sample's period and models, which an outside auditor asks for, are the room's.

    Raises:
        ConflictError: they lead out of it.
    """
    found = room_of(registry, actor_id, now)
    if found is None:
        return
    first, last, models = asked
    within = found.period_from <= first <= last <= found.period_until
    if not within or (found.models and not (models and set(models) <= set(found.models))):
        raise ConflictError(
            "This leads out of your room: its period and models are the widest.",
            code="out-of-room",
            pointer="/event/period_from",
        )


def _room(registry: Registry, number: int) -> RoomState:
    found = registry.find(RoomState, number_key(number))
    if found is None:
        raise UnknownSubjectError("There is no such room.", pointer="/event/room")
    return found


def _others(actor: ActorState) -> tuple[RoleHeld, ...]:
    return tuple(held for held in actor.roles if held.role != ROOM_ROLE)

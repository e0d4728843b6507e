"""Rooms of outside auditors: who may be in one, and what it holds.

Rules:
- The auditor of a room reads in it from when it is opened until it is over, and nothing else.
- It holds the reports of its scope, the production changes of its period and models, the samples
  that its auditor drew, and what was laid before them in an answer.
- Those who hold a role read every room: they answer in it.
- Each reading is recorded in the access log, like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ledger.errors import UnknownSubjectError
from ledger.events.names import format_instant
from ledger.state.history import replay
from ledger.state.rooms import ROOM_ROLE, RequestState, RoomState, room_of
from ledger.state.samples import SampleState
from ledger.store.database import reading
from policies.controls.material import Material
from policies.controls.outside import Integrity
from policies.controls.scope import Period, Scope
from webui.identity.errors import ReaderError

if TYPE_CHECKING:
    from ledger.events.actor import Actor
    from ledger.query import Told
    from ledger.state.aggregates import ReportState
    from policies.controls.changes import Change
    from webui.wiring import Wiring

PRODUCTION = ("production",)


@dataclass(frozen=True)
class Inside:
    """A room that somebody is in; ``auditor`` tells whether it is theirs."""

    room: RoomState
    auditor: bool
    open: bool


@dataclass(frozen=True)
class Asked:
    """A question, and the answer where there is one; what was erased is empty."""

    request: RequestState
    question: str
    answer: str
    late: bool


def room_of_auditor(wiring: Wiring, actor_id: str) -> RoomState | None:
    """The room that somebody is let into now."""
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        return room_of(registry, actor_id, format_instant(wiring.now()))


def is_member(wiring: Wiring, actor_id: str) -> bool:
    """Whether somebody holds a role other than that of a room."""
    now = format_instant(wiring.now())
    roles = wiring.reader.actor(actor_id).roles
    return any(held.in_time(now) for held in roles if held.role != ROOM_ROLE)


def enter(wiring: Wiring, actor: Actor, number: int) -> Inside:
    """Let somebody into a room.

    Raises:
        ReaderError: it is not theirs, is over, and they hold no role. It says the same of a room
            that does not exist, so that nobody learns which there are.
    """
    now = format_instant(wiring.now())
    member = is_member(wiring, actor.id)
    try:
        found = _room(wiring, number)
    except UnknownSubjectError:
        if member:
            raise
        raise _shut() from None
    open_now = found.open_at(now)
    if found.auditor == actor.id and open_now:
        return Inside(found, auditor=True, open=True)
    if not member:
        raise _shut()
    return Inside(found, auditor=False, open=open_now)


def rooms(wiring: Wiring, actor: Actor) -> list[RoomState]:
    """The rooms that somebody may see: all, or their own while it is open.

    Raises:
        ReaderError: they hold no role, and no room is theirs.
    """
    if is_member(wiring, actor.id):
        return wiring.reader.all_of(RoomState, limit=200)
    own = room_of_auditor(wiring, actor.id)
    if own is None:
        raise _shut()
    return [own]


def reports_in(wiring: Wiring, inside: Inside) -> list[ReportState]:
    """The reports of a room's scope among the newest, and those laid before its auditor."""
    found = [one for one in wiring.reader.reports(limit=500) if inside.room.holds_report(one)]
    known = {one.since for one in found}
    laid = {report for one in requests(wiring, inside) for report in one.reports} - known
    return [*found, *(wiring.reader.report(number) for number in sorted(laid, reverse=True))]


def check_report(wiring: Wiring, inside: Inside, number: int) -> None:
    """Check that a report is in a room.

    Raises:
        ReaderError: it is not.
    """
    if not inside.auditor or any(one.since == number for one in reports_in(wiring, inside)):
        return
    raise _outside("report")


def requests(wiring: Wiring, inside: Inside) -> list[RequestState]:
    """What was asked in a room, newest first."""
    found = (
        wiring.reader.state_of(RequestState, RequestState.key_of(number))
        for number in reversed(inside.room.requests)
    )
    return [one for one in found if one is not None]


def told(wiring: Wiring, inside: Inside) -> list[Asked]:
    """The questions of a room with their texts."""
    today = wiring.now().date().isoformat()

    def text(entry: int | None, field: str) -> str:
        return "" if entry is None else (wiring.reader.tell(entry).private.get(field) or "")

    return [
        Asked(
            one,
            text(one.since, "question"),
            text(one.answer, "answer"),
            late=one.status == "asked" and bool(one.due) and one.due < today,
        )
        for one in requests(wiring, inside)
    ]


def population(wiring: Wiring, inside: Inside) -> tuple[Change, ...]:
    """Every production change of a room's period and models, from the entries up to now."""
    size = wiring.log.head().size
    history = replay(wiring.reader.past(size))
    return Material(history, scope_of(inside.room), Integrity(size)).changes


def scope_of(room: RoomState) -> Scope:
    """Period, models and environments of a room."""
    period = Period(date.fromisoformat(room.period_from), date.fromisoformat(room.period_until))
    return Scope(period, room.models, PRODUCTION)


def samples_in(wiring: Wiring, inside: Inside) -> list[SampleState]:
    """The samples that the auditor of a room asked for since it was opened."""
    found = wiring.reader.all_of(SampleState, actor=inside.room.auditor, limit=200)
    return [one for one in found if one.since > inside.room.since]


def sample_in(wiring: Wiring, inside: Inside, number: int) -> SampleState:
    """A sample of a room.

    Raises:
        ReaderError: it is none of the room's.
    """
    for one in samples_in(wiring, inside):
        if one.since == number:
            return one
    raise _outside("sample")


def entry_in(wiring: Wiring, inside: Inside, number: int) -> Told:
    """An entry of a room: of a change in scope, of a sample of its auditor, or laid before them.

    Raises:
        ReaderError: it is none of the room's.
    """
    if inside.auditor and number not in _entries(wiring, inside):
        raise _outside("entry")
    return wiring.reader.tell(number)


def _entries(wiring: Wiring, inside: Inside) -> set[int]:
    found = {entry for change in population(wiring, inside) for entry in change.story}
    found.update(entry for one in requests(wiring, inside) for entry in one.entries)
    for one in samples_in(wiring, inside):
        found.update((one.since, *one.extensions))
        found.update(() if one.entry is None else (one.entry,))
    return found


def _room(wiring: Wiring, number: int) -> RoomState:
    found = wiring.reader.state_of(RoomState, RoomState.key_of(number))
    if found is None:
        raise UnknownSubjectError("There is no such room.", pointer="/room")
    return found


def _shut() -> ReaderError:
    return ReaderError(
        "This room is not open to you.",
        code="room-shut",
        remedy="A room is for its auditor, until its time. Ask whoever invited you.",
    )


def _outside(what: str) -> ReaderError:
    return ReaderError(
        f"This {what} is not in your room.",
        code="out-of-room",
        remedy="Ask for it in the room; whoever answers may lay it before you.",
    )

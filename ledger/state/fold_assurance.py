"""Incidents and people's statements: opened, closed; signed, set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import ConflictError, UnknownSubjectError
from ledger.events.names import format_instant, parse_instant
from ledger.state.assurance import IncidentState, StatementState

if TYPE_CHECKING:
    from ledger.events import incident, statement
    from ledger.state.aggregates import Aggregate
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]


def incident_opened(registry: Registry, event: incident.IncidentOpened, place: Place) -> Changes:
    """Something that happened, to a model that exists if one is named."""
    if event.model is not None:
        if event.version is not None:
            registry.version(event.model, event.version)
        registry.model(event.model)
    elif event.version is not None:
        raise ConflictError("A version is of a model: name it too.", pointer="/event/model")
    detected = _written(event.detected_at)
    if detected > place.at:
        raise ConflictError("This instant is still to come.", pointer="/event/detected_at")
    return (
        IncidentState(
            since=place.sequence,
            severity=event.severity,
            nature=event.nature,
            detected_at=detected,
            opened_at=place.at,
            opened_by=place.actor,
            model=event.model or "",
            version=event.version or "",
            environment=event.environment or "",
            personal_data=event.personal_data,
            serious=event.serious,
        ),
    )


def incident_closed(registry: Registry, event: incident.IncidentClosed, place: Place) -> Changes:
    """An incident ends, once; nobody is told of it before it was detected."""
    opened = registry.incident(event.incident)
    if opened.status == "closed":
        raise ConflictError(
            "This incident is closed already.",
            pointer="/event/incident",
            closed=opened.closed or 0,
        )
    if event.corrected_by is not None and event.corrected_by >= place.sequence:
        raise UnknownSubjectError("There is no such entry.", pointer="/event/corrected_by")
    told = {
        name: None if value is None else _told(value, opened, place, name)
        for name, value in (
            ("authority_told_at", event.authority_told_at),
            ("persons_told_at", event.persons_told_at),
        )
    }
    closed = {"status": "closed", "closed": place.sequence, "closed_at": place.at}
    return (opened.but(**closed, **told, corrected_by=event.corrected_by),)


def statement_signed(registry: Registry, event: statement.StatementSigned, place: Place) -> Changes:
    """What people say of a control from now on; it replaces what was said before."""
    _check_day(event.valid_until, place)
    known = _known(registry, event.framework, event.control, place)
    return (
        known.but(
            signed=place.sequence,
            signed_by=place.actor,
            signed_until=event.valid_until,
            document=event.document,
            set_aside=None,
            set_aside_by="",
            set_aside_until="",
        ),
    )


def control_set_aside(
    registry: Registry, event: statement.ControlSetAside, place: Place
) -> Changes:
    """A control does not apply, by a person's word, until a day."""
    _check_day(event.valid_until, place)
    known = _known(registry, event.framework, event.control, place)
    return (
        known.but(
            set_aside=place.sequence, set_aside_by=place.actor, set_aside_until=event.valid_until
        ),
    )


def _known(registry: Registry, framework: str, control: str, place: Place) -> StatementState:
    if not control.startswith(f"{framework}-"):
        raise ConflictError("A control's id begins with its framework's.", pointer="/event/control")
    found = registry.find(StatementState, control)
    return found or StatementState(since=place.sequence, framework=framework, control=control)


def _check_day(day: str, place: Place) -> None:
    if day < place.at[:10]:
        raise ConflictError("This day is past.", pointer="/event/valid_until")


def _told(value: str, opened: IncidentState, place: Place, name: str) -> str:
    moment = _written(value)
    if not opened.detected_at <= moment <= place.at:
        raise ConflictError(
            "Nobody is told of an incident before it was detected, or after now.",
            pointer=f"/event/{name}",
        )
    return moment


def _written(instant: str) -> str:
    return format_instant(parse_instant(instant))

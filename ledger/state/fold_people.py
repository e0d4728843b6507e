"""The log's beginning, people and their roles, and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.errors import ConflictError
from ledger.events.names import format_instant, parse_instant
from ledger.state.aggregates import (
    ActorState,
    Aggregate,
    LogState,
    ReportState,
    RoleHeld,
    RoleState,
)
from ledger.state.keys import KeyHistory

if TYPE_CHECKING:
    from ledger.events import assurance, log, people
    from ledger.events.event import Event
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]

MOST_ACCOUNTS: Final = 32
"""Of one natural person."""


def log_created(registry: Registry, event: log.LogCreated, place: Place) -> Changes:
    """A log is created once, by entry 0, by the service."""
    if place.sequence != 0 or registry.find(LogState, "log") is not None:
        raise ConflictError("A log is created once, by its entry 0.")
    service = ActorState(since=0, id=place.actor, type="service")
    return (LogState.of(KeyHistory().after(event, 0)), service)


def log_frozen(registry: Registry, event: log.LogFrozen, place: Place) -> Changes:
    """A log ends, and another continues it."""
    del place
    state = registry.find(LogState, "log")
    if state is None or event.successor == state.origin:
        raise ConflictError("A log is not its own successor.", pointer="/event/successor")
    return (state.but(successor=event.successor),)


def frozen(successor: str) -> ConflictError:
    """What whoever asks a frozen log is told."""
    return ConflictError(
        f"This log is frozen; it is continued by {successor}.",
        code="log-frozen",
        remedy="Record it there: COUNTERSEAL_LOG names the log of a home.",
        successor=successor,
    )


def check_beginning(registry: Registry, pointer: str) -> None:
    """Check that nothing but what comes over from the log before was recorded yet.

    Raises:
        ConflictError: ``carried-late``: the log's first policy is in force.
    """
    if registry.policy() is not None:
        raise ConflictError(
            "This stands only at the beginning of a log that continues another.",
            code="carried-late",
            pointer=pointer,
            remedy="Leave it out.",
        )


def keys_changed(
    registry: Registry, event: log.KeyRotated | log.KeyCompromised | log.RootNamed, place: Place
) -> Changes:
    """One of the log's own keys is replaced, or certified, or not to be trusted any more."""
    state = registry.find(LogState, "log")
    before = KeyHistory() if state is None else state.history
    return (LogState.of(before.after(event, place.sequence)),)


def actor_enrolled(registry: Registry, event: people.ActorEnrolled, place: Place) -> Changes:
    """An id becomes known, once."""
    if registry.find(ActorState, event.actor_id) is not None:
        raise ConflictError("This actor is enrolled already.", pointer="/event/actor_id")
    return (ActorState(since=place.sequence, id=event.actor_id, type=event.actor_type),)


def role_granted(registry: Registry, event: people.RoleGranted, place: Place) -> Changes:
    """An enrolled actor holds one more role; one that is over is taken up anew."""
    actor = registry.actor(event.actor_id)
    before = actor.held(event.role)
    if before is not None and before.in_time(place.at):
        raise ConflictError(
            "The actor holds this role already.",
            pointer="/event/role",
            remedy="Revoke it first, to give it with other limits.",
        )
    until = None if event.until is None else format_instant(parse_instant(event.until))
    if until is not None and until <= place.at:
        raise ConflictError("This instant is past.", pointer="/event/until")
    held = RoleHeld(
        role=event.role,
        granted=place.sequence,
        models=event.models,
        tags=event.tags,
        until=until,
    )
    role = registry.find(RoleState, event.role)
    others = tuple(holder for holder in (role.holders if role else ()) if holder != actor.id)
    holders = (*others, actor.id)
    since = role.since if role else place.sequence
    return (
        actor.but(roles=(*(one for one in actor.roles if one is not before), held)),
        RoleState(since=since, role=event.role, holders=holders),
    )


def role_revoked(registry: Registry, event: people.RoleRevoked, place: Place) -> Changes:
    """An actor holds one role less."""
    del place
    actor = registry.actor(event.actor_id)
    role = registry.find(RoleState, event.role)
    if role is None or actor.held(event.role) is None:
        raise ConflictError("The actor does not hold this role.", pointer="/event/role")
    roles = tuple(held for held in actor.roles if held.role != event.role)
    holders = tuple(holder for holder in role.holders if holder != actor.id)
    return (
        actor.but(roles=roles),
        role.but(holders=holders),
    )


def identity_linked(registry: Registry, event: people.IdentityLinked, place: Place) -> Changes:
    """Two accounts and all that are linked to them are of one natural person."""
    del place
    one, other = registry.actor(event.actor_id), registry.actor(event.same_as)
    if other.id in {one.id, *one.alike}:
        raise ConflictError("These are one already.", pointer="/event/same_as")
    if "service" in {one.type, other.type}:
        raise ConflictError("The service is nobody's account.", pointer="/event")
    group = sorted({one.id, *one.alike, other.id, *other.alike})
    if len(group) > MOST_ACCOUNTS:
        raise ConflictError(
            f"One natural person has at most {MOST_ACCOUNTS} accounts here.",
            pointer="/event/same_as",
        )
    return tuple(
        registry.actor(each).but(alike=tuple(rest for rest in group if rest != each))
        for each in group
    )


def identity_unlinked(registry: Registry, event: people.IdentityUnlinked, place: Place) -> Changes:
    """An account stands by itself again; those it was linked with stay one."""
    del place
    actor = registry.actor(event.actor_id)
    if not actor.alike:
        raise ConflictError("It is linked with no other account.", pointer="/event/actor_id")
    others = [registry.actor(each) for each in actor.alike]
    return (
        actor.but(alike=()),
        *(
            each.but(alike=tuple(rest for rest in each.alike if rest != actor.id))
            for each in others
        ),
    )


def recovery_allowed(registry: Registry, event: people.RecoveryAllowed, place: Place) -> Changes:
    """Somebody may start anew: the registry stays as it is, the entry is what a link is made of."""
    del place
    if registry.actor(event.actor_id).type != "person":
        raise ConflictError("Only a person signs in.", pointer="/event/actor_id")
    return ()


def report_issued(registry: Registry, event: assurance.ReportIssued, place: Place) -> Changes:
    """A report over entries that exist was made."""
    del registry
    if event.position > place.sequence:
        raise ConflictError("A report can't cover entries that don't exist yet.")
    return (
        ReportState(
            since=place.sequence,
            report=event.report,
            framework=event.framework,
            period_from=event.period_from,
            period_until=event.period_until,
            models=event.models,
            environments=event.environments,
            sample=event.sample,
            position=event.position,
            unsealed=event.unsealed,
            sealed=event.sealed,
            pages=event.pages,
            by=place.actor,
            at=place.at,
            verdicts=event.verdicts,
        ),
    )


def checkpoint_timestamped(
    registry: Registry, event: log.CheckpointTimestamped, place: Place
) -> Changes:
    """A time stamp changes nothing; the entry itself is the record."""
    del registry
    if event.size > place.sequence:
        raise ConflictError("A time stamp can't be of entries that don't exist yet.")
    return ()


def recorded_only(registry: Registry, event: Event, place: Place) -> Changes:
    """A refusal or a backup changes nothing in the registry; the entry itself is the record."""
    del registry, event, place
    return ()

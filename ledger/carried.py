"""What a log that continues another takes over from it: people, machines, their roles, the policy.

Which accounts are of one natural person comes over too.

It is read from the entries alone, so that the verifier finds the same again. Models, versions,
releases and deployments stay in the log in which they were recorded: their numbers are entries of
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.errors import IntegrityError
from ledger.events.assurance import PolicyActivated
from ledger.events.entry import decode_entry
from ledger.events.log import LogCreated
from ledger.events.people import (
    ActorEnrolled,
    IdentityLinked,
    IdentityUnlinked,
    RoleGranted,
    RoleRevoked,
)
from ledger.events.privacy import SubjectRectified
from ledger.state.aggregates import ActorState
from ledger.state.fold import Place, fold
from ledger.state.registry import Registry
from ledger.store.entries import envelopes_of, read_entries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from ledger.events.event import Event
    from ledger.log import Log

KINDS = (
    LogCreated.kind,
    ActorEnrolled.kind,
    RoleGranted.kind,
    RoleRevoked.kind,
    IdentityLinked.kind,
    IdentityUnlinked.kind,
    PolicyActivated.kind,
    SubjectRectified.kind,
)


@dataclass(frozen=True)
class Carried:
    """Events for the new log's beginning, in order, the policy in force, and the service's id."""

    service: str
    events: tuple[Event, ...]
    policy: PolicyActivated


def carried_over(connection: Connection, log: Log, size: int, *, names: bool) -> Carried:
    """What the first ``size`` entries of a log leave in force; ``names`` brings private texts.

    Raises:
        IntegrityError: ``no-policy``: they put none in force.
        LedgerError: an entry can't be read, or makes no sense on those before it.
    """
    registry = Registry()
    service, policy = "", None
    rectified: dict[str, int] = {}
    for envelope in envelopes_of(connection, log.log_id, KINDS, size):
        entry = decode_entry(envelope)
        place = Place(entry.sequence, entry.recorded_at, entry.actor.id)
        registry.apply(fold(registry, entry.event, place), entry.sequence)
        if isinstance(entry.event, LogCreated):
            service = entry.actor.id
        elif isinstance(entry.event, PolicyActivated):
            policy = entry.event
        elif isinstance(entry.event, SubjectRectified):
            rectified[entry.event.actor_id] = entry.sequence
    if policy is None:
        raise IntegrityError("The log that is continued has no policy.", code="no-policy")
    actors = sorted(registry.all(ActorState), key=lambda actor: (actor.since, actor.id))
    enrolled = [
        _enrolled(connection, log, actor, rectified, names=names)
        for actor in actors
        if actor.id != service
    ]
    granted = sorted((held.granted, one.id, held.role) for one in actors for held in one.roles)
    roles = [RoleGranted(actor_id=actor_id, role=role) for _, actor_id, role in granted]
    links = [
        IdentityLinked(actor_id=one.id, same_as=one.person)
        for one in actors
        if one.person != one.id
    ]
    return Carried(
        service, (*enrolled, *roles, *links), policy.model_copy(update={"previous": None})
    )


def _enrolled(
    connection: Connection,
    log: Log,
    actor: ActorState,
    rectified: Mapping[str, int],
    *,
    names: bool,
) -> ActorEnrolled:
    texts: dict[str, str | None] = {}
    if names:
        at = rectified.get(actor.id, actor.since)
        (row,) = read_entries(connection, log.log_id, at, at + 1)
        commitments = decode_entry(row.envelope).commitments
        own = [item for item in commitments if item.subject == actor.id]
        texts = log.vault.read(connection, at, own)
    return ActorEnrolled(
        actor_id=actor.id,
        actor_type=actor.type,
        name=texts.get("name"),
        email=texts.get("email"),
    )

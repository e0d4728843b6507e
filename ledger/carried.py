"""What a log that continues another takes over from it: people, machines, their roles, the policy.

Which accounts are of one natural person comes over too, and by what they prove themselves:

* trusted publishers, as they stand: a rule, which claims of a CI service must meet;
* keys of workloads, with the proof that they are held, which names the log where it was given;
* passkeys, with where, when and by whom they were enrolled and countersigned, and how far their
  counters went. That a second person agreed stands in the log before, under the checkpoint to which
  entry 0 binds this one.

What was removed, revoked or over does not come over. Whose data was erased does not come over:
that id may not act in the new log either. Who stands in for whom comes over until it ends, in the
name of whoever said so, by way of the service: nobody can say such a thing for another.

It is read from the entries alone, so that the verifier finds the same again. Models, versions,
releases, deployments, exceptions and proposals stay in the log in which they were recorded: their
numbers are entries of it, and what a policy asks of their age must not begin anew (decision 0031).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.core.assertion import parse_authenticator_data
from ledger.core.rfc4648 import from_base64
from ledger.errors import IntegrityError
from ledger.events.actor import Actor
from ledger.events.assurance import PolicyActivated, PolicyFiled
from ledger.events.change import (
    ChangeApproved,
    ChangeProposed,
    ChangeRejected,
    ChangeWithdrawn,
)
from ledger.events.client_key import WorkloadKeyEnrolled, WorkloadKeyRevoked
from ledger.events.entry import decode_entry
from ledger.events.log import LogCreated
from ledger.events.names import parse_instant
from ledger.events.passkey import EarlierEnrolment, KeyEnrolled, KeyRevoked
from ledger.events.people import (
    ActorEnrolled,
    DelegationEnded,
    IdentityLinked,
    IdentityUnlinked,
    RoleDelegated,
    RoleGranted,
    RoleRevoked,
)
from ledger.events.privacy import SubjectErased, SubjectRectified
from ledger.events.proof import WebAuthnProof
from ledger.events.publisher import PublisherRemoved, PublisherTrusted
from ledger.events.release import ReleaseApproved, ReleaseRejected
from ledger.state.aggregates import ActorState, ChangeState, DelegationState, number_key
from ledger.state.client_keys import ClientKeyState
from ledger.state.fold import Place, fold
from ledger.state.passkeys import PasskeyState
from ledger.state.policy_parts import PolicyPart
from ledger.state.publishers import PublisherState
from ledger.state.registry import Registry
from ledger.state.rooms import ROOM_ROLE
from ledger.store.entries import envelopes_of, read_entries

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from ledger.events.entry import Entry
    from ledger.events.event import Event
    from ledger.log import Log

KINDS = (
    LogCreated.kind,
    ActorEnrolled.kind,
    RoleGranted.kind,
    RoleRevoked.kind,
    IdentityLinked.kind,
    IdentityUnlinked.kind,
    RoleDelegated.kind,
    DelegationEnded.kind,
    PolicyActivated.kind,
    PolicyFiled.kind,
    SubjectRectified.kind,
    SubjectErased.kind,
    PublisherTrusted.kind,
    PublisherRemoved.kind,
    WorkloadKeyEnrolled.kind,
    WorkloadKeyRevoked.kind,
    ChangeProposed.kind,
    ChangeApproved.kind,
    ChangeRejected.kind,
    ChangeWithdrawn.kind,
    KeyEnrolled.kind,
    KeyRevoked.kind,
)
SIGNED = (ReleaseApproved.kind, ReleaseRejected.kind)
"""What passkeys sign."""


@dataclass(frozen=True)
class Carried:
    """Events for the new log's beginning, in order, the policy in force, and the service's id."""

    service: str
    events: tuple[tuple[Actor, Event], ...]
    policy: PolicyActivated


def carried_over(connection: Connection, log: Log, size: int, *, at: str, names: bool) -> Carried:
    """What the first ``size`` entries of a log leave in force at an instant.

    ``names`` brings private texts.

    Raises:
        IntegrityError: ``no-policy``: they put none in force.
        LedgerError: an entry can't be read, or makes no sense on those before it.
    """
    registry = Registry()
    service, policy = "", None
    rectified: dict[str, int] = {}
    erased: set[str] = set()
    for envelope in envelopes_of(connection, log.log_id, KINDS, size):
        entry = decode_entry(envelope)
        if isinstance(entry.event, SubjectErased):
            # What is asked before an erasure is not read here, so it can't be folded.
            erased.add(entry.event.actor_id)
            continue
        if _is_of_another_change(registry, entry.event):
            continue
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
    known = (actor for actor in registry.all(ActorState) if actor.id not in erased)
    actors = sorted(known, key=lambda actor: (actor.since, actor.id))
    enrolled = [
        _enrolled(connection, log, actor, rectified, names=names)
        for actor in actors
        if actor.id != service
    ]
    granted = sorted(
        (
            (held, one.id)
            for one in actors
            for held in one.roles
            # A room ends with its log, and so does the role that it gave.
            if held.in_time(at) and held.role != ROOM_ROLE
        ),
        key=lambda pair: (pair[0].granted, pair[1]),
    )
    roles = [
        RoleGranted(
            actor_id=actor_id,
            role=held.role,
            models=held.models,
            tags=held.tags,
            until=held.until,
        )
        for held, actor_id in granted
    ]
    itself = Actor(id=service, type="service", via="service")
    there = {one.id for one in actors}
    proving = (
        *_publishers(connection, log, registry, there, names=names),
        *_client_keys(connection, log, registry, there, at),
        *_passkeys(connection, log, registry, there, size),
    )
    filed = _parts(registry, policy)
    known_first = (*enrolled, *roles, *_links(actors), *proving, *filed)
    plain = tuple((itself, event) for event in known_first)
    delegated = _delegated(connection, log, registry, there, at)
    told = tuple(
        (Actor(id=by, type="person", via="service"), _told(connection, log, entry, names=names))
        for by, entry in delegated
    )
    return Carried(service, (*plain, *told), policy.model_copy(update={"previous": None}))


def _is_of_another_change(registry: Registry, event: Event) -> bool:
    """Of proposals only those of passkeys are followed: who agreed to them is told of the key."""
    if isinstance(event, ChangeProposed):
        return event.proposed != KeyEnrolled.kind
    if isinstance(event, ChangeApproved | ChangeRejected | ChangeWithdrawn):
        return registry.find(ChangeState, number_key(event.change)) is None
    return False


def _parts(registry: Registry, policy: PolicyActivated) -> list[PolicyFiled]:
    """The parts of the policy in force, where it is filed in parts."""
    found = (registry.find(PolicyPart, digest) for digest in policy.parts or ())
    return [
        PolicyFiled(policy=policy.policy, digest=part.digest, part=part.fields)
        for part in found
        if part is not None
    ]


def _publishers(
    connection: Connection,
    log: Log,
    registry: Registry,
    there: Collection[str],
    *,
    names: bool,
) -> list[Event]:
    """The publishers that are trusted, of workloads that come over."""
    states = sorted(registry.all(PublisherState), key=lambda one: one.since)
    return [
        _told(connection, log, _entry(connection, log, one.since), names=names)
        for one in states
        if one.removed is None and one.actor_id in there
    ]


def _client_keys(
    connection: Connection, log: Log, registry: Registry, there: Collection[str], at: str
) -> list[Event]:
    """The keys of workloads that count at an instant, each with the proof that was given of it."""
    found: list[Event] = []
    for one in sorted(registry.all(ClientKeyState), key=lambda one: one.since):
        over = one.revoked is not None or parse_instant(one.until) <= parse_instant(at)
        if over or one.actor_id not in there:
            continue
        event = _entry(connection, log, one.since).event
        if isinstance(event, WorkloadKeyEnrolled):
            shown_in = event.shown_in or log.origin
            found.append(event.model_copy(update={"shown_in": shown_in}))
    return found


def _passkeys(
    connection: Connection, log: Log, registry: Registry, there: Collection[str], size: int
) -> list[Event]:
    """The passkeys that are in force, each with where it was first enrolled and its counter."""
    states = sorted(registry.all(PasskeyState), key=lambda one: one.since)
    kept = [one for one in states if one.until is None and one.actor in there]
    counts = _counts(connection, log, size) if kept else {}
    found: list[Event] = []
    for one in kept:
        event = _entry(connection, log, one.since).event
        if isinstance(event, KeyEnrolled):
            origin, entry = one.earlier or (log.origin, one.since)
            earlier = EarlierEnrolment(
                origin=origin,
                entry=entry,
                at=one.enrolled_at,
                by=one.by,
                countersigned=one.countersigned,
                count=max(one.count, counts.get(one.credential, 0)),
            )
            found.append(event.model_copy(update={"earlier": earlier}))
    return found


def _counts(connection: Connection, log: Log, size: int) -> dict[str, int]:
    """The highest signature counter of each credential, from what it signed."""
    counts: dict[str, int] = {}
    for envelope in envelopes_of(connection, log.log_id, SIGNED, size):
        proof = decode_entry(envelope).proof
        if isinstance(proof, WebAuthnProof):
            count = parse_authenticator_data(from_base64(proof.authenticator_data)).count
            counts[proof.credential] = max(count, counts.get(proof.credential, 0))
    return counts


def _entry(connection: Connection, log: Log, sequence: int) -> Entry:
    (row,) = read_entries(connection, log.log_id, sequence, sequence + 1)
    return decode_entry(row.envelope)


def _links(actors: Sequence[ActorState]) -> list[IdentityLinked]:
    """Which accounts are of one person; by another one where the one that stood for it is gone."""
    there = {actor.id for actor in actors}
    stands: dict[str, str] = {}
    for one in actors:
        stands.setdefault(one.person, one.person if one.person in there else one.id)
    return [
        IdentityLinked(actor_id=one.id, same_as=stands[one.person])
        for one in actors
        if one.id != stands[one.person]
    ]


def _delegated(
    connection: Connection, log: Log, registry: Registry, there: Collection[str], at: str
) -> list[tuple[str, Entry]]:
    """Who delegated, and the entry that says so, of what is not over at an instant."""
    states = sorted(registry.all(DelegationState), key=lambda one: one.since)
    found = []
    for one in states:
        gone = one.ended is not None or parse_instant(one.until) <= parse_instant(at)
        if gone or not {one.delegator, one.delegate} <= set(there):
            continue
        held = registry.actor(one.delegator).held(one.role)
        if held is not None and held.in_time(at):
            found.append((one.delegator, _entry(connection, log, one.since)))
    return found


def _told(connection: Connection, log: Log, entry: Entry, *, names: bool) -> Event:
    """An event once more, with its private texts as far as the vault has them."""
    if not names:
        return entry.event
    texts = log.vault.read(connection, entry.sequence, entry.commitments)
    return entry.event.model_copy(update=texts)


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

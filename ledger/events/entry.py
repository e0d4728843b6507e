"""An entry: one envelope at one sequence number of one log, and what it says.

The payload is an in-toto Statement v1 whose predicate is::

    {log: {origin, sequence, previous}, recorded_at, clock?, actor, event,
     decision?, request?, commitments?}

``clock`` is what the clock said where it stood behind the entry before; ``recorded_at`` never goes
back. ``previous`` is the leaf hash of the entry before (32 zero bytes for entry 0): the hash chain.
``decode_entry`` reads stored bytes back; it checks shapes, not signatures (see ledger.audit).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from ledger.core.encoding import plain, read_own
from ledger.core.envelope import PAYLOAD_TYPE, parse_envelope
from ledger.core.merkle import leaf_hash
from ledger.core.statement import (
    Statement,
    Subject,
    encode_statement,
    parse_statement,
    statement_of,
)
from ledger.errors import EncodingError, InputError
from ledger.events.actor import Actor
from ledger.events.catalogue import read_event, read_own_event
from ledger.events.decision import Decision
from ledger.events.names import ActorId, Instant, PublicText, Sequence, Sha256, Slug, Value

if TYPE_CHECKING:
    from ledger.core.envelope import Envelope
    from ledger.events.event import Event

FIRST_PREVIOUS: Final = "0" * 64


class LogPlace(Value):
    """Where an entry stands."""

    origin: PublicText
    sequence: Sequence
    previous: Sha256


class Commitment(Value):
    """HMAC-SHA256 of a private text under a random salt; text and salt are in the vault.

    ``subject`` is the actor whose data it is.
    """

    field: Slug
    subject: ActorId
    hmac_sha256: Sha256


class Request(Value):
    """What the asker sent: SHA-256 of the command without private texts, and of its key."""

    command: Sha256
    idempotency_key: Sha256 | None = None


class Predicate(Value):
    """The predicate of every entry; ``event`` is read by its kind."""

    log: LogPlace
    recorded_at: Instant
    clock: Instant | None = None
    actor: Actor
    event: dict[str, Any]
    decision: Decision | None = None
    request: Request | None = None
    commitments: tuple[Commitment, ...] = ()


@dataclass(frozen=True)
class Entry:
    """An entry, decoded. ``envelope`` are the stored bytes, ``leaf`` their RFC 6962 leaf hash."""

    sequence: int
    origin: str
    previous: str
    recorded_at: str
    actor: Actor
    event: Event
    decision: Decision | None
    request: Request | None
    commitments: tuple[Commitment, ...]
    subjects: tuple[Subject, ...]
    envelope: bytes
    leaf: bytes

    @property
    def kind(self) -> str:
        """The kind of the event."""
        return self.event.kind


@dataclass(frozen=True)
class Draft:
    """Everything that an entry will say, before it is signed. ``facts`` are the event's."""

    place: LogPlace
    recorded_at: str
    clock: str | None
    actor: Actor
    event: Event
    facts: dict[str, Any]
    subjects: tuple[Subject, ...]
    decision: Decision | None
    request: Request | None
    commitments: tuple[Commitment, ...]


def encode_draft(draft: Draft) -> bytes:
    """The payload to sign: the canonical bytes of the statement."""
    predicate: dict[str, Any] = {
        "log": draft.place.model_dump(mode="json"),
        "recorded_at": draft.recorded_at,
        "actor": draft.actor.model_dump(mode="json", exclude_none=True),
        "event": draft.facts,
    }
    if draft.clock is not None:
        predicate["clock"] = draft.clock
    if draft.decision is not None:
        predicate["decision"] = draft.decision.model_dump(mode="json", exclude_defaults=True)
    if draft.request is not None:
        predicate["request"] = draft.request.model_dump(mode="json", exclude_none=True)
    if draft.commitments:
        predicate["commitments"] = [item.model_dump(mode="json") for item in draft.commitments]
    return encode_statement(Statement(draft.subjects, draft.event.predicate_type(), predicate))


def decode_entry(stored: bytes) -> Entry:
    """Read stored bytes as an entry.

    Raises:
        EncodingError: not the canonical bytes of an envelope around a statement.
        UnknownKindError: a kind, or a version of a kind, that this program does not know.
        InputError: a field that its schema does not admit.
    """
    return decode_envelope(stored, parse_envelope(stored))


def decode_envelope(stored: bytes, envelope: Envelope, leaf: bytes | None = None) -> Entry:
    """Read an entry from its stored bytes and the envelope already parsed from them.

    ``leaf`` is their leaf hash, where it is known already.
    """
    if envelope.payload_type != PAYLOAD_TYPE:
        raise InputError("The envelope does not hold an in-toto statement.", pointer="/payloadType")
    own = _read_own(stored, envelope.payload, leaf)
    if own is not None:
        return own
    statement = parse_statement(envelope.payload)
    predicate = _predicate(statement)
    return Entry(
        sequence=predicate.log.sequence,
        origin=predicate.log.origin,
        previous=predicate.log.previous,
        recorded_at=predicate.recorded_at,
        actor=predicate.actor,
        event=read_event(statement.predicate_type, predicate.event),
        decision=predicate.decision,
        request=predicate.request,
        commitments=predicate.commitments,
        subjects=statement.subjects,
        envelope=stored,
        leaf=leaf or leaf_hash(stored),
    )


class _Plain(Value):
    """The members of a predicate that differ from entry to entry, but for the event."""

    log: LogPlace
    recorded_at: Instant
    clock: Instant | None = None
    request: Request | None = None
    commitments: tuple[Commitment, ...] = ()


def _read_own(stored: bytes, payload: bytes, leaf: bytes | None) -> Entry | None:
    """An entry as this program writes it, fast; None for whatever must be read with more care.

    What is accepted here, the careful way accepts too, and reads the same.
    """
    members = read_own(payload)
    if members is None:
        return None
    try:
        statement = statement_of(members)
        event, actor, decision, rest = _parts(statement.predicate)
        read = read_own_event(statement.predicate_type, event)
        found = _Plain.model_validate_json(plain(rest))
        asker = _actor_of(plain(actor))
        decided = None if decision is None else _decision_of(plain(decision))
    except (EncodingError, ValidationError, KeyError, TypeError):
        return None
    if read is None:
        return None
    return Entry(
        sequence=found.log.sequence,
        origin=found.log.origin,
        previous=found.log.previous,
        recorded_at=found.recorded_at,
        actor=asker,
        event=read,
        decision=decided,
        request=found.request,
        commitments=found.commitments,
        subjects=statement.subjects,
        envelope=stored,
        leaf=leaf or leaf_hash(stored),
    )


def _parts(
    predicate: dict[str, Any],
) -> tuple[dict[str, Any], object, object | None, dict[str, Any]]:
    rest = dict(predicate)
    event, actor, decision = rest.pop("event"), rest.pop("actor"), rest.pop("decision", None)
    if not isinstance(event, dict) or ("decision" in predicate and decision is None):
        raise TypeError
    return event, actor, decision, rest


# The same people act, and the same gates speak, again and again.
@lru_cache(maxsize=4096)
def _actor_of(data: bytes) -> Actor:
    return Actor.model_validate_json(data)


@lru_cache(maxsize=4096)
def _decision_of(data: bytes) -> Decision:
    return Decision.model_validate_json(data)


def _predicate(statement: Statement) -> Predicate:
    try:
        return Predicate.model_validate(_frozen(statement.predicate))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = "".join(f"/{part}" for part in first["loc"])
        raise InputError(
            f"The predicate is malformed: {first['msg']}.", pointer=f"/predicate{place}"
        ) from None


def _frozen(value: Any) -> Any:
    """JSON has lists where the models have tuples; the event itself is read by its kind."""
    if isinstance(value, dict):
        return {
            name: item if name in _KEPT_LISTS else _frozen(item) for name, item in value.items()
        }
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


_KEPT_LISTS: Final = ("event", "params")

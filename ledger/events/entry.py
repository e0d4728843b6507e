"""An entry: one envelope at one sequence number of one log, and what it says.

The payload is an in-toto Statement v1 whose predicate is::

    {log: {origin, sequence, previous}, recorded_at, clock?, actor, event,
     decision?, request?, proof?, commitments?}

``clock`` is what the clock said where it stood behind the entry before; ``recorded_at`` never goes
back. ``proof`` is the asker's own (``ledger.events.proof``). ``previous`` is the leaf hash of the
entry before (32 zero bytes for entry 0): the hash chain.
``decode_entry`` reads stored bytes back; it checks shapes, not signatures (see ledger.audit).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NotRequired

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from ledger.core.encoding import canonical, plain, read_own
from ledger.core.envelope import PAYLOAD_TYPE, parse_envelope
from ledger.core.merkle import leaf_hash
from ledger.core.statement import (
    STATEMENT_TYPE,
    Statement,
    Subject,
    parse_statement,
    subjects_of,
)
from ledger.errors import EncodingError, InputError
from ledger.events.actor import Actor
from ledger.events.catalogue import read_event, read_own_event
from ledger.events.decision import Decision
from ledger.events.names import ActorId, Instant, PublicText, Sequence, Sha256, Slug, Value
from ledger.events.proof import Proof
from ledger.events.ready import prepare

if TYPE_CHECKING:
    from ledger.core.envelope import Envelope
    from ledger.events.event import Event

FIRST_PREVIOUS: Final = "0" * 64

_REMEMBERED: Final = 4096
_ABSENT: Final = object()


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
    proof: Proof | None = None
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
    proof: Proof | None = None

    @property
    def kind(self) -> str:
        """The kind of the event."""
        return self.event.kind


@dataclass(frozen=True)
class Draft:
    """Everything that an entry will say, before it is signed."""

    place: LogPlace
    recorded_at: str
    clock: str | None
    actor: Actor
    event: Event
    subjects: tuple[Subject, ...]
    decision: Decision | None
    request: Request | None
    commitments: tuple[Commitment, ...]
    proof: Proof | None = None


def encode_draft(draft: Draft) -> bytes:
    """The payload to sign: the canonical bytes of the statement."""
    ready = prepare(
        draft.event,
        canonical(draft.event.facts()),
        draft.actor,
        about=draft.event.about(),
        subjects=draft.subjects,
        decision=draft.decision,
        request=draft.request,
        commitments=draft.commitments,
        proof=draft.proof,
    )
    place = draft.place
    return ready.placed(
        canonical(place.origin), place.sequence, place.previous, draft.recorded_at, draft.clock
    )


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
        proof=predicate.proof,
    )


@with_config(ConfigDict(extra="forbid", strict=True))
class _Place(TypedDict):
    origin: PublicText
    sequence: Sequence
    previous: Sha256


@with_config(ConfigDict(extra="forbid", strict=True))
class _Plain(TypedDict):
    """The members of a predicate that differ from entry to entry, but for the event."""

    log: _Place
    recorded_at: Instant
    clock: NotRequired[Instant | None]
    request: NotRequired[Request | None]
    proof: NotRequired[Proof | None]
    commitments: NotRequired[tuple[Commitment, ...]]


_PLAIN: Final = TypeAdapter(_Plain).validator
_WHAT_BEGINS: Final = b',"event":'
_WHAT_ENDS: Final = b'},"predicateType":'


def _read_own(stored: bytes, payload: bytes, leaf: bytes | None) -> Entry | None:
    """An entry as this program writes it, fast; None for whatever must be read with more care.

    A payload is cut in three: who did it and why it was allowed, what was done, and of what. The
    same beginnings and ends come again and again, and are read once. What is accepted here, the
    careful way accepts too, and reads the same: each piece is canonical by itself, their names are
    in order from one to the next, and the seams are fixed, so the whole is canonical.
    """
    begins, ends = payload.find(_WHAT_BEGINS), payload.rfind(_WHAT_ENDS)
    if not 0 < begins < ends:
        return None
    try:
        asker, decided, others = _beginning_of(payload[:begins])
        predicate_type, subjects = _end_of(payload[ends + 2 :])
        members = read_own(b"{%b}" % payload[begins + 1 : ends])
        event = read_own_event(predicate_type, members.pop("event"))
        found: _Plain = _PLAIN.validate_json(plain({**others, **members} if others else members))
    except (EncodingError, ValidationError, KeyError, TypeError, AttributeError):
        return None
    if event is None:
        return None
    place = found["log"]
    return Entry(
        sequence=place["sequence"],
        origin=place["origin"],
        previous=place["previous"],
        recorded_at=found["recorded_at"],
        actor=asker,
        event=event,
        decision=decided,
        request=found.get("request"),
        commitments=found.get("commitments", ()),
        subjects=subjects,
        envelope=stored,
        leaf=leaf or leaf_hash(stored),
        proof=found.get("proof"),
    )


@lru_cache(maxsize=_REMEMBERED)
def _beginning_of(data: bytes) -> tuple[Actor, Decision | None, dict[str, Any]]:
    """Actor, decision and what else stands before the event in a predicate that is still open."""
    members = read_own(data + b"}}")
    predicate = members.pop("predicate")
    if members != {"_type": STATEMENT_TYPE}:
        raise TypeError
    actor, decision = predicate.pop("actor"), predicate.pop("decision", _ABSENT)
    if not predicate.keys() <= {"clock", "commitments"}:
        raise TypeError
    decided = None if decision is _ABSENT else _decision_of(plain(decision))
    return _actor_of(plain(actor)), decided, predicate


@lru_cache(maxsize=_REMEMBERED)
def _end_of(data: bytes) -> tuple[str, tuple[Subject, ...]]:
    """Predicate type and subjects, which stand behind a predicate."""
    members = read_own(b"{" + data)
    predicate_type, subjects = members.pop("predicateType"), members.pop("subject")
    if members:
        raise TypeError
    return predicate_type, subjects_of(subjects)


@lru_cache(maxsize=_REMEMBERED)
def _actor_of(data: bytes) -> Actor:
    return Actor.model_validate_json(data)


@lru_cache(maxsize=_REMEMBERED)
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

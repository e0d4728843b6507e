"""One transaction's worth of entries: decided, chained, signed and folded, before any is stored.

A batch stands on a locked head. ``take`` adds what one caller asked for, all of it or nothing: each
command is decided on the registry as it now is, becomes an entry (or an ``access.denied`` entry
that says why not), is folded, and may bring about further entries (a release granted, a release
lapsed). Nothing here writes to the database but the vault's new subject keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ledger.allowance import Allowance, Limits
from ledger.chain import Chain
from ledger.core.encoding import canonical
from ledger.core.rfc4648 import from_base64
from ledger.erasing import NOTHING_BESIDE, check_erasure
from ledger.errors import ConflictError, InputError, LimitError, ProofError
from ledger.events.actor import Actor
from ledger.events.assurance import AccessDenied
from ledger.events.change import PROPOSABLE, texts_of
from ledger.events.command import command_digest
from ledger.events.entry import Request, decode_entry
from ledger.events.exception import ExceptionOpened, ReviewCompleted
from ledger.events.metadata import DocumentationSigned
from ledger.events.names import format_instant, parse_instant
from ledger.events.privacy import SubjectErased, SubjectRectified
from ledger.events.proof import DsseProof, IdTokenProof
from ledger.events.ready import prepare
from ledger.events.release import ReleaseGranted, ReleaseLapsed
from ledger.events.request import read_request
from ledger.events.statement import StatementSigned
from ledger.state.aggregates import LogState
from ledger.state.client_keys import check_nonce
from ledger.state.concerns import about, subjects
from ledger.state.consequences import affected_releases
from ledger.state.fold import Place, fold
from ledger.state.fold_changes import proposal_of
from ledger.state.fold_people import frozen
from ledger.state.fold_privacy import check_not_erased
from ledger.state.following import following
from ledger.state.keys import KEY_KINDS
from ledger.state.proving import NO_HEAD, check_proof, check_request
from ledger.store.entries import read_entries
from ledger.store.idempotency import key_digest
from ledger.store.refusals import newest_refusals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from ledger.erasing import Beside
    from ledger.events.approval import ApprovalStatement
    from ledger.events.decision import Decision
    from ledger.events.event import Event
    from ledger.events.proof import Proof
    from ledger.events.ready import Ready
    from ledger.log import Log
    from ledger.state.aggregates import ReleaseState
    from ledger.state.decide import Decide
    from ledger.state.registry import Registry
    from ledger.store.entries import Head, StoredEntry
    from ledger.store.vault import Record


_SAME_REFUSAL: Final = timedelta(hours=1)
_REFUSALS_LOOKED_AT: Final = 16
_OF_WORKLOADS: Final = (IdTokenProof, DsseProof)


@dataclass(frozen=True)
class Asked:
    """One command: what should happen, and under which idempotency key (may be empty).

    ``proof`` is the asker's own proof of it, where there is one; ``salts`` are those under which
    its private texts were committed to in what was signed.
    """

    event: Event
    key: str = ""
    proof: Proof | None = None
    salts: Mapping[str, bytes] = field(default_factory=dict)

    @cached_property
    def facts(self) -> bytes:
        """The event without its private texts, in canonical JSON."""
        return canonical(self.event.facts())

    def command_digest(self) -> bytes:
        """SHA-256 of the canonical command without its private texts."""
        return command_digest(self.event.kind, self.facts)

    def key_digest(self, actor: Actor) -> bytes:
        """SHA-256 of actor and idempotency key; empty without a key."""
        return key_digest(actor.id, self.key) if self.key else b""


@dataclass(frozen=True)
class Done:
    """What became of one command. ``consequences`` are the sequence numbers of further entries.

    ``replayed`` means that the same command was recorded before, under the same key or as the same
    refusal; then only ``sequence`` is known here.
    """

    sequence: int
    decision: Decision | None = None
    leaf_hash: bytes = b""
    recorded_at: str = ""
    consequences: tuple[int, ...] = ()
    replayed: bool = False


class Batch:
    """Entries on top of a locked head. Used by one thread, within one transaction."""

    def __init__(
        self,
        log: Log,
        connection: Connection,
        head: Head,
        *,
        registry: Registry,
        decide: Decide | None,
        now: datetime,
        known_keys: Mapping[bytes, tuple[bytes, int]] = MappingProxyType({}),
        beside: Beside = NOTHING_BESIDE,
        limits: Limits | None = None,
    ) -> None:
        self._log = log
        self._connection = connection
        self._head = head
        self._decide = decide
        self._chain = Chain(log, head, now)
        self._recorded_at = self._chain.recorded_at
        self.allowance = Allowance(
            connection, log.log_id, self._recorded_at, limits or Limits(refusals=0)
        )
        self._known_keys = known_keys
        self.registry = registry
        self.beside = beside
        self.records: list[Record] = []
        self.people: dict[int, SubjectErased | SubjectRectified] = {}
        self.signed: dict[int, StatementSigned | DocumentationSigned] = {}
        self.keys: dict[bytes, tuple[bytes, int]] = {}
        self._texts: dict[int, dict[str, str | None]] = {}
        self._refusals: dict[tuple[Actor, bytes], tuple[bytes, int]] = {}
        self._may_act: set[str] = set()
        self._turn_keys()

    @property
    def rows(self) -> list[StoredEntry]:
        """The entries, in order."""
        return self._chain.rows

    def take(self, actor: Actor, asked: Sequence[Asked]) -> list[Done]:
        """Add the commands of one caller, all or none.

        Raises:
            LedgerError: one of them is impossible; ``numbers["line"]`` is its place from 0, and
                the batch is as it was.
            LimitError: the actor asked for too much in this hour; the batch is as it was.
        """
        kept, size, records = self.registry, self._chain.size, len(self.records)
        counts = self.allowance.mark()
        self.registry = kept.fork()
        done = []
        try:
            self.allowance.ask(actor, len(asked))
            counts = self.allowance.mark()
            for line, one in enumerate(asked):
                done.append(self._take_one(actor, one, line))
        except BaseException as error:
            self.allowance.back_to(counts)
            if isinstance(error, LimitError):
                self.allowance.cut(actor, len(asked))
            self.registry = kept
            self._turn_keys()
            self._chain.cut(size)
            del self.records[records:]
            self.keys = {key: place for key, place in self.keys.items() if place[1] < size}
            self.people = {at: event for at, event in self.people.items() if at < size}
            self.signed = {at: event for at, event in self.signed.items() if at < size}
            self._refusals = {of: one for of, one in self._refusals.items() if one[1] < size}
            raise
        kept.keep(self.registry)
        self.registry = kept
        return done

    def write(self, event: Event, actor: Actor) -> Done:
        """Add an entry that no policy is asked about: the genesis of a log."""
        return self._append(Asked(event), actor, None)

    def place(self, statements: Iterable[Ready]) -> None:
        """Add entries that were decided elsewhere and will be folded there."""
        for ready in statements:
            row = self._chain.add(ready)
            if ready.key:
                self.keys[ready.key] = (ready.command, row.sequence)

    def _take_one(self, actor: Actor, asked: Asked, line: int) -> Done:
        try:
            return self._decided(actor, asked)
        except (InputError, ConflictError) as error:
            error.numbers["line"] = line
            raise

    def _decided(self, actor: Actor, asked: Asked) -> Done:
        command = asked.command_digest()
        key = asked.key_digest(actor)
        known = (self.keys.get(key) or self._known_keys.get(key)) if key else None
        if known is not None:
            return self._repeat(known, command, asked.event)
        ended = self.registry.find(LogState, "log")
        successor = self._log.successor or (ended.successor if ended is not None else "")
        if successor:
            raise frozen(successor)
        assert self._decide is not None  # noqa: S101 (only the genesis has no policy)
        self._check_actor(actor.id)
        about(self.registry, asked.event)
        statement = self._proved(actor, asked)
        decision = self._decide(self.registry, asked.event, actor, self._recorded_at, asked.proof)
        request = Request.model_construct(
            command=command.hex(), idempotency_key=key.hex() if key else None
        )
        if decision.allowed:
            self._check_agreed(asked.event)
            done = self._append(asked, actor, decision, request, statement)
            consequences = (
                *self._following(asked.event, decision, done.sequence, actor),
                *self._consequences(asked.event, done.sequence),
            )
            done = replace(done, consequences=consequences) if consequences else done
        else:
            earlier = self._refused_before(actor, command, decision)
            if earlier is not None:
                return Done(sequence=earlier, replayed=True)
            unrecorded = self.allowance.refuse(actor)
            # What the policy was told of a pipeline stays with what it said.
            told = asked.proof if isinstance(asked.proof, _OF_WORKLOADS) else None
            denial = Asked(self._denial(asked.event, command, unrecorded), proof=told)
            done = self._append(denial, actor, decision, request)
            self._refusals[actor, command] = (decision.canonical, done.sequence)
        if key:
            self.keys[key] = (command, done.sequence)
        return done

    def _check_actor(self, actor_id: str) -> None:
        """Whoever is not enrolled, or was erased, does not act."""
        if actor_id not in self._may_act:
            self.registry.actor(actor_id)
            check_not_erased(self.registry, actor_id)
            self._may_act.add(actor_id)

    def _proved(self, actor: Actor, asked: Asked) -> ApprovalStatement | None:
        """What the asker signed, checked against the state and the tree as they now are.

        Raises:
            ProofError: it does not hold; nothing is recorded.
        """
        place = Place(self._chain.size, self._recorded_at, actor.id, asked.proof)
        said = check_proof(self.registry, asked.event, place)
        if said is not None:
            known = said.head.size <= self._head.size
            if not known or self._log.root_at(self._connection, said.head.size).hex() != (
                said.head.root
            ):
                raise ProofError("The head that was signed is not one of this log's.", code=NO_HEAD)
        return said

    def _refused_before(self, actor: Actor, command: bytes, decision: Decision) -> int | None:
        """The entry that refused the same to the same actor for the same reasons, not long ago.

        A client that asks in a loop is answered each time, and recorded once in an hour.
        """
        said, sequence = self._refusals.get((actor, command), (b"", -1))
        if said == decision.canonical:
            return sequence
        since = format_instant(parse_instant(self._recorded_at) - _SAME_REFUSAL)
        for number, envelope in newest_refusals(
            self._connection, self._log.log_id, actor.id, since, _REFUSALS_LOOKED_AT
        ):
            entry = decode_entry(envelope)
            alike = isinstance(entry.event, AccessDenied) and entry.event.command == command.hex()
            if alike and entry.actor == actor and entry.decision == decision:
                return number
        return None

    def _repeat(self, known: tuple[bytes, int], command: bytes, event: Event) -> Done:
        """The same command again; anything else under its key is refused."""
        if known[0] != command or not self._same_texts(known[1], event):
            raise ConflictError(
                "This idempotency key was used for another command.",
                code="idempotency-key-reused",
                remedy="Use a new key for a new command.",
                sequence=known[1],
            )
        return Done(sequence=known[1], replayed=True)

    def _same_texts(self, sequence: int, event: Event) -> bool:
        """Whether the private texts are those of an earlier entry, as far as the vault has them.

        A refusal keeps no private texts, and erased ones can't be compared.
        """
        if not event.private_fields():
            return True
        kind, kept = self._kept_texts(sequence)
        if kind != event.kind:
            return True
        asked = event.private_texts()
        return set(asked) == set(kept) and all(
            text is None or asked[name] == text for name, text in kept.items()
        )

    def _kept_texts(self, sequence: int) -> tuple[str, dict[str, str | None]]:
        """The kind of an earlier entry and its private texts: None where they were erased."""
        if sequence >= self._head.size:
            return self.rows[sequence - self._head.size].kind, self._texts[sequence]
        (row,) = read_entries(self._connection, self._log.log_id, sequence, sequence + 1)
        commitments = decode_entry(row.envelope).commitments
        return row.kind, self._log.vault.read(self._connection, sequence, commitments)

    def _check_agreed(self, event: Event) -> None:
        """What was proposed is carried out with the private texts that people agreed to.

        Raises:
            ConflictError: its texts differ, or those of the proposal were erased.
        """
        if event.kind not in PROPOSABLE or not event.private_fields():
            return
        proposal = proposal_of(self.registry, event)
        if proposal is None:
            return
        kept = self._kept_texts(proposal.since)[1]
        if kept.get("texts", "") is None:
            raise ConflictError(
                "The words of the proposal were erased, so nobody can tell what was agreed to.",
                code="texts-erased",
                remedy="Withdraw it and propose it again.",
                change=proposal.since,
            )
        agreed, asked = texts_of(kept.get("texts")), event.private_texts()
        for name in event.private_fields():
            if agreed.get(name) != asked.get(name):
                raise ConflictError(
                    f"Entry {proposal.since} proposes the same with other words, or none, here.",
                    code="texts-differ",
                    pointer=f"/event/{name}",
                    remedy="Submit it with the words that were proposed, or propose these.",
                    change=proposal.since,
                )

    def _denial(self, event: Event, command: bytes, unrecorded: int | None) -> AccessDenied:
        concerned = about(self.registry, event)
        return AccessDenied(
            attempted=event.kind,
            command=command.hex(),
            model=concerned.model or None,
            version=concerned.version or None,
            environment=concerned.environment or None,
            release=concerned.release if concerned.release >= 0 else None,
            unrecorded=unrecorded,
        )

    def _consequences(self, event: Event, sequence: int) -> tuple[int, ...]:
        """Ask the policy again about every release that the event touched."""
        assert self._decide is not None  # noqa: S101 (called only after a decision)
        service = Actor(id=self._log.service, type="service", via="service")
        found = []
        for asked in affected_releases(self.registry, event, sequence):
            granted = _granted(asked, ())
            decision = self._decide(self.registry, granted, service, self._recorded_at)
            if decision.allowed and asked.status == "open":
                votes = {vote.entry for vote in asked.votes}
                by = {entry for result in decision.results for entry in result.by}
                granted = _granted(asked, tuple(sorted(votes & by)))
                done = self._append(Asked(granted), service, decision)
                found.append(done.sequence)
                found.extend(self._following(granted, decision, done.sequence, service))
            elif not decision.allowed and asked.status == "granted":
                lapsed = _lapsed(asked, sequence)
                found.append(self._append(Asked(lapsed), service, decision).sequence)
        return tuple(found)

    def _following(
        self, event: Event, decision: Decision, sequence: int, actor: Actor
    ) -> tuple[int, ...]:
        """Add what follows from an entry by itself, right behind it."""
        owing = isinstance(event, (ExceptionOpened, ReviewCompleted))
        if not (decision.bypassed or decision.owed or owing):
            return ()
        service = Actor(id=self._log.service, type="service", via="service")
        concerned = about(self.registry, event)
        return tuple(
            self._append(Asked(follower), service, None).sequence
            for follower in following(event, decision, sequence, actor.id, concerned, self.registry)
        )

    def _append(
        self,
        asked: Asked,
        actor: Actor,
        decision: Decision | None,
        request: Request | None = None,
        statement: ApprovalStatement | None = None,
    ) -> Done:
        """Fold the event and put its signed entry on the chain."""
        event, sequence = asked.event, self._chain.size
        place = Place(sequence, self._recorded_at, actor.id, asked.proof)
        if isinstance(event, (SubjectErased, SubjectRectified)):
            self._change_person(event, sequence)
        if isinstance(event, (StatementSigned, DocumentationSigned)):
            self.signed[sequence] = event
        changes = fold(self.registry, event, place)
        concerned = about(self.registry, event)
        named = subjects(self.registry, event, concerned)
        self.registry.apply(changes, sequence)
        texts = event.private_texts()
        records, commitments = self._log.vault.seal(
            self._connection, sequence, event.private_owner(actor.id), texts, asked.salts
        )
        if statement is not None:
            check_request(statement, request, commitments)
        if isinstance(asked.proof, DsseProof):
            check_nonce(read_request(from_base64(asked.proof.envelope.payload)), request)
        ready = prepare(
            event,
            asked.facts,
            actor,
            about=concerned,
            subjects=named,
            decision=decision,
            request=request,
            commitments=commitments,
            proof=asked.proof,
        )
        row = self._chain.add(ready)
        self.records.extend(records)
        self._texts[sequence] = dict(texts)
        if event.kind in KEY_KINDS:
            self._turn_keys()
        return Done(sequence, decision, row.leaf_hash, self._recorded_at)

    def _change_person(self, event: SubjectErased | SubjectRectified, sequence: int) -> None:
        """Check what is about to be destroyed, and note that it is, once this is stored."""
        self.people[sequence] = event
        if isinstance(event, SubjectErased):
            check_erasure(self._log, self._connection, self.registry, event, waiting=self.records)
            self.beside.refuse(self._connection, event)
            self._may_act.discard(event.actor_id)

    def _turn_keys(self) -> None:
        """Sign with the keys that the registry says are in force."""
        state = self.registry.find(LogState, "log")
        if state is not None and state is not self._log.keys_state:
            self._log.turn_keys(state)

    def new_head(self) -> Head:
        """The head after these entries, with its signed checkpoint."""
        return self._chain.new_head()


def _granted(asked: ReleaseState, approvals: tuple[int, ...]) -> ReleaseGranted:
    return ReleaseGranted(
        release=asked.since,
        model=asked.model,
        version=asked.version,
        environment=asked.environment,
        artifact=asked.artifact,
        approvals=approvals,
    )


def _lapsed(asked: ReleaseState, cause: int) -> ReleaseLapsed:
    return ReleaseLapsed(
        release=asked.since,
        model=asked.model,
        version=asked.version,
        environment=asked.environment,
        artifact=asked.artifact,
        cause=cause,
    )

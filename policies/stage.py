"""The stage of a case: its history folded into a registry, and what is tried on it.

Nothing is asked while the history is folded. The stage of a case is set once and serves every
policy and every mutant of one: deciding changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from ledger.core.rfc4648 import to_base64
from ledger.errors import LedgerError
from ledger.events.actor import Actor
from ledger.events.approval import ApprovalStatement, SignedHead
from ledger.events.assurance import PolicyActivated
from ledger.events.catalogue import CATALOGUE, class_of, read_event
from ledger.events.change import ChangeProposed
from ledger.events.log import LogCreated
from ledger.events.names import format_instant, parse_instant
from ledger.events.passkey import KeyEnrolled
from ledger.events.people import ActorEnrolled, RoleGranted
from ledger.events.proof import IdTokenProof, WebAuthnProof
from ledger.events.release import ReleaseApproved
from ledger.state.aggregates import ChangeState, ReleaseState, VersionState, number_key, version_key
from ledger.state.fold import Place, fold
from ledger.state.pack import pack_of
from ledger.state.passkeys import PasskeyState, credential_key
from ledger.state.registry import Registry
from policies.cases import SERVICE
from policies.document import Document, document_digest
from policies.duration import parse_duration
from policies.errors import PolicyError
from policies.facts import Case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.events.actor import Via
    from ledger.events.event import Event
    from ledger.events.people import ActorType
    from ledger.events.proof import Proof
    from policies.cases import CaseFile, Expected, Job, Step
    from policies.expression.evaluate import Value

_THE_SERVICE: Final = Actor(id="00" * 16, type="service", via="service")
_MINUTE: Final = timedelta(minutes=1)
_DIGEST: Final = "c0" * 32
# Of a private key that nobody keeps: nothing is signed in cases.
_A_PUBLIC_KEY: Final = "MCowBQYDK2VwAyEAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w="
_NOTHING: Final = "AA=="


class StagedCase(Case):
    """A case in which some facts are not known, whatever the registry says."""

    withheld: frozenset[str] = frozenset()

    def fact(self, path: str) -> Value:
        """A fact by its path, or None where it is not known or withheld."""
        return None if path in self.withheld else super().fact(path)


@dataclass(frozen=True)
class Stage:
    """What a case is decided on: state, event, asker and time."""

    expected: Expected
    line: int
    file: str
    registry: Registry
    event: Event
    actor: Actor
    now: str
    proof: Proof | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def case(self, document: Document) -> StagedCase:
        """The case under a document."""
        case = StagedCase(document, self.registry, self.event, self.actor, self.now, self.proof)
        case.withheld = frozenset(self.expected.withhold)
        return case


def set_stages(
    read: CaseFile, lines: Mapping[str, int], document: Document, file: str
) -> list[Stage]:
    """The stages of all cases of a file.

    Raises:
        PolicyError: a step makes no sense; the sentence names the case and the step.
    """
    stages = []
    for expected in read.cases:
        line = lines.get(expected.id, 0)
        setting = _Setting(read, document)
        try:
            setting.begin()
            for step in (*read.history, *expected.given):
                setting.take(step)
            actor, event = setting.command(expected.tried)
        except LedgerError as error:
            bare = getattr(error, "bare", error.sentence)
            where = f" ({error.pointer})" if error.pointer else ""
            sentence = f"{expected.id}: step {setting.step}: {bare}{where}"
            raise PolicyError(sentence, name=file, line=line, code="bad-case") from None
        now = format_instant(setting.now)
        proof = _proof(expected.tried.ci, setting.now)
        names = setting.people
        stages.append(
            Stage(expected, line, file, setting.registry, event, actor, now, proof, names)
        )
    return stages


class _Setting:
    """Folds steps into a registry."""

    def __init__(self, read: CaseFile, document: Document) -> None:
        self.registry = Registry()
        self.step = "people"
        self._read = read
        self._document = document
        self._now = parse_instant(read.start)
        self._size = 0
        self._people = {SERVICE: _THE_SERVICE}
        self._names: dict[str, str | int] = {}

    @property
    def now(self) -> datetime:
        """The time of the next step."""
        return self._now

    @property
    def people(self) -> dict[str, str]:
        """The names of people, by their ids."""
        return {actor.id: name for name, actor in self._people.items()}

    def begin(self) -> None:
        """The log, its policy, and the people."""
        self._fold(LogCreated(origin="cases", keys=(), schemas="0" * 64, generator="cases"))
        fields = self._document.canonical()
        digest = document_digest(self._document)
        policy = self._document.id
        self._fold(PolicyActivated(policy=policy, digest=digest, document=fields))
        for at, (name, person) in enumerate(self._read.people.items(), 1):
            actor = Actor(id=f"{at:032x}", type=person.type, via=_via(person.type))
            self._people[name] = actor
            self._names[name] = actor.id
            self._fold(ActorEnrolled(actor_id=actor.id, actor_type=person.type))
            for role in person.roles:
                self._fold(RoleGranted(actor_id=actor.id, role=role))

    def take(self, step: Step) -> None:
        """One step of the history."""
        actor, event = self.command(step)
        proof = None if step.signed is None else self._signed(actor, step.signed)
        number = self._fold(event, actor, proof)
        if step.name is not None:
            self._names[step.name] = number

    def _signed(self, actor: Actor, how: str) -> WebAuthnProof:
        """That a passkey signed it, as the fold reads it; cases sign nothing."""
        credential = to_base64(f"{how}/{actor.id}".encode())
        found = self.registry.find(PasskeyState, credential_key(credential))
        if found is None:
            self._fold(_a_key(actor.id, credential, synced=how == "synced"), actor)
            found = self.registry.passkey(credential)
        return _a_proof(actor.id, credential, found.since, nonce=self._size)

    def command(self, step: Step) -> tuple[Actor, Event]:
        """Who asks, and what for."""
        self.step = step.do
        if step.after is not None:
            self._now += parse_duration(step.after)
        actor = self._people.get(step.by)
        if actor is None:
            raise PolicyError(f"There is nobody called {step.by}.")
        if step.via is not None:
            actor = Actor.model_validate({**actor.model_dump(), "via": step.via})
        elif step.ci is not None:
            actor = actor.model_copy(update={"via": "id-token"})
        if step.second_factor is not None:
            actor = actor.model_copy(update={"second_factor": step.second_factor})
        wanted = class_of(step.do)
        return actor, read_event(wanted.predicate_type(), self._members(step.do, step.members))

    def _members(self, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The members of an event as an entry would hold them."""
        written = {**self._read.defaults.get(kind, {}), **given}
        fields: dict[str, Any] = {name: self._named(value) for name, value in written.items()}
        if kind == ChangeProposed.kind:
            fields["event"] = self._members(fields.get("proposed", ""), fields.get("event", {}))
        _complete(fields, kind, self.registry, self._document)
        private = set(class_of(kind).private_fields())
        return {
            name: value for name, value in fields.items() if name not in private and value != ""
        }

    def _named(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._named(item) for item in value]
        if isinstance(value, dict):
            return {key: self._named(item) for key, item in value.items()}
        if isinstance(value, str) and value.startswith("@"):
            if value[1:] not in self._names:
                raise PolicyError(f"Nothing is called {value[1:]}.")
            return self._names[value[1:]]
        return value

    def _fold(
        self, event: Event, actor: Actor = _THE_SERVICE, proof: WebAuthnProof | None = None
    ) -> int:
        number = self._size
        place = Place(number, format_instant(self._now), actor.id, proof)
        self.registry.apply(fold(self.registry, event, place), number)
        self._size += 1
        self._now += _MINUTE
        return number


def _proof(job: Job | None, now: datetime) -> IdTokenProof | None:
    """The proof of a CI job, whose rule is taken as met."""
    if job is None:
        return None
    return IdTokenProof(
        type="id-token",
        publisher=0,
        token="0" * 64,
        issuer="https://ci.example",
        audience="cases",
        repository_id="1",
        owner_id="1",
        ref=job.ref,
        ref_protected=job.ref_protected,
        environment=job.environment,
        commit="0" * 40,
        run="1",
        issued_at=format_instant(now),
        expires_at=format_instant(now + _MINUTE),
    )


def _via(kind: ActorType) -> Via:
    ways: dict[ActorType, Via] = {"person": "password", "workload": "token"}
    return ways.get(kind, "service")


def _complete(fields: dict[str, Any], kind: str, registry: Registry, document: Document) -> None:
    """Fill in what the registry knows of the release, the version and the policy in question."""
    members = CATALOGUE[kind].model_fields
    known: dict[str, Any] = {}
    release = fields.get("release")
    if isinstance(release, int):
        asked = registry.find(ReleaseState, number_key(release))
        if asked is not None:
            known = {name: getattr(asked, name) for name in _OF_A_RELEASE}
        if asked is not None and kind == ReleaseApproved.kind:
            known["pack"] = pack_of(registry, asked).digest()
    elif isinstance(fields.get("change"), int):
        proposed = registry.find(ChangeState, number_key(fields["change"]))
        known = {"command": proposed.command} if proposed else {"command": _DIGEST}
    elif "model" in fields and "version" in fields:
        version = registry.find(VersionState, version_key(fields["model"], fields["version"]))
        known = {"artifact": version.artifact.sha256} if version else {"artifact": _DIGEST}
    if kind == PolicyActivated.kind:
        known = _activation(fields.pop("document", {}), registry, document)
    if "approvals" in members:
        known["approvals"] = ()
    for name, value in known.items():
        if name in members and name not in fields and value is not None:
            fields[name] = value


def _activation(given: object, registry: Registry, document: Document) -> dict[str, Any]:
    """The members of a change of policy: the one in force with ``given`` put in its place."""
    policy = registry.policy()
    if not isinstance(given, dict):
        raise PolicyError("A document is changed by settings: {title: Changed}.")
    new = Document.from_canonical({**document.canonical(), **given})
    return {
        "policy": new.id,
        "digest": document_digest(new),
        "document": new.canonical(),
        "previous": policy.digest if policy else None,
    }


_OF_A_RELEASE: Final = ("model", "version", "environment", "artifact")


def _a_key(actor: str, credential: str, *, synced: bool) -> KeyEnrolled:
    return KeyEnrolled(
        actor_id=actor,
        credential=credential,
        algorithm="eddsa",
        public=_A_PUBLIC_KEY,
        rp_id="localhost",
        origin="http://localhost",
        backup_eligible=synced,
        backed_up=synced,
        aaguid="0" * 32,
        attestation_format="none",
        attestation=_NOTHING,
        client_data=_NOTHING,
    )


def _a_proof(actor: str, credential: str, enrolled: int, *, nonce: int) -> WebAuthnProof:
    statement = ApprovalStatement(
        log="cases",
        decision="approve",
        release=0,
        actor=actor,
        roles=(),
        model="m",
        version="1",
        environment="e",
        artifact="0" * 64,
        pack="0" * 64,
        policy="0" * 64,
        head=SignedHead(size=0, root="0" * 64),
        expires="2000-01-01T00:00:00Z",
        nonce=f"{nonce:032x}",
    )
    return WebAuthnProof(
        type="webauthn",
        key=enrolled,
        algorithm="eddsa",
        credential=credential,
        statement=to_base64(statement.canonical()),
        authenticator_data=to_base64(bytes(37)),
        client_data=_NOTHING,
        signature=_NOTHING,
    )

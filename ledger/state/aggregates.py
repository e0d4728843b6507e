"""What is true of each thing, as folded from the entries: one frozen value per thing.

An aggregate is found by its class's ``table`` and its ``key``. It is small, so that a decision
reads a handful of them and its cost does not grow with the ledger. ``search()`` names the columns
by which pages and reports find it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from ledger.events.model import (
    Artifact,
    Code,
    DataSet,
    Metric,
    Parent,
    RiskTier,
    RunEnvironment,
    Task,
    VersionScheme,
)
from ledger.events.names import Value
from ledger.events.people import ActorType
from ledger.state.keys import KeyHistory, KeySpan

LifeCycle = Literal["registered", "deprecated", "archived"]
ReleaseStatus = Literal["open", "granted", "lapsed", "rejected", "withdrawn"]
ChangeStatus = Literal["open", "carried_out", "rejected", "withdrawn"]
DeploymentStatus = Literal["running", "replaced", "rolled_back", "stopped"]
Verdict = Literal["approve", "reject"]


class Search(NamedTuple):
    """The columns by which an aggregate is found; empty text where one does not apply."""

    model: str = ""
    version: str = ""
    environment: str = ""
    status: str = ""
    actor: str = ""


class Aggregate(Value):
    """The root of all folded values. ``since`` is the entry that first made it."""

    table: ClassVar[str]
    since: int

    @property
    def key(self) -> str:
        """The name under which it is found within its table."""
        raise NotImplementedError

    def search(self) -> Search:
        """The columns by which it is found."""
        return Search()


class LogState(Aggregate):
    """The log itself: its origin, and its keys as (use, public, since, until, doubtful).

    ``successor`` is the origin of the log that continues it, once it is frozen.
    """

    table: ClassVar[str] = "log"
    origin: str
    keys: tuple[tuple[str, str, int, int, int], ...]
    successor: str = ""

    @classmethod
    def of(cls, history: KeyHistory) -> LogState:
        """The state with these keys."""
        keys = tuple(
            (span.use, span.public.hex(), span.since, span.until, span.doubtful)
            for span in history.spans
        )
        return cls(since=0, origin=history.origin, keys=keys)

    @property
    def history(self) -> KeyHistory:
        """The keys over time."""
        spans = tuple(
            KeySpan(use, bytes.fromhex(public), since, until, doubtful)
            for use, public, since, until, doubtful in self.keys
        )
        return KeyHistory(self.origin, spans)

    @property
    def key(self) -> str:
        return "log"


class PolicyState(Aggregate):
    """The policy in force. ``since`` is the entry that activated it."""

    table: ClassVar[str] = "policy"
    policy: str
    digest: str
    previous: str | None

    @property
    def key(self) -> str:
        return "in-force"


class RoleHeld(Value):
    """A role and the entry that granted it, with its scope and its end, where it has them.

    A role with a scope counts for the models that are named, and for those with one of the tags.
    """

    role: str
    granted: int
    models: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    until: str | None = None

    @model_serializer(mode="wrap")
    def _without_nothing(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what it lacks, so that a role without limits is written as it always was."""
        return {name: value for name, value in write(self).items() if value is not None}

    @property
    def scoped(self) -> bool:
        """Whether it counts for some models only."""
        return self.models is not None or self.tags is not None

    @property
    def limited(self) -> bool:
        """Whether it has a scope or an end."""
        return self.scoped or self.until is not None

    def in_time(self, now: str) -> bool:
        """Whether it is not over at an instant (as ``format_instant`` writes it)."""
        return self.until is None or now < self.until

    def reaches(self, model: str, tags: tuple[str, ...]) -> bool:
        """Whether it counts for a model with these tags; ``model`` is empty for none."""
        if not self.scoped:
            return True
        return bool(model) and (
            model in (self.models or ()) or bool({*(self.tags or ())} & {*tags})
        )


class ActorState(Aggregate):
    """Somebody who may act, with the roles held now.

    ``alike`` are the other accounts of the same natural person, and the workloads they operate.
    """

    table: ClassVar[str] = "actor"
    id: str
    type: ActorType
    roles: tuple[RoleHeld, ...] = ()
    alike: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.id

    def search(self) -> Search:
        return Search(actor=self.id, status=self.type)

    @property
    def person(self) -> str:
        """One id for all accounts of the same natural person."""
        return min(self.id, *self.alike) if self.alike else self.id

    def held(self, role: str) -> RoleHeld | None:
        """The role as it was granted last and not revoked, over or not."""
        return next((held for held in self.roles if held.role == role), None)

    def holds(self, role: str, now: str) -> bool:
        """Whether the role is held at an instant, for every model."""
        held = self.held(role)
        return held is not None and held.in_time(now) and not held.scoped


class DelegationState(Aggregate):
    """Somebody stands in for another in one role, from ``begins`` to before ``until``. Key: entry.

    ``ended`` is the entry that ended it before its time.
    """

    table: ClassVar[str] = "delegation"
    delegator: str
    delegate: str
    role: str
    begins: str
    until: str
    at: str
    ended: int | None = None

    @property
    def key(self) -> str:
        return number_key(self.since)

    def search(self) -> Search:
        return Search(actor=self.delegate, status="ended" if self.ended is not None else "open")


class StandIns(Aggregate):
    """The delegations that were given to, or by, an actor and not ended: entries by actor.

    ``given`` names those of which the actor is the delegator, ``held`` those of the delegate.
    """

    table: ClassVar[str] = "stand_ins"
    actor: str
    given: tuple[int, ...] = ()
    held: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        return self.actor


class RoleState(Aggregate):
    """Who holds a role now, in the order in which it was granted."""

    table: ClassVar[str] = "role"
    role: str
    holders: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.role


class ModelState(Aggregate):
    """A model and what was said of it when it was registered."""

    table: ClassVar[str] = "model"
    model: str
    version_scheme: VersionScheme
    task: Task
    risk_tier: RiskTier
    purposes: tuple[str, ...]
    owner: str
    registrant: str
    tags: tuple[str, ...] | None = None
    latest: str | None = None
    versions: int = 0

    @property
    def key(self) -> str:
        return self.model

    def search(self) -> Search:
        return Search(model=self.model, status=self.risk_tier, actor=self.owner)


class Evidence(Value):
    """A document attached to a version, by the entry that attached it."""

    entry: int
    type: str
    sha256: str
    attached_at: str
    valid_until: str | None
    by: str


class Measured(Value):
    """The latest value of one metric on one data set, and the entry that recorded it."""

    entry: int
    measured_at: str
    metric: Metric


class Deprecation(Value):
    """Why and from when a version should no longer be used."""

    entry: int
    cause: str
    effective_on: str
    replacement: str | None


class VersionState(Aggregate):
    """A version: its bytes and origins, its evidence, its releases and where it has run.

    ``facts_changed`` is the last entry that changed what an approver would look at; an approval
    given before it no longer counts. ``current_releases`` and ``last_deployed`` hold, by
    environment, the release asked for last and the last entry that put the version to work there.
    """

    table: ClassVar[str] = "version"
    model: str
    version: str
    artifact: Artifact
    trained_at: str
    registrant: str
    registered_at: str
    state: LifeCycle = "registered"
    data_sets: tuple[DataSet, ...] = ()
    code: Code | None = None
    run: str | None = None
    parameters: dict[str, str] = Field(default_factory=dict)
    environment_used: RunEnvironment | None = None
    parents: tuple[Parent, ...] = ()
    licence: str | None = None
    evidence: tuple[Evidence, ...] = ()
    metrics: tuple[Measured, ...] = ()
    observed: tuple[Measured, ...] = ()
    facts_changed: int
    deprecation: Deprecation | None = None
    archived: int | None = None
    current_releases: dict[str, int] = Field(default_factory=dict)
    last_deployed: dict[str, int] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        return version_key(self.model, self.version)

    def search(self) -> Search:
        return Search(self.model, self.version, status=self.state, actor=self.registrant)


class Vote(Value):
    """What one person last said about a release or a change.

    ``counts`` turns false when it is taken back. ``artifact`` is the digest that the person was
    shown: of a release its artifact's, of a change its command's. ``policy`` is the digest of the
    policy in force when it was said, ``pack`` that of everything the person was shown, if named.
    ``passkey`` is the key of the passkey that signed it, if one did; ``device_bound`` says that
    this passkey can't be copied.
    """

    entry: int
    at: str
    actor: str
    verdict: Verdict
    artifact: str
    policy: str
    pack: str | None = None
    passkey: str | None = None
    device_bound: bool = False
    counts: bool = True

    @property
    def approves(self) -> bool:
        """Whether it is an approval that was not taken back."""
        return self.counts and self.verdict == "approve"


class ReleaseState(Aggregate):
    """A request that one version may run in one environment, and its votes. Key: its entry."""

    table: ClassVar[str] = "release"
    model: str
    version: str
    environment: str
    artifact: str
    requester: str
    requested_at: str
    status: ReleaseStatus = "open"
    votes: tuple[Vote, ...] = ()
    granted: int | None = None
    granted_at: str | None = None
    closed: int | None = None

    @property
    def key(self) -> str:
        return number_key(self.since)

    def search(self) -> Search:
        return Search(self.model, self.version, self.environment, self.status, self.requester)


class ChangeState(Aggregate):
    """A proposed command, and its votes. Key: its entry. ``receiver`` is whom it is about."""

    table: ClassVar[str] = "change"
    proposed: str
    command: str
    proposer: str
    proposed_at: str
    receiver: str = ""
    model: str = ""
    version: str = ""
    environment: str = ""
    status: ChangeStatus = "open"
    votes: tuple[Vote, ...] = ()
    closed: int | None = None
    closed_at: str | None = None

    @property
    def key(self) -> str:
        return number_key(self.since)

    def search(self) -> Search:
        return Search(self.model, self.version, self.environment, self.status, self.proposer)


class OpenChanges(Aggregate):
    """The open proposals of one kind of event: digest of the command to the proposing entry."""

    table: ClassVar[str] = "open_changes"
    proposed: str
    commands: dict[str, int]

    @property
    def key(self) -> str:
        return self.proposed


class DeploymentState(Aggregate):
    """One stretch of time in which a version ran in an environment. Key: its entry."""

    table: ClassVar[str] = "deployment"
    model: str
    version: str
    environment: str
    artifact: str
    release: int | None
    by: str
    at: str
    rollback: bool
    region: str | None = None
    target: str | None = None
    status: DeploymentStatus = "running"
    ended: int | None = None
    ended_at: str | None = None

    @property
    def key(self) -> str:
        return number_key(self.since)

    def search(self) -> Search:
        return Search(self.model, self.version, self.environment, self.status, self.by)


class SlotState(Aggregate):
    """What runs now in one environment of one model."""

    table: ClassVar[str] = "slot"
    model: str
    environment: str
    deployment: int | None

    @property
    def key(self) -> str:
        return slot_key(self.model, self.environment)

    def search(self) -> Search:
        return Search(self.model, environment=self.environment)


class ReportState(Aggregate):
    """A report that was issued. Key: its entry."""

    table: ClassVar[str] = "report"
    report: str
    framework: str
    period_from: str
    period_until: str
    models: tuple[str, ...]
    position: int
    unsealed: str
    sealed: str
    pages: int
    by: str
    at: str
    verdicts: dict[str, int]
    environments: tuple[str, ...] | None = None
    sample: int | None = None

    @model_serializer(mode="wrap")
    def _without_nothing(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what it lacks, so that a report is written as it was before it had these."""
        return {name: value for name, value in write(self).items() if value is not None}

    @property
    def key(self) -> str:
        return number_key(self.since)

    def search(self) -> Search:
        return Search(status=self.framework, actor=self.by)


def version_key(model: str, version: str) -> str:
    """The key of a version; neither part can hold an ``@``."""
    return f"{model}@{version}"


def slot_key(model: str, environment: str) -> str:
    """The key of what runs in an environment."""
    return f"{model}@{environment}"


def number_key(sequence: int) -> str:
    """A sequence number as a key that sorts as the number does (numbers stay below 2**53)."""
    return f"{sequence:016d}"

"""What the API takes and answers beside events and aggregates, which are shapes already."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, StringConstraints

from ledger.events.actor import Actor
from ledger.events.decision import Outcome, Result
from ledger.events.names import (
    ActorId,
    Count,
    Day,
    Instant,
    ModelName,
    PrivateText,
    PublicText,
    Sequence,
    Sha256,
    Slug,
    Value,
    VersionName,
)
from ledger.state.aggregates import ChangeState, DeploymentState, ReleaseState
from ledger.state.approvers import AssignmentState
from ledger.state.lineage import NodeKind
from ledger.state.pack import Pack
from webui.identity.scope import TokenScope

IdempotencyKey = Annotated[
    str, StringConstraints(pattern=r"^[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?$")
]

ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 (a name)


class Command(Value):
    """What should happen: a kind of event and its fields."""

    kind: str
    event: dict[str, Any]


class Line(Command):
    """One line of a batch: a command and its idempotency key."""

    idempotency_key: IdempotencyKey


class DecisionAnswer(Value):
    """What the policy in force says, result by result.

    ``sentences`` say it to people; the receipt of what was allowed has none.
    """

    outcome: Outcome
    policy: Sha256
    engine: Count
    results: tuple[Result, ...]
    sentences: tuple[str, ...]


class EntryNumber(Value):
    """An entry that a command brought about."""

    sequence: Sequence
    kind: str


class EntryLinks(Value):
    """Where the entry and its proof are."""

    entry: str
    proof: str


class ReceiptAnswer(Value):
    """What became of a command, durably. ``checkpoint`` is a signed note that covers the entry."""

    outcome: Outcome
    sequence: Sequence
    kind: str
    recorded_at: Instant
    leaf_hash: Sha256
    decision: DecisionAnswer | None
    consequences: tuple[EntryNumber, ...]
    checkpoint: str
    links: EntryLinks


class LineAnswer(Value):
    """What became of one line of a batch; lines count from 1."""

    line: Count
    status: Literal["recorded", "denied", "replayed"]
    receipt: ReceiptAnswer


class BatchAnswer(Value):
    """What became of a batch, line by line."""

    lines: tuple[LineAnswer, ...]


class Pointed(Value):
    """A place in what was sent (RFC 6901), and what is wrong there."""

    pointer: str
    detail: str


class Problem(Value):
    """A refusal or failure (RFC 9457). ``code`` is stable, the sentences may change."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    code: str
    remedy: str | None = None
    errors: tuple[Pointed, ...] | None = None


class DeniedProblem(Problem):
    """The policy refused. ``entry`` records the refusal."""

    entry: Sequence
    results: tuple[Result, ...]
    sentences: tuple[str, ...]


class LineProblem(Value):
    """What kept a line of a batch from being recorded; ``not-recorded`` lines had no fault."""

    line: Count
    status: Literal["invalid", "not-recorded"]
    problem: Problem | None = None


class BatchProblem(Problem):
    """Nothing of a batch was recorded."""

    lines: tuple[LineProblem, ...]


class LineageNode(Value):
    """One thing in a lineage; ``entry`` is the entry that says so."""

    id: str
    kind: NodeKind
    label: str
    detail: str
    entry: Sequence


class LineageEdge(Value):
    """Something flowed from one node to another."""

    source: str
    target: str
    label: str


class LineageAnswer(Value):
    """Where a version came from and where it went."""

    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]


class ReleaseAnswer(Value):
    """A release and what the policy in force still asks for; empty when it asks for nothing.

    ``pack`` is everything there is to look at now; an approval that names ``pack_digest`` is
    recorded only where that is still how things stand. ``assignment`` is whom somebody asked last
    to look, ``standing_in`` who stands in now for each of them. ``may_vote`` says whether the
    policy would take an approval of whoever asks now; if not, ``why_no_vote`` says why.
    """

    release: ReleaseState
    pending: tuple[str, ...]
    pack: Pack
    pack_digest: Sha256
    assignment: AssignmentState | None = None
    standing_in: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    may_vote: bool
    why_no_vote: tuple[str, ...] = ()


class CommentAnswer(Value):
    """A comment on a release; null where its text was erased."""

    sequence: Sequence
    recorded_at: Instant
    actor: ActorId
    comment: str | None


class Comments(Value):
    """Comments on a release, oldest first."""

    items: tuple[CommentAnswer, ...]


class ChangeAnswer(Value):
    """A proposed change, the facts of the event, and what is missing before it can happen.

    ``texts`` are its private texts by field; null where they were erased. It is carried out with
    these facts and texts and no others.
    """

    change: ChangeState
    event: dict[str, Any]
    texts: dict[str, str] | None
    pending: tuple[str, ...]


class GateWanted(Value):
    """May these bytes (the registered ones, if none are named) be deployed there by the asker?

    ``challenge`` comes back as it is. ``admission_hours`` asks for a signed receipt.
    """

    model: ModelName
    version: VersionName
    environment: Slug
    artifact: Sha256 | None = None
    challenge: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    admission_hours: Annotated[int, Field(ge=1, le=720)] | None = None


class GateAnswer(Value):
    """What the policy in force says, on the first ``size`` entries; nothing is recorded.

    ``sentences`` say why it is refused; an allowance has none.

    ``admission`` is the admission receipt: a DSSE envelope around a SLSA verification summary.
    """

    format: Literal["counterseal-gate/1"]
    outcome: Outcome
    model: ModelName
    version: VersionName
    environment: Slug
    artifact: Sha256
    policy: Sha256
    checked_at: Instant
    size: Count
    results: tuple[Result, ...]
    sentences: tuple[str, ...]
    challenge: str
    admission: str | None


class WhyNotWanted(Value):
    """What stands between a version and an environment?

    ``planned`` are the fields of ``version.registered`` for a version that does not exist yet.
    """

    model: ModelName
    version: VersionName
    environment: Slug
    planned: dict[str, Any] | None = None


class NextVersionWanted(Value):
    """How is the next version named? ``planned`` are fields of ``version.registered``."""

    model: ModelName
    planned: dict[str, Any] | None = None


class VoicesAnswer(Value):
    """So many of these people, who hold one of these roles, can meet it."""

    number: Count
    roles: tuple[Slug, ...]
    people: tuple[str, ...]


class UnmetAnswer(Value):
    """A condition that is not met, at which step, in a sentence, and who can meet it."""

    step: Literal["register", "request", "grant", "deploy"]
    gate: str
    requirement: str
    code: str
    sentence: str
    who: tuple[VoicesAnswer, ...]


class WhyNotAnswer(Value):
    """Everything that is unmet; ``release`` and ``status`` are of the newest release, if any."""

    model: ModelName
    version: VersionName
    environment: Slug
    release: Sequence | None
    status: str
    unmet: tuple[UnmetAnswer, ...]


class Running(Value):
    """What runs now, by model and environment."""

    items: tuple[DeploymentState, ...]


class EntryRow(Value):
    """An entry as lists show it."""

    sequence: Sequence
    kind: str
    recorded_at: Instant
    actor: ActorId
    outcome: Outcome
    model: str
    version: str
    environment: str
    leaf_hash: Sha256


class EntryAnswer(Value):
    """An entry in full.

    ``envelope`` is Base64 of the stored bytes, whose RFC 6962 leaf hash is ``leaf_hash``;
    ``statement`` is the signed payload read from them. ``private`` are the texts kept outside the
    ledger, null where they were erased.
    """

    sequence: Sequence
    kind: str
    recorded_at: Instant
    leaf_hash: Sha256
    statement: dict[str, Any]
    envelope: str
    private: dict[str, str | None]


class PolicyPartAnswer(Value):
    """A part that a policy is filed in, by its digest, and how many gates it holds."""

    digest: Sha256
    gates: int


class PolicyAnswer(Value):
    """The policy in force, as the entry ``since`` put it there; ``parts`` where it is in parts."""

    policy: Slug
    digest: Sha256
    previous: Sha256 | None
    since: Sequence
    document: dict[str, Any]
    parts: tuple[PolicyPartAnswer, ...]


class ReportWanted(Value):
    """A report over a period, of some models or of all. ``framework`` names its kind.

    A report about a ``sample`` has its period, models and environments.
    """

    model_config = ConfigDict(populate_by_name=False)

    framework: Slug
    period_from: Day | None = Field(default=None, alias="from")
    period_until: Day | None = Field(default=None, alias="to")
    models: tuple[ModelName, ...] = Field(default=(), max_length=200)
    environments: tuple[Slug, ...] = Field(default=("production",), min_length=1, max_length=20)
    sample: Sequence | None = None


class SampleDraw(Value):
    """The nonce of a sample, whose SHA-256 it was opened with."""

    nonce: Sha256


class SampleRows(Value):
    """Rows to add to a sample by hand: entries of its frozen population."""

    rows: tuple[Sequence, ...] = Field(min_length=1, max_length=100)
    reason: PrivateText


class LackAnswer(Value):
    """A control for which a report will lack something."""

    control: str
    ref: str
    title: str
    texts: tuple[str, ...]
    sentence: str


class PreparedAnswer(Value):
    """What a report will lack: texts nobody wrote, or that are over; tests that can't be computed.

    ``failing`` are controls whose tests fail.
    """

    kind: str
    position: Count
    missing: tuple[LackAnswer, ...]
    expired: tuple[LackAnswer, ...]
    uncomputed: tuple[LackAnswer, ...]
    failing: tuple[LackAnswer, ...]


class ReportAnswer(Value):
    """A report was issued by the entry ``sequence``."""

    sequence: Sequence
    report: Slug
    sealed: Sha256
    pages: Count
    verdicts: dict[str, Count]
    pdf: str


class TokenWanted(Value):
    """A token to make; without ``actor_id`` it is one of the asker's own."""

    label: Annotated[PublicText, Field(max_length=100)]
    scope: TokenScope
    days: Annotated[int, Field(ge=1, le=366)] = 90
    actor_id: ActorId | None = None


class TokenAnswer(Value):
    """A token without its secret."""

    token_id: Slug
    actor_id: ActorId
    label: str
    scope: TokenScope
    created_at: Instant
    created_by: ActorId
    expires_at: Instant
    last_used_at: Instant | None
    revoked_at: Instant | None


class Tokens(Value):
    """Tokens, newest first."""

    items: tuple[TokenAnswer, ...]


class NewTokenAnswer(TokenAnswer):
    """A token that was just made. ``secret`` is shown this once."""

    secret: str


class ExchangeWanted(Value):
    """An identity token to exchange (RFC 8693). ``publisher`` chooses one where several admit it.

    The members that RFC 8693 names and that have one meaning here may be left out.
    """

    subject_token: Annotated[str, Field(min_length=1, max_length=65_536)]
    subject_token_type: Literal[
        "urn:ietf:params:oauth:token-type:id_token", "urn:ietf:params:oauth:token-type:jwt"
    ] = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 (a name)
    grant_type: Literal["urn:ietf:params:oauth:grant-type:token-exchange"] = (
        "urn:ietf:params:oauth:grant-type:token-exchange"
    )
    requested_token_type: Literal["urn:ietf:params:oauth:token-type:access_token"] = ACCESS_TOKEN
    publisher: Sequence | None = None


class ExchangeAnswer(Value):
    """The token that a CI job was given (RFC 8693, section 2.2.1), and whose it is."""

    access_token: str
    issued_token_type: str
    token_type: Literal["Bearer"]
    expires_in: Count
    scope: str
    token_id: Slug
    actor_id: ActorId
    publisher: Sequence


class MeAnswer(Value):
    """Who the token speaks for, and how far it reaches."""

    actor: Actor
    name: str
    roles: tuple[Slug, ...]
    scope: TokenScope
    expires_at: Instant

"""Models and their versions: registered, described, measured, deprecated, archived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ledger.events.event import Event, named
from ledger.events.names import (
    ActorId,
    CommitId,
    Count,
    Day,
    DecimalText,
    Instant,
    ModelName,
    ParameterName,
    PrivateText,
    PublicText,
    Sha256,
    Slug,
    Value,
    VersionName,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

VersionScheme = Literal["semantic", "date", "hash"]
RiskTier = Literal["low", "medium", "high", "prohibited"]
Task = Literal["classification", "regression", "ranking", "forecasting", "generation", "other"]
Classification = Literal[
    "public", "internal", "confidential", "personal", "special_category", "phi"
]


Tags = Annotated[tuple[Slug, ...], Field(max_length=20)]
Metadata = Annotated[dict[ParameterName, PublicText], Field(max_length=100)]
"""What the organisation's schema asks for, by the names of its fields."""


class ModelRegistered(Event):
    """A model exists: its name, how its versions are named, its risk tier, purposes and owner."""

    kind: ClassVar[str] = "model.registered"

    model: ModelName
    version_scheme: VersionScheme
    task: Task
    risk_tier: RiskTier
    purposes: tuple[Slug, ...] = Field(min_length=1, max_length=20)
    owner: ActorId
    tags: Tags | None = None
    metadata: Metadata | None = None
    description: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"model:{self.model}")


class Artifact(Value):
    """The bytes of a version. ``sha256`` is over the file, or over the manifest of a directory."""

    sha256: Sha256
    size_bytes: Count
    format: Slug
    uri: PublicText | None = None


class DataSet(Value):
    """A data set that a version was trained on, with what privacy law asks of it."""

    name: Slug
    version: VersionName
    sha256: Sha256
    source: PublicText
    classification: Classification
    rows: Count | None = None
    legal_basis: (
        Literal[
            "consent",
            "contract",
            "legal_obligation",
            "vital_interests",
            "public_task",
            "legitimate_interests",
        ]
        | None
    ) = None
    purposes: tuple[Slug, ...] = ()
    region: Slug | None = None
    retain_until: Day | None = None
    de_identification: (
        Literal["none", "safe_harbor", "expert_determination", "limited_data_set"] | None
    ) = None


class Code(Value):
    """The commit that a version was built from."""

    repository: PublicText
    commit: CommitId
    branch: PublicText | None = None
    dirty: bool
    tag: PublicText | None = None
    tag_signature: Literal["valid", "invalid", "none"] = "none"


class Metric(Value):
    """One measured number, on one data set."""

    name: ParameterName
    value: DecimalText
    data_set: Slug
    held_out: bool
    higher_is_better: bool
    sample_size: Count | None = None


class RunEnvironment(Value):
    """What a version was trained with."""

    python: PublicText | None = None
    packages: dict[PublicText, PublicText] = Field(default_factory=dict, max_length=600)
    hardware: PublicText | None = None


class Parent(Value):
    """A version that this one was made from."""

    model: ModelName
    version: VersionName
    relation: Literal["base_model", "fine_tuned_from", "distilled_from", "successor_of"]


class VersionRegistered(Event):
    """One version of a model: which bytes, from which data, code, run and parents."""

    kind: ClassVar[str] = "version.registered"

    model: ModelName
    version: VersionName
    artifact: Artifact
    trained_at: Instant
    data_sets: tuple[DataSet, ...] = Field(default=(), max_length=100)
    code: Code | None = None
    run: PublicText | None = None
    parameters: dict[ParameterName, PublicText] = Field(default_factory=dict, max_length=300)
    metrics: tuple[Metric, ...] = Field(default=(), max_length=200)
    environment_used: RunEnvironment | None = None
    parents: tuple[Parent, ...] = Field(default=(), max_length=20)
    licence: PublicText | None = None
    metadata: Metadata | None = None
    notes: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return {f"model:{self.model}@{self.version}": self.artifact.sha256}


class EvidenceAttached(Event):
    """A document about a version, by digest: evaluation report, bias report, DPIA, model card."""

    kind: ClassVar[str] = "evidence.attached"

    model: ModelName
    version: VersionName
    type: Slug
    sha256: Sha256
    size_bytes: Count
    media_type: PublicText
    valid_until: Day | None = None
    title: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return {f"evidence:{self.type}": self.sha256}


class MetricsObserved(Event):
    """Metrics measured after registration: an evaluation before a release, or monitoring after."""

    kind: ClassVar[str] = "metrics.observed"

    model: ModelName
    version: VersionName
    phase: Literal["evaluation", "monitoring"]
    environment: Slug | None = None
    metrics: tuple[Metric, ...] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _monitoring_names_its_environment(self) -> MetricsObserved:
        if self.phase == "monitoring" and self.environment is None:
            msg = "monitoring metrics must name the environment they were measured in"
            raise ValueError(msg)
        return self


class VersionDeprecated(Event):
    """A version should no longer be used; it can't be deployed any more."""

    kind: ClassVar[str] = "version.deprecated"

    model: ModelName
    version: VersionName
    cause: Literal["superseded", "quality", "security", "privacy", "regulatory", "end_of_life"]
    effective_on: Day
    replacement: VersionName | None = None
    reason: PrivateText


class DeprecationAcknowledged(Event):
    """Somebody who owns or uses a deprecated version says that they know of it."""

    kind: ClassVar[str] = "deprecation.acknowledged"

    model: ModelName
    version: VersionName
    note: PrivateText | None = None


class VersionArchived(Event):
    """A version is retired: kept and readable, never deployed again, never deleted."""

    kind: ClassVar[str] = "version.archived"

    model: ModelName
    version: VersionName
    reason: PrivateText | None = None

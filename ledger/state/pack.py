"""What a person approves: everything there was to look at, as one digest.

The *pack* of a release says what would run, what runs there now, what was attached and measured,
and under which policy it is decided. It follows from the registry alone, so the entries before an
approval give it again, for ever. An approval that names the digest of the pack is recorded only
where that is still how things stand; the ledger's head and the reason are bound by the entry, which
holds the hash of the entry before it and a commitment to the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical
from ledger.events.model import (
    Artifact,
    Code,
    DataSet,
    Metric,
    Parent,
    RiskTier,
    RunEnvironment,
    Task,
)
from ledger.events.names import ModelName, Sequence, Sha256, Slug, Value, VersionName
from ledger.state.aggregates import LifeCycle
from ledger.state.metadata import metadata_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.state.aggregates import Evidence, ReleaseState, VersionState
    from ledger.state.registry import Registry


class Attached(Value):
    """A document, by the entry that attached it."""

    entry: Sequence
    type: Slug
    sha256: Sha256
    valid_until: str | None


class MeasuredThen(Value):
    """The latest value of a metric, and the entry that recorded it."""

    entry: Sequence
    metric: Metric


class Looked(Value):
    """A version, as there was to look at: bytes, origins, documents and metrics."""

    version: VersionName
    entry: Sequence
    state: LifeCycle
    artifact: Artifact
    trained_at: str
    data_sets: tuple[DataSet, ...]
    code: Code | None
    parameters: dict[str, str]
    environment_used: RunEnvironment | None
    parents: tuple[Parent, ...]
    licence: str | None
    evidence: tuple[Attached, ...]
    metrics: tuple[MeasuredThen, ...]
    metadata: dict[str, str] | None = None


class RunningThen(Value):
    """What ran where the release wants to go, and the entry that put it to work there."""

    deployment: Sequence
    version: Looked


class Pack(Value):
    """Everything there was to look at when a release was approved."""

    format: Literal["counterseal approval pack v1"] = "counterseal approval pack v1"
    release: Sequence
    model: ModelName
    task: Task
    risk_tier: RiskTier
    purposes: tuple[str, ...]
    environment: Slug
    policy: Sha256
    proposed: Looked
    running: RunningThen | None

    def digest(self) -> str:
        """SHA-256 of ``canonical()``, as 64 hexadecimal digits."""
        return hex_digest(self.canonical())

    def canonical(self) -> bytes:
        """The pack in canonical JSON (RFC 8785), without nulls: what its digest is of."""
        return canonical(self.model_dump(mode="json", exclude_none=True))


def pack_of(registry: Registry, asked: ReleaseState) -> Pack:
    """The pack of a release as things stand.

    Raises:
        UnknownSubjectError: the registry does not hold what the release speaks of.
    """
    model = registry.model(asked.model)
    run = registry.running(asked.model, asked.environment)
    running = None
    if run is not None:
        there = registry.version(run.model, run.version)
        running = RunningThen(deployment=run.since, version=_looked(registry, there))
    return Pack(
        release=asked.since,
        model=asked.model,
        task=model.task,
        risk_tier=model.risk_tier,
        purposes=model.purposes,
        environment=asked.environment,
        policy=registry.policy_digest(),
        proposed=_looked(registry, registry.version(asked.model, asked.version)),
        running=running,
    )


class Changed(NamedTuple):
    """One thing that is otherwise in a later pack: texts, empty where there was nothing."""

    what: Literal[
        "metric", "document", "metadata", "state", "policy", "running", "risk tier", "purposes"
    ]
    name: str
    before: str
    after: str


def what_changed(then: Pack, now: Pack) -> tuple[Changed, ...]:
    """What there is to look at now and was not then, of the same release."""
    single: list[Changed] = [
        Changed("state", "", then.proposed.state, now.proposed.state),
        Changed("risk tier", "", then.risk_tier, now.risk_tier),
        Changed("purposes", "", ", ".join(then.purposes), ", ".join(now.purposes)),
        Changed("running", "", _running(then), _running(now)),
        Changed("policy", "", then.policy, now.policy),
    ]
    metrics = _pairs("metric", _metrics(then.proposed), _metrics(now.proposed))
    documents = _pairs("document", _documents(then.proposed), _documents(now.proposed))
    said = _pairs("metadata", then.proposed.metadata or {}, now.proposed.metadata or {})
    return tuple(
        found for found in (*metrics, *documents, *said, *single) if found.before != found.after
    )


def _pairs(
    what: Literal["metric", "document", "metadata"], before: dict[str, str], after: dict[str, str]
) -> Iterator[Changed]:
    for name in {**before, **after}:
        yield Changed(what, name, before.get(name, ""), after.get(name, ""))


def _metrics(version: Looked) -> dict[str, str]:
    held = (item.metric for item in version.metrics)
    return {f"{metric.name} on {metric.data_set}": metric.value for metric in held}


def _documents(version: Looked) -> dict[str, str]:
    """The documents of a type together, by their digests."""
    found: dict[str, str] = {}
    for item in version.evidence:
        found[item.type] = f"{found.get(item.type, '')} {item.sha256[:12]}".strip()
    return found


def _running(pack: Pack) -> str:
    return pack.running.version.version if pack.running else ""


def _looked(registry: Registry, version: VersionState) -> Looked:
    said = metadata_of(registry, version.model, version.version)
    return Looked(
        version=version.version,
        entry=version.since,
        state=version.state,
        artifact=version.artifact,
        trained_at=version.trained_at,
        data_sets=version.data_sets,
        code=version.code,
        parameters=version.parameters,
        environment_used=version.environment_used,
        parents=version.parents,
        licence=version.licence,
        evidence=tuple(_attached(item) for item in version.evidence),
        metrics=tuple(
            MeasuredThen(entry=item.entry, metric=item.metric) for item in version.metrics
        ),
        # Nothing where nothing was said, so that a pack is what it was before there was metadata.
        metadata=(said.values() or None) if said else None,
    )


def _attached(item: Evidence) -> Attached:
    return Attached(
        entry=item.entry, type=item.type, sha256=item.sha256, valid_until=item.valid_until
    )

"""Models and versions: registered, described, measured, deprecated, archived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import ConflictError, InputError
from ledger.state.aggregates import (
    Aggregate,
    Deprecation,
    Evidence,
    Measured,
    ModelState,
    VersionState,
    version_key,
)
from ledger.state.metadata import registered
from ledger.state.recalls import descends_from_itself
from ledger.state.versions import check_version_name

if TYPE_CHECKING:
    from ledger.events import model
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]


MOST_EVIDENCE = 500
MOST_METRICS = 1_000


def model_registered(registry: Registry, event: model.ModelRegistered, place: Place) -> Changes:
    """A name is taken for ever, with an owner who is enrolled."""
    if registry.find(ModelState, event.model) is not None:
        raise ConflictError("A model of this name is registered already.", pointer="/event/model")
    registry.actor(event.owner)
    return (
        ModelState(
            since=place.sequence,
            model=event.model,
            version_scheme=event.version_scheme,
            task=event.task,
            risk_tier=event.risk_tier,
            purposes=event.purposes,
            owner=event.owner,
            registrant=place.actor,
            tags=event.tags,
        ),
        *registered(registry, event.model, "", event.metadata, place),
    )


def version_registered(registry: Registry, event: model.VersionRegistered, place: Place) -> Changes:
    """A version is there, named as its model asks, and never changes."""
    parent = registry.model(event.model)
    if registry.find(VersionState, version_key(event.model, event.version)) is not None:
        raise ConflictError(
            "This version is registered already; a version never changes.",
            pointer="/event/version",
            remedy="Register the new bytes under a new version.",
        )
    if descends_from_itself(registry, event):
        raise ConflictError(
            "This version would be its own ancestor.",
            code="lineage-cycle",
            pointer="/event/parents",
            remedy="A parent was there before what was made from it.",
        )
    check_version_name(parent.version_scheme, event.version, event.artifact.sha256)
    version = VersionState(
        since=place.sequence,
        model=event.model,
        version=event.version,
        artifact=event.artifact,
        trained_at=event.trained_at,
        registrant=place.actor,
        registered_at=place.at,
        data_sets=event.data_sets,
        code=event.code,
        run=event.run,
        parameters=event.parameters,
        environment_used=event.environment_used,
        parents=event.parents,
        licence=event.licence,
        metrics=_latest((), event.metrics, place),
        facts_changed=place.sequence,
    )
    counted = parent.but(latest=event.version, versions=parent.versions + 1)
    said = registered(registry, event.model, event.version, event.metadata, place)
    return (version, counted, *said)


def _latest(
    before: tuple[Measured, ...], metrics: tuple[model.Metric, ...], place: Place
) -> tuple[Measured, ...]:
    """The latest value of each metric on each data set, in order of first appearance."""
    found = {(held.metric.name, held.metric.data_set): held for held in before}
    for metric in metrics:
        found[metric.name, metric.data_set] = Measured(
            entry=place.sequence, measured_at=place.at, metric=metric
        )
    if len(found) > MOST_METRICS:
        raise InputError(
            f"A version holds at most {MOST_METRICS} metrics.", pointer="/event/metrics"
        )
    return tuple(found.values())


def evidence_attached(registry: Registry, event: model.EvidenceAttached, place: Place) -> Changes:
    """A version carries one more document; approvals before it are stale."""
    version = living(registry, event.model, event.version)
    if any(held.type == event.type and held.sha256 == event.sha256 for held in version.evidence):
        raise ConflictError("This document is attached already.", pointer="/event/sha256")
    if len(version.evidence) >= MOST_EVIDENCE:
        raise InputError(f"A version holds at most {MOST_EVIDENCE} documents.")
    added = Evidence(
        entry=place.sequence,
        type=event.type,
        sha256=event.sha256,
        attached_at=place.at,
        valid_until=event.valid_until,
        by=place.actor,
    )
    return (version.but(evidence=(*version.evidence, added), facts_changed=place.sequence),)


def metrics_observed(registry: Registry, event: model.MetricsObserved, place: Place) -> Changes:
    """Monitoring is kept beside a version; an evaluation changes what approvers look at."""
    version = registry.version(event.model, event.version)
    if event.phase == "monitoring":
        return (version.but(observed=_latest(version.observed, event.metrics, place)),)
    version = living(registry, event.model, event.version)
    return (
        version.but(
            metrics=_latest(version.metrics, event.metrics, place), facts_changed=place.sequence
        ),
    )


def living(registry: Registry, name: str, version: str) -> VersionState:
    """A version that is not archived."""
    found = registry.version(name, version)
    if found.state == "archived":
        raise ConflictError(
            "This version is archived; nothing is added to it.", pointer="/event/version"
        )
    return found


def version_deprecated(registry: Registry, event: model.VersionDeprecated, place: Place) -> Changes:
    """A registered version should no longer be used."""
    version = registry.version(event.model, event.version)
    if version.state != "registered":
        raise ConflictError(f"This version is {version.state} already.", pointer="/event/version")
    if event.replacement is not None:
        registry.version(event.model, event.replacement)
    deprecation = Deprecation(
        entry=place.sequence,
        cause=event.cause,
        effective_on=event.effective_on,
        replacement=event.replacement,
    )
    return (version.but(state="deprecated", deprecation=deprecation),)


def version_archived(registry: Registry, event: model.VersionArchived, place: Place) -> Changes:
    """A version that does not run is retired for ever."""
    version = living(registry, event.model, event.version)
    for environment in version.last_deployed:
        running = registry.running(event.model, environment)
        if running is not None and running.version == event.version:
            raise ConflictError(
                "This version still runs.",
                pointer="/event/version",
                remedy="Replace or stop its deployment first.",
            )
    return (version.but(state="archived", archived=place.sequence),)

"""What an event concerns, completed from the registry: its in-toto subjects and its search columns.

An event names a release or a version; the digest of the artifact behind it comes from the state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.core.statement import Subject
from ledger.events import change, deployment, exception, incident, model, release
from ledger.events.catalogue import read_proposed
from ledger.events.event import About, Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.state.registry import Registry


def about(registry: Registry, event: Event) -> About:  # noqa: PLR0911 (one per family)
    """Model, version, environment and release of an event, through the release it names."""
    named = event.about()
    if named.version:
        return named
    if named.release >= 0 and not named.model:
        asked = registry.release(named.release)
        return About(asked.model, asked.version, asked.environment, asked.since)
    if isinstance(event, release.RejectionLifted):
        refused = registry.rejection(event.rejection)
        return About(refused.model, refused.version, refused.environment, refused.release)
    if isinstance(event, change.ChangeProposed):
        return about(registry, read_proposed(event))
    if isinstance(event, change.Word):
        change_ = registry.change(event.change)
        return About(change_.model, change_.version, change_.environment)
    if isinstance(event, (exception.ExceptionUsed, exception.ExceptionClosed)):
        opened = registry.exception(event.exception)
        return About(opened.model, environment=opened.environment)
    if isinstance(event, exception.ReviewCompleted):
        owed = registry.review(event.review)
        return About(owed.model, environment=owed.environment)
    if isinstance(event, incident.IncidentClosed):
        happened = registry.incident(event.incident)
        return About(happened.model, happened.version, happened.environment)
    if isinstance(event, deployment.DeploymentStopped):
        stopped = registry.deployment(event.deployment)
        return About(stopped.model, stopped.version, stopped.environment)
    return named


def subjects(
    registry: Registry, event: Event, concerned: About | None = None
) -> tuple[Subject, ...]:
    """The statement's subjects: names and SHA-256 digests, at least one.

    ``concerned`` is what ``about`` said, where that was asked already.
    """
    found: Mapping[str, str] = event.subject_digests()
    if not found:
        concerned = concerned or about(registry, event)
        version = registry.version(concerned.model, concerned.version)
        return (Subject(f"model:{version.key}", version.artifact.sha256),)
    if isinstance(event, model.EvidenceAttached):
        version = registry.version(event.model, event.version)
        found = {**found, f"model:{version.key}": version.artifact.sha256}
    return tuple(Subject(name=name, sha256=digest) for name, digest in sorted(found.items()))

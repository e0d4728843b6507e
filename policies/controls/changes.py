"""Changes: every time a version was put to work, with the release that led to it, from the entries.

The registry keeps what is true now; a control asks what was true then. So the story of each
deployment is told again from the entries alone: who registered, asked, measured, approved and
deployed, in which roles, and which entry says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ledger.events import deployment, model, release
from ledger.events.decision import Decision  # noqa: TC001 (a field of a dataclass, read by callers)

if TYPE_CHECKING:
    from ledger.events.event import Event
    from ledger.state.history import Recorded
    from policies.controls.people import People

EVALUATION_DOCUMENTS = ("evaluation_report", "evaluation", "validation_report")
"""Types of document that show that a version was evaluated."""


@dataclass(frozen=True)
class Approval:
    """An approval that filled a seat; ``roles`` are those held when it was given."""

    entry: int
    at: str
    actor: str
    via: str
    roles: tuple[str, ...]
    artifact: str


@dataclass(frozen=True)
class Change:
    """One deployment or roll-back and what led to it, as of its own entry.

    ``release`` is None where no request for this version and environment came before it, and
    ``grant`` where none was in force. ``unknown_approvals`` are entries that the grant names as
    approvals and that are none. ``before`` is the last earlier deployment of the same version in
    the same environment that was covered by a grant.
    """

    entry: int
    at: str
    model: str
    version: str
    environment: str
    artifact: str
    rollback: bool
    deployer: str
    decision: Decision | None
    registered: int
    registrant: str
    registered_artifact: str
    cause: str | None = None
    release: int | None = None
    requested_at: str | None = None
    requester: str | None = None
    grant: int | None = None
    granted_artifact: str | None = None
    approvals: tuple[Approval, ...] = ()
    unknown_approvals: tuple[int, ...] = ()
    evaluations: tuple[int, ...] = ()
    before: int | None = None

    @cached_property
    def story(self) -> tuple[int, ...]:
        """Every entry that tells of this change, ascending."""
        told = {self.entry, self.registered, *self.evaluations}
        told.update(item.entry for item in self.approvals)
        told.update(entry for entry in (self.release, self.grant) if entry is not None)
        return tuple(sorted(told))


@dataclass
class _Asked:
    """A release as it stands while the entries are walked."""

    request: Recorded
    approvals: dict[int, Approval] = field(default_factory=dict)
    grant: Recorded | None = None


@dataclass
class _Walk:
    """The state of the walk. Made, filled and dropped within ``changes_of``."""

    people: People
    releases: dict[int, _Asked] = field(default_factory=dict)
    current: dict[tuple[str, str, str], int] = field(default_factory=dict)
    registered: dict[tuple[str, str], Recorded] = field(default_factory=dict)
    evaluated: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    covered: dict[tuple[str, str, str], int] = field(default_factory=dict)
    found: list[Change] = field(default_factory=list)

    def take(self, item: Recorded) -> None:
        """Take one entry."""
        event = item.entry.event
        self._evaluation(item, event)
        if isinstance(event, model.VersionRegistered):
            self.registered[event.model, event.version] = item
        elif isinstance(event, release.ReleaseRequested):
            self.releases[item.entry.sequence] = _Asked(item)
            self.current[event.model, event.version, event.environment] = item.entry.sequence
        elif isinstance(event, deployment.DeploymentRecorded | deployment.DeploymentRolledBack):
            self._deployed(item, event)
        else:
            self._on_a_release(item, event)

    def _on_a_release(self, item: Recorded, event: Event) -> None:
        asked = self.releases.get(item.about.release)
        if asked is None:
            return
        if isinstance(event, release.ReleaseApproved):
            entry = item.entry
            asked.approvals[entry.sequence] = Approval(
                entry=entry.sequence,
                at=entry.recorded_at,
                actor=entry.actor.id,
                via=entry.actor.via,
                roles=self.people.roles_at(entry.actor.id, entry, item.about.model),
                artifact=event.artifact,
            )
        elif isinstance(event, release.ReleaseGranted):
            asked.grant = item
        elif isinstance(
            event, release.ReleaseLapsed | release.ReleaseRejected | release.ReleaseWithdrawn
        ):
            asked.grant = None

    def _evaluation(self, item: Recorded, event: Event) -> None:
        if isinstance(event, model.VersionRegistered):
            measured = any(metric.held_out for metric in event.metrics)
        elif isinstance(event, model.MetricsObserved):
            measured = event.phase == "evaluation"
        elif isinstance(event, model.EvidenceAttached):
            measured = event.type in EVALUATION_DOCUMENTS
        else:
            return
        if measured:
            key = (event.model, event.version)
            self.evaluated.setdefault(key, []).append(item.entry.sequence)

    def _deployed(
        self,
        item: Recorded,
        event: deployment.DeploymentRecorded | deployment.DeploymentRolledBack,
    ) -> None:
        key = (event.model, event.version, event.environment)
        registered = self.registered[event.model, event.version]
        assert isinstance(registered.entry.event, model.VersionRegistered)  # noqa: S101 (just put)
        entry = item.entry
        base = Change(
            entry=entry.sequence,
            at=entry.recorded_at,
            model=event.model,
            version=event.version,
            environment=event.environment,
            artifact=event.artifact,
            rollback=isinstance(event, deployment.DeploymentRolledBack),
            deployer=entry.actor.id,
            decision=entry.decision,
            registered=registered.entry.sequence,
            registrant=registered.entry.actor.id,
            registered_artifact=registered.entry.event.artifact.sha256,
            cause=getattr(event, "cause", None),
            evaluations=tuple(self.evaluated.get(key[:2], ())),
            before=self.covered.get(key),
        )
        change = self._with_release(base, self.releases.get(self.current.get(key, -1)))
        if change.grant is not None:
            self.covered[key] = change.entry
        self.found.append(change)

    def _with_release(self, change: Change, asked: _Asked | None) -> Change:
        if asked is None:
            return change
        request, grant = asked.request.entry, asked.grant
        granted = grant.entry.event if grant else None
        named = granted.approvals if isinstance(granted, release.ReleaseGranted) else ()
        return replace(
            change,
            release=request.sequence,
            requested_at=request.recorded_at,
            requester=request.actor.id,
            grant=grant.entry.sequence if grant else None,
            granted_artifact=getattr(granted, "artifact", None),
            approvals=tuple(asked.approvals[entry] for entry in named if entry in asked.approvals),
            unknown_approvals=tuple(entry for entry in named if entry not in asked.approvals),
        )


def changes_of(recorded: tuple[Recorded, ...], people: People) -> tuple[Change, ...]:
    """Every deployment and roll-back of a history, in every environment, in order."""
    walk = _Walk(people)
    for item in recorded:
        walk.take(item)
    return tuple(walk.found)

"""The fold: what one event changes. Nothing else ever changes the registry.

``fold`` reads the registry, returns the aggregates that the event changes and raises where the
event makes no sense on this state (a version that exists already, a vote on a closed release). It
decides nothing about who may do what.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger.errors import ConflictError, InputError
from ledger.events import assurance, deployment, log, model, people, release
from ledger.state.aggregates import (
    ActorState,
    Aggregate,
    DeploymentState,
    Deprecation,
    Evidence,
    LogState,
    Measured,
    ModelState,
    PolicyState,
    ReleaseState,
    ReportState,
    RoleHeld,
    RoleState,
    SlotState,
    VersionState,
    Vote,
    slot_key,
    version_key,
)
from ledger.state.versions import check_version_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.events.event import Event
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]

MOST_EVIDENCE = 500
MOST_METRICS = 1_000


@dataclass(frozen=True)
class Place:
    """Where and when an event stands, and who made it happen. ``at`` is RFC 3339 in UTC."""

    sequence: int
    at: str
    actor: str


def fold(registry: Registry, event: Event, place: Place) -> Changes:
    """The aggregates that ``event`` changes.

    Raises:
        UnknownSubjectError: it speaks of a model, version, release or actor that does not exist.
        ConflictError: the state does not admit it.
    """
    return _FOLDS[event.kind](registry, event, place)


def _log_created(registry: Registry, event: log.LogCreated, place: Place) -> Changes:
    if place.sequence != 0 or registry.find(LogState, "log") is not None:
        raise ConflictError("A log is created once, by its entry 0.")
    keys = tuple((key.use, key.public) for key in event.keys)
    service = ActorState(since=0, id=place.actor, type="service")
    return (LogState(since=0, origin=event.origin, keys=keys), service)


def _policy_activated(
    registry: Registry, event: assurance.PolicyActivated, place: Place
) -> Changes:
    before = registry.policy()
    if event.previous != (before.digest if before else None):
        raise ConflictError(
            "Another policy is in force than the one this change was made from.",
            pointer="/event/previous",
            remedy="Make the change from the policy in force.",
        )
    return (
        PolicyState(
            since=place.sequence, policy=event.policy, digest=event.digest, previous=event.previous
        ),
    )


def _actor_enrolled(registry: Registry, event: people.ActorEnrolled, place: Place) -> Changes:
    if registry.find(ActorState, event.actor_id) is not None:
        raise ConflictError("This actor is enrolled already.", pointer="/event/actor_id")
    return (ActorState(since=place.sequence, id=event.actor_id, type=event.actor_type),)


def _role_granted(registry: Registry, event: people.RoleGranted, place: Place) -> Changes:
    actor = registry.actor(event.actor_id)
    if actor.holds(event.role):
        raise ConflictError("The actor holds this role already.", pointer="/event/role")
    held = RoleHeld(role=event.role, granted=place.sequence)
    role = registry.find(RoleState, event.role)
    holders = (*(role.holders if role else ()), actor.id)
    since = role.since if role else place.sequence
    return (
        actor.model_copy(update={"roles": (*actor.roles, held)}),
        RoleState(since=since, role=event.role, holders=holders),
    )


def _role_revoked(registry: Registry, event: people.RoleRevoked, place: Place) -> Changes:
    del place
    actor = registry.actor(event.actor_id)
    role = registry.find(RoleState, event.role)
    if role is None or not actor.holds(event.role):
        raise ConflictError("The actor does not hold this role.", pointer="/event/role")
    roles = tuple(held for held in actor.roles if held.role != event.role)
    holders = tuple(holder for holder in role.holders if holder != actor.id)
    return (
        actor.model_copy(update={"roles": roles}),
        role.model_copy(update={"holders": holders}),
    )


def _model_registered(registry: Registry, event: model.ModelRegistered, place: Place) -> Changes:
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
        ),
    )


def _version_registered(
    registry: Registry, event: model.VersionRegistered, place: Place
) -> Changes:
    parent = registry.model(event.model)
    if registry.find(VersionState, version_key(event.model, event.version)) is not None:
        raise ConflictError(
            "This version is registered already; a version never changes.",
            pointer="/event/version",
            remedy="Register the new bytes under a new version.",
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
    counted = parent.model_copy(update={"latest": event.version, "versions": parent.versions + 1})
    return (version, counted)


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


def _evidence_attached(registry: Registry, event: model.EvidenceAttached, place: Place) -> Changes:
    version = _living(registry, event.model, event.version)
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
    return (
        version.model_copy(
            update={"evidence": (*version.evidence, added), "facts_changed": place.sequence}
        ),
    )


def _metrics_observed(registry: Registry, event: model.MetricsObserved, place: Place) -> Changes:
    version = registry.version(event.model, event.version)
    if event.phase == "monitoring":
        return (
            version.model_copy(
                update={"observed": _latest(version.observed, event.metrics, place)}
            ),
        )
    version = _living(registry, event.model, event.version)
    return (
        version.model_copy(
            update={
                "metrics": _latest(version.metrics, event.metrics, place),
                "facts_changed": place.sequence,
            }
        ),
    )


def _living(registry: Registry, name: str, version: str) -> VersionState:
    """A version that is not archived."""
    found = registry.version(name, version)
    if found.state == "archived":
        raise ConflictError(
            "This version is archived; nothing is added to it.", pointer="/event/version"
        )
    return found


def _version_deprecated(
    registry: Registry, event: model.VersionDeprecated, place: Place
) -> Changes:
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
    return (version.model_copy(update={"state": "deprecated", "deprecation": deprecation}),)


def _version_archived(registry: Registry, event: model.VersionArchived, place: Place) -> Changes:
    version = _living(registry, event.model, event.version)
    for environment in version.last_deployed:
        running = registry.running(event.model, environment)
        if running is not None and running.version == event.version:
            raise ConflictError(
                "This version still runs.",
                pointer="/event/version",
                remedy="Replace or stop its deployment first.",
            )
    return (version.model_copy(update={"state": "archived", "archived": place.sequence}),)


def _release_requested(
    registry: Registry, event: release.ReleaseRequested, place: Place
) -> Changes:
    version = _living(registry, event.model, event.version)
    current = version.current_releases.get(event.environment)
    if current is not None and registry.release(current).status in {"open", "granted"}:
        raise ConflictError(
            "A release of this version to this environment is open or granted already.",
            pointer="/event/environment",
            release=current,
        )
    asked = ReleaseState(
        since=place.sequence,
        model=event.model,
        version=event.version,
        environment=event.environment,
        artifact=version.artifact.sha256,
        requester=place.actor,
        requested_at=place.at,
    )
    releases = {**version.current_releases, event.environment: place.sequence}
    return (asked, version.model_copy(update={"current_releases": releases}))


def _vote(registry: Registry, event: Any, place: Place) -> Changes:
    asked = _undecided(registry, event.release)
    if event.artifact != asked.artifact:
        raise ConflictError(
            "The digest is not that of the release; look at the release again.",
            pointer="/event/artifact",
        )
    verdict = "approve" if event.kind == release.ReleaseApproved.kind else "reject"
    if any(
        vote.actor == place.actor
        and vote.counts
        and vote.verdict == verdict
        and vote.entry > registry.version(asked.model, asked.version).facts_changed
        for vote in asked.votes
    ):
        raise ConflictError("You have said so already.", pointer="/event/release")
    earlier = tuple(
        vote.model_copy(update={"counts": False}) if vote.actor == place.actor else vote
        for vote in asked.votes
    )
    said = Vote(
        entry=place.sequence,
        at=place.at,
        actor=place.actor,
        verdict="approve" if verdict == "approve" else "reject",
        artifact=event.artifact,
    )
    return (asked.model_copy(update={"votes": (*earlier, said)}),)


def _undecided(registry: Registry, entry: int) -> ReleaseState:
    """A release that still gathers votes."""
    asked = registry.release(entry)
    if asked.status not in {"open", "granted"}:
        raise ConflictError(f"This release is {asked.status}.", pointer="/event/release")
    return asked


def _release_rejected(registry: Registry, event: release.ReleaseRejected, place: Place) -> Changes:
    (asked,) = _vote(registry, event, place)
    return (asked.model_copy(update={"status": "rejected", "closed": place.sequence}),)


def _release_withdrawn(
    registry: Registry, event: release.ReleaseWithdrawn, place: Place
) -> Changes:
    asked = _undecided(registry, event.release)
    return (asked.model_copy(update={"status": "withdrawn", "closed": place.sequence}),)


def _approval_revoked(registry: Registry, event: release.ApprovalRevoked, place: Place) -> Changes:
    asked = _undecided(registry, event.release)
    if not any(
        vote.actor == place.actor and vote.counts and vote.verdict == "approve"
        for vote in asked.votes
    ):
        raise ConflictError("You have no approval here to take back.", pointer="/event/release")
    votes = tuple(
        vote.model_copy(update={"counts": False}) if vote.actor == place.actor else vote
        for vote in asked.votes
    )
    return (asked.model_copy(update={"votes": votes}),)


def _release_granted(registry: Registry, event: release.ReleaseGranted, place: Place) -> Changes:
    asked = registry.release(event.release)
    if asked.status != "open":
        raise ConflictError(f"This release is {asked.status}.", pointer="/event/release")
    return (
        asked.model_copy(
            update={"status": "granted", "granted": place.sequence, "granted_at": place.at}
        ),
    )


def _release_lapsed(registry: Registry, event: release.ReleaseLapsed, place: Place) -> Changes:
    asked = registry.release(event.release)
    if asked.status != "granted":
        raise ConflictError(f"This release is {asked.status}.", pointer="/event/release")
    return (asked.model_copy(update={"status": "lapsed", "closed": place.sequence}),)


def _deployed(registry: Registry, event: Any, place: Place) -> Changes:
    version = _living(registry, event.model, event.version)
    if event.artifact != version.artifact.sha256:
        raise ConflictError(
            "The digest that was deployed is not the digest of this version.",
            pointer="/event/artifact",
            remedy="Deploy the registered bytes, or register what was deployed as a new version.",
        )
    before = registry.running(event.model, event.environment)
    rollback = isinstance(event, deployment.DeploymentRolledBack)
    if rollback and (before is None or before.version == event.version):
        raise ConflictError(
            "There is nothing to roll back from: another version must be running.",
            pointer="/event/version",
        )
    current = version.current_releases.get(event.environment)
    ran = version.last_deployed.get(event.environment) if rollback else None
    like: Any = registry.deployment(ran) if ran is not None else event
    now = DeploymentState(
        since=place.sequence,
        model=event.model,
        version=event.version,
        environment=event.environment,
        artifact=event.artifact,
        release=current,
        by=place.actor,
        at=place.at,
        rollback=rollback,
        region=getattr(like, "region", None),
        target=getattr(like, "target", None),
    )
    since = registry.find(SlotState, slot_key(event.model, event.environment))
    slot = SlotState(
        since=since.since if since else place.sequence,
        model=event.model,
        environment=event.environment,
        deployment=place.sequence,
    )
    last = {**version.last_deployed, event.environment: place.sequence}
    changed: Changes = (now, slot, version.model_copy(update={"last_deployed": last}))
    if before is None:
        return changed
    return (*changed, _ended(before, "rolled_back" if rollback else "replaced", place))


def _ended(before: DeploymentState, status: str, place: Place) -> DeploymentState:
    return before.model_copy(
        update={"status": status, "ended": place.sequence, "ended_at": place.at}
    )


def _deployment_stopped(
    registry: Registry, event: deployment.DeploymentStopped, place: Place
) -> Changes:
    running = registry.running(event.model, event.environment)
    if running is None or running.since != event.deployment:
        raise ConflictError("This deployment does not run.", pointer="/event/deployment")
    slot = registry.find(SlotState, slot_key(event.model, event.environment))
    assert slot is not None  # noqa: S101 (running() has just read it)
    return (
        _ended(running, "stopped", place),
        slot.model_copy(update={"deployment": None}),
    )


def _report_issued(registry: Registry, event: assurance.ReportIssued, place: Place) -> Changes:
    del registry
    if event.position > place.sequence:
        raise ConflictError("A report can't cover entries that don't exist yet.")
    return (
        ReportState(
            since=place.sequence,
            report=event.report,
            framework=event.framework,
            period_from=event.period_from,
            period_until=event.period_until,
            models=event.models,
            position=event.position,
            unsealed=event.unsealed,
            sealed=event.sealed,
            pages=event.pages,
            by=place.actor,
            at=place.at,
            verdicts=event.verdicts,
        ),
    )


def _access_denied(registry: Registry, event: assurance.AccessDenied, place: Place) -> Changes:
    """A refusal changes nothing; the entry itself is the record."""
    del registry, event, place
    return ()


_FOLDS: dict[str, Callable[[Registry, Any, Place], Changes]] = {
    log.LogCreated.kind: _log_created,
    assurance.PolicyActivated.kind: _policy_activated,
    people.ActorEnrolled.kind: _actor_enrolled,
    people.RoleGranted.kind: _role_granted,
    people.RoleRevoked.kind: _role_revoked,
    model.ModelRegistered.kind: _model_registered,
    model.VersionRegistered.kind: _version_registered,
    model.EvidenceAttached.kind: _evidence_attached,
    model.MetricsObserved.kind: _metrics_observed,
    model.VersionDeprecated.kind: _version_deprecated,
    model.VersionArchived.kind: _version_archived,
    release.ReleaseRequested.kind: _release_requested,
    release.ReleaseApproved.kind: _vote,
    release.ReleaseRejected.kind: _release_rejected,
    release.ReleaseWithdrawn.kind: _release_withdrawn,
    release.ApprovalRevoked.kind: _approval_revoked,
    release.ReleaseGranted.kind: _release_granted,
    release.ReleaseLapsed.kind: _release_lapsed,
    deployment.DeploymentRecorded.kind: _deployed,
    deployment.DeploymentRolledBack.kind: _deployed,
    deployment.DeploymentStopped.kind: _deployment_stopped,
    assurance.ReportIssued.kind: _report_issued,
    assurance.AccessDenied.kind: _access_denied,
}

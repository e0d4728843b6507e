"""Deployments: recorded, rolled back, stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.errors import ConflictError
from ledger.events import deployment
from ledger.state.aggregates import Aggregate, DeploymentState, SlotState, slot_key
from ledger.state.fold_exceptions import reviews_moved
from ledger.state.fold_versions import living

if TYPE_CHECKING:
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]


def deployed(registry: Registry, event: Any, place: Place) -> Changes:
    """The registered bytes run in an environment; what ran there ended."""
    version = living(registry, event.model, event.version)
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
    moved = reviews_moved(registry, before.release if before else None, current, place)
    changed: Changes = (now, slot, version.but(last_deployed=last), *moved)
    if before is None:
        return changed
    return (*changed, _ended(before, "rolled_back" if rollback else "replaced", place))


def _ended(before: DeploymentState, status: str, place: Place) -> DeploymentState:
    return before.but(status=status, ended=place.sequence, ended_at=place.at)


def deployment_stopped(
    registry: Registry, event: deployment.DeploymentStopped, place: Place
) -> Changes:
    """What runs in an environment ends, and nothing follows it."""
    running = registry.running(event.model, event.environment)
    if running is None or running.since != event.deployment:
        raise ConflictError("This deployment does not run.", pointer="/event/deployment")
    slot = registry.find(SlotState, slot_key(event.model, event.environment))
    assert slot is not None  # noqa: S101 (running() has just read it)
    return (
        _ended(running, "stopped", place),
        slot.but(deployment=None),
        *reviews_moved(registry, running.release, None, place),
    )

"""What an event may bring about: the releases whose policy must be asked again after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events import model, release

if TYPE_CHECKING:
    from ledger.events.event import Event
    from ledger.state.aggregates import ReleaseState
    from ledger.state.registry import Registry

_ON_A_RELEASE = (
    release.ReleaseApproved,
    release.ApprovalRevoked,
)
_ON_A_VERSION = (
    model.EvidenceAttached,
    model.MetricsObserved,
    model.VersionDeprecated,
    model.VersionArchived,
)


def affected_releases(registry: Registry, event: Event, sequence: int) -> tuple[ReleaseState, ...]:
    """Open and granted releases that ``event`` may have completed or undone, oldest first.

    ``registry`` stands after the event, ``sequence`` is the event's own.
    """
    if isinstance(event, release.ReleaseRequested):
        entries = [sequence]
    elif isinstance(event, _ON_A_RELEASE):
        entries = [event.release]
    elif isinstance(event, _ON_A_VERSION):
        version = registry.version(event.model, event.version)
        entries = sorted(version.current_releases.values())
    else:
        entries = []
    found = (registry.release(entry) for entry in entries)
    return tuple(item for item in found if item.status in {"open", "granted"})

"""Which units an entry touches, and the small indexes by which they are found again.

A version is touched by every entry about it, by one that ends its running, by a review of one of
its changes, and by the registration of a parent that it named. A data set and a model are touched
by the versions that name them; a refusal and a role grant are units of their own. Two accounts that
turn out to be one person touch everything.

Measurements of what runs (``metrics.observed`` in monitoring) touch nothing: no test looks at them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.events import deployment, exception, model
from ledger.state.aggregates import DeploymentState, number_key, version_key

if TYPE_CHECKING:
    from ledger.events.event import Event
    from ledger.state.history import Recorded
    from ledger.state.registry import Registry
    from policies.controls.standing.state import State

VERSION: Final = "v:"
DATA_SET: Final = "d:"
MODEL: Final = "m:"
ENTRY: Final = "e:"
LINKS: Final = frozenset({"identity.linked", "identity.unlinked"})
SINGLE: Final = frozenset({"access.denied", "role.granted"})
"""Kinds of which each entry is a unit."""


def touched(state: State, registry: Registry, item: Recorded) -> set[str]:
    """The units that an entry touches; the indexes are moved on by it."""
    entry, about = item.entry, item.about
    event = entry.event
    found: set[str] = set()
    if entry.kind in SINGLE:
        found.add(f"{ENTRY}{number_key(entry.sequence)}")
    if entry.kind in LINKS:
        found |= state.named_units(VERSION) | state.named_units(ENTRY)
    if isinstance(event, model.MetricsObserved) and event.phase == "monitoring":
        return found
    if about.model and about.version:
        unit = f"{VERSION}{version_key(about.model, about.version)}"
        state.add(f"story {unit}", entry.sequence)
        found.add(unit)
    return found | _of_event(state, registry, item, event)


def _of_event(state: State, registry: Registry, item: Recorded, event: Event) -> set[str]:
    if isinstance(event, model.ModelRegistered):
        unit = f"{MODEL}{event.model}"
        state.add(f"story {unit}", item.entry.sequence)
        return {unit}
    if isinstance(event, model.VersionRegistered):
        return _registered(state, event)
    if isinstance(event, model.VersionArchived):
        version = registry.version(event.model, event.version)
        return _users(version.model, tuple(held.name for held in version.data_sets))
    if isinstance(event, deployment.DeploymentRecorded | deployment.DeploymentRolledBack):
        return _deployed(state, event)
    if isinstance(event, exception.ReviewRequired | exception.ReviewCompleted):
        asked = item.entry.sequence if isinstance(event, exception.ReviewRequired) else event.review
        return _reviewed(state, registry, asked)
    return set()


def _registered(state: State, event: model.VersionRegistered) -> set[str]:
    key = version_key(event.model, event.version)
    names = tuple(held.name for held in event.data_sets)
    classes = " ".join(sorted({held.classification for held in event.data_sets}))
    state.add(f"classes {MODEL}{event.model}", classes)
    state.add(f"versions {MODEL}{event.model} {classes}", key)
    for name in names:
        state.add(f"versions {DATA_SET}{name}", key)
    return _users(event.model, names) | set(state.note(f"waits {key}", []))


def _users(model_name: str, data_sets: tuple[str, ...]) -> set[str]:
    return {f"{MODEL}{model_name}", *(f"{DATA_SET}{name}" for name in data_sets)}


def _deployed(
    state: State, event: deployment.DeploymentRecorded | deployment.DeploymentRolledBack
) -> set[str]:
    """The version that ran there before has ended."""
    slot = f"slot {event.model} {event.environment}"
    before = state.note(slot, "")
    state.keep(slot, version_key(event.model, event.version))
    return {f"{VERSION}{before}"} if before else set()


def _reviewed(state: State, registry: Registry, review: int) -> set[str]:
    held = registry.find(DeploymentState, number_key(registry.review(review).of))
    if held is None:
        return set()
    unit = f"{VERSION}{version_key(held.model, held.version)}"
    state.add(f"reviews {unit}", review)
    return {unit}

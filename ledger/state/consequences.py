"""What an event may bring about: the releases whose policy must be asked again after it.

Where two accounts turn out to be of one natural person, these are the releases that the person had
a part in under more than one account and approved under one of them; of each account, among the
last that it approved, so that the cost of an entry has a bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events import metadata, model, people, release
from ledger.state.aggregates import ModelState, ReleaseState, VersionState, number_key, version_key
from ledger.state.approvers import Approved
from ledger.state.rejections import refused_before

if TYPE_CHECKING:
    from ledger.events.event import Event
    from ledger.state.registry import Registry

_ON_A_RELEASE = (
    release.ReleaseApproved,
    release.ApprovalRevoked,
)
_ON_A_VERSION = (
    metadata.MetadataStated,
    metadata.MetadataSettled,
    metadata.DocumentationSigned,
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
    elif isinstance(event, release.RejectionLifted):
        entries = _asked_for_again(registry, event)
    elif isinstance(event, _ON_A_VERSION):
        if event.version is None:
            return ()
        version = registry.version(event.model, event.version)
        entries = sorted(version.current_releases.values())
    elif isinstance(event, people.IdentityLinked):
        entries = _by_one_person(registry, registry.accounts(event.actor_id))
    elif isinstance(event, people.IdentityUnlinked):
        entries = _approved(registry, (event.actor_id,))
    else:
        entries = []
    found = (registry.release(entry) for entry in entries)
    return tuple(item for item in found if item.status in {"open", "granted"})


def _asked_for_again(registry: Registry, event: release.RejectionLifted) -> list[int]:
    """The releases of what was refused that were asked for since."""
    found = refused_before(registry, registry.rejection(event.rejection))
    return list(found.releases) if found else []


def _approved(registry: Registry, accounts: tuple[str, ...]) -> list[int]:
    """The releases that somebody approved last under any of some accounts."""
    found = (registry.find(Approved, account) for account in accounts)
    return sorted({entry for one in found if one is not None for entry in one.releases})


def _by_one_person(registry: Registry, accounts: tuple[str, ...]) -> list[int]:
    """Those of them that the accounts had a part in more than once."""
    found = []
    for entry in _approved(registry, accounts):
        asked = registry.find(ReleaseState, number_key(entry))
        if asked is None or asked.status not in {"open", "granted"}:
            continue
        approvers = {vote.actor for vote in asked.votes if vote.approves}
        parts = approvers | _parties(registry, asked)
        if approvers.intersection(accounts) and len(parts.intersection(accounts)) > 1:
            found.append(entry)
    return found


def _parties(registry: Registry, asked: ReleaseState) -> set[str]:
    """Whoever asked for a release, registered its version, or answers for its model."""
    version = registry.find(VersionState, version_key(asked.model, asked.version))
    model_ = registry.find(ModelState, asked.model)
    owner = (model_.owner, model_.registrant) if model_ else ()
    return {asked.requester, *owner, *((version.registrant,) if version else ())}

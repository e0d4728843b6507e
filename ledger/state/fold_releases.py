"""Releases: asked for, voted on, granted, lapsed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.errors import ConflictError, UnknownSubjectError
from ledger.events import release
from ledger.events.names import format_instant, parse_instant
from ledger.events.proof import WebAuthnProof
from ledger.state import rejections
from ledger.state.aggregates import ActorState, Aggregate, ReleaseState, Vote
from ledger.state.approvers import Approved, AssignmentState
from ledger.state.fold_versions import living
from ledger.state.pack import pack_of

if TYPE_CHECKING:
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]


def release_requested(registry: Registry, event: release.ReleaseRequested, place: Place) -> Changes:
    """A version has at most one open or granted release per environment."""
    version = living(registry, event.model, event.version)
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
    anew = rejections.asked_anew(registry, asked)
    return (asked, version.but(current_releases=releases), *anew)


def release_assigned(registry: Registry, event: release.ReleaseAssigned, place: Place) -> Changes:
    """People are asked by name; only people can be, and each once."""
    asked = _undecided(registry, event.release)
    for at, reviewer in enumerate(event.reviewers):
        pointer = f"/event/reviewers/{at}"
        found = registry.find(ActorState, reviewer)
        if found is None:
            raise UnknownSubjectError("There is no such actor.", pointer=pointer)
        if found.type != "person":
            raise ConflictError("Only people can be asked to look at a release.", pointer=pointer)
        if reviewer in event.reviewers[:at]:
            raise ConflictError("This person is named twice.", pointer=pointer)
    if event.due is not None and parse_instant(event.due) <= parse_instant(place.at):
        raise ConflictError("This instant is over already.", pointer="/event/due")
    before = registry.find(AssignmentState, asked.key)
    again = before is not None and set(before.reviewers) == set(event.reviewers)
    due = None if event.due is None else format_instant(parse_instant(event.due))
    return (
        AssignmentState(
            since=before.since if before else place.sequence,
            release=asked.since,
            reviewers=event.reviewers,
            by=place.actor,
            at=place.at,
            asked=place.sequence,
            times=before.times + 1 if before and again else 1,
            due=due,
        ),
    )


def release_commented(registry: Registry, event: release.ReleaseCommented, place: Place) -> Changes:
    """Words on a release that exists, at any time: they change nothing."""
    del place
    registry.release(event.release)
    return ()


def vote(registry: Registry, event: Any, place: Place) -> Changes:
    """A person says yes or no to these bytes.

    The last word of a person counts; saying it again makes it new, as when it had expired.
    """
    asked = _undecided(registry, event.release)
    if event.artifact != asked.artifact:
        raise ConflictError(
            "The digest is not that of the release; look at the release again.",
            pointer="/event/artifact",
        )
    approval = event if isinstance(event, release.ReleaseApproved) else None
    pack = approval.pack if approval else None
    if pack is not None and pack != pack_of(registry, asked).digest():
        raise ConflictError(
            "What there is to look at changed since you were shown it; look at the release again.",
            pointer="/event/pack",
        )
    earlier = tuple(
        vote.but(counts=False) if vote.actor == place.actor else vote for vote in asked.votes
    )
    proof = place.proof if isinstance(place.proof, WebAuthnProof) else None
    key = None if proof is None else registry.passkey(proof.credential)
    said = Vote(
        entry=place.sequence,
        at=place.at,
        actor=place.actor,
        verdict="approve" if approval else "reject",
        artifact=event.artifact,
        policy=registry.policy_digest(),
        pack=pack,
        passkey=None if key is None else key.key,
        device_bound=key is not None and not key.backup_eligible,
    )
    voted = asked.but(votes=(*earlier, said))
    if approval is None:
        return (voted,)
    answered = rejections.answered(registry, asked, place)
    return (voted, _approved(registry, asked.since, place), *answered)


def _approved(registry: Registry, release: int, place: Place) -> Approved:
    found = registry.find(Approved, place.actor)
    if found is None:
        return Approved(since=place.sequence, actor=place.actor, releases=(release,))
    return found.and_also(release)


def _undecided(registry: Registry, entry: int) -> ReleaseState:
    """A release that still gathers votes."""
    asked = registry.release(entry)
    if asked.status not in {"open", "granted"}:
        raise ConflictError(f"This release is {asked.status}.", pointer="/event/release")
    return asked


def release_rejected(registry: Registry, event: release.ReleaseRejected, place: Place) -> Changes:
    """One no ends a release, and stands beyond it."""
    (asked, *_) = vote(registry, event, place)
    assert isinstance(asked, ReleaseState)  # noqa: S101 (a vote changes its release first)
    stands = rejections.rejected(registry, asked, place)
    return (asked.but(status="rejected", closed=place.sequence), *stands)


def release_withdrawn(registry: Registry, event: release.ReleaseWithdrawn, place: Place) -> Changes:
    """A release that is not ended is taken back."""
    asked = _undecided(registry, event.release)
    return (asked.but(status="withdrawn", closed=place.sequence),)


def approval_revoked(registry: Registry, event: release.ApprovalRevoked, place: Place) -> Changes:
    """A person's standing approval no longer counts."""
    asked = _undecided(registry, event.release)
    if not any(vote.actor == place.actor and vote.approves for vote in asked.votes):
        raise ConflictError("You have no approval here to take back.", pointer="/event/release")
    votes = tuple(
        vote.but(counts=False) if vote.actor == place.actor else vote for vote in asked.votes
    )
    return (asked.but(votes=votes),)


def release_granted(registry: Registry, event: release.ReleaseGranted, place: Place) -> Changes:
    """An open release may be deployed from here on."""
    asked = registry.release(event.release)
    if asked.status != "open":
        raise ConflictError(f"This release is {asked.status}.", pointer="/event/release")
    return (asked.but(status="granted", granted=place.sequence, granted_at=place.at),)


def release_lapsed(registry: Registry, event: release.ReleaseLapsed, place: Place) -> Changes:
    """A granted release may no longer be deployed."""
    asked = registry.release(event.release)
    if asked.status != "granted":
        raise ConflictError(f"This release is {asked.status}.", pointer="/event/release")
    return (asked.but(status="lapsed", closed=place.sequence),)

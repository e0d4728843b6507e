"""What people are asked to agree to: a release, or a proposed change."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ledger.state.aggregates import ChangeState, ReleaseState, VersionState, Vote


class Asked(NamedTuple):
    """A question, the votes on it, and what makes a vote count.

    ``digest`` is what a vote must name: of a release its artifact's, of a change its command's.
    Votes up to entry ``changed`` were given before what there was to look at changed. ``at`` is
    when it was asked, ``since`` the entry that asked. ``policy`` is the policy under which votes
    must have been given; empty where the question was answered already. ``answered`` is when it
    was: what expires afterwards had its effect. Empty while it is open.
    """

    since: int
    at: str
    status: str
    digest: str
    votes: tuple[Vote, ...]
    changed: int
    policy: str
    answered: str = ""


def release_asked(release: ReleaseState, version: VersionState | None, policy: str) -> Asked:
    """A release as a question; without its version no vote on it counts.

    What was granted stays granted under another policy: its votes had their effect.
    """
    changed = version.facts_changed if version else max((v.entry for v in release.votes), default=0)
    return Asked(
        release.since,
        release.requested_at,
        release.status,
        release.artifact,
        release.votes,
        changed,
        policy if release.status == "open" else "",
        release.granted_at or "",
    )


def change_asked(change: ChangeState, policy: str) -> Asked:
    """A proposed change as a question: what is proposed never changes."""
    return Asked(
        change.since,
        change.proposed_at,
        change.status,
        change.command,
        change.votes,
        -1,
        policy,
    )

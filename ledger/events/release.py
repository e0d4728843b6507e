"""Releases: asked for, voted on, granted when the policy is met, lapsed when it no longer is.

A release is known by the sequence number of the entry that asked for it. Granting and lapsing are
written by ``submit`` itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from pydantic import Field

from ledger.events.event import Event
from ledger.events.names import (
    ActorId,
    Instant,
    ModelName,
    PrivateText,
    Sequence,
    Sha256,
    Slug,
    VersionName,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


MOST_REVIEWERS: Final = 20


class ReleaseRequested(Event):
    """Somebody asks that one version may run in one environment."""

    kind: ClassVar[str] = "release.requested"

    model: ModelName
    version: VersionName
    environment: Slug
    note: PrivateText | None = None


class ReleaseAssigned(Event):
    """Named people are asked to look at a release, in place of those who were asked before.

    It says whose turn it is and changes nothing about who may approve. Naming the same people again
    reminds them.
    """

    kind: ClassVar[str] = "release.assigned"

    release: Sequence
    reviewers: Annotated[tuple[ActorId, ...], Field(min_length=1, max_length=MOST_REVIEWERS)]
    due: Instant | None = None
    note: PrivateText | None = None


class ReleaseCommented(Event):
    """Somebody says something about a release. It is no vote and never counts as one."""

    kind: ClassVar[str] = "release.commented"

    release: Sequence
    comment: PrivateText


class ReleaseApproved(Event):
    """A person approves a release. ``artifact`` is the digest the person was shown.

    ``pack`` is the digest of everything there was to look at (``ledger.state.pack``); the approval
    is refused where that is no longer how things stand.
    """

    kind: ClassVar[str] = "release.approved"

    release: Sequence
    artifact: Sha256
    pack: Sha256 | None = None
    comment: PrivateText | None = None


class ReleaseRejected(Event):
    """A person refuses a release and says why."""

    kind: ClassVar[str] = "release.rejected"

    release: Sequence
    artifact: Sha256
    reason: PrivateText


class ReleaseWithdrawn(Event):
    """The request is taken back."""

    kind: ClassVar[str] = "release.withdrawn"

    release: Sequence
    reason: PrivateText | None = None


class RejectionLifted(Event):
    """A refusal no longer stands; ``rejection`` is the entry that refused."""

    kind: ClassVar[str] = "rejection.lifted"

    rejection: Sequence
    reason: PrivateText


class ApprovalRevoked(Event):
    """A person takes an own approval back."""

    kind: ClassVar[str] = "approval.revoked"

    release: Sequence
    reason: PrivateText


class _Outcome(Event):
    """What ``submit`` itself concludes about a release."""

    written_by_submit: ClassVar[bool] = True

    release: Sequence
    model: ModelName
    version: VersionName
    environment: Slug
    artifact: Sha256

    def subject_digests(self) -> Mapping[str, str]:
        return {f"model:{self.model}@{self.version}": self.artifact}


class ReleaseGranted(_Outcome):
    """Every gate for this release is met; ``approvals`` are the entries that filled its seats."""

    kind: ClassVar[str] = "release.granted"

    approvals: tuple[Sequence, ...]


class ReleaseLapsed(_Outcome):
    """A granted release is no longer covered by the policy; entry ``cause`` changed that."""

    kind: ClassVar[str] = "release.lapsed"

    cause: Sequence

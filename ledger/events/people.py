"""Who acts, and in which role. Names and e-mail addresses stay in the vault."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ledger.events.event import Event, named
from ledger.events.names import ActorId, Instant, ModelName, PrivateText, Sequence, Slug

if TYPE_CHECKING:
    from collections.abc import Mapping

ActorType = Literal["person", "workload", "service"]


class ActorEnrolled(Event):
    """A person, a CI workload or the service itself became known under a random id."""

    kind: ClassVar[str] = "actor.enrolled"

    actor_id: ActorId
    actor_type: ActorType
    name: PrivateText | None = None
    email: PrivateText | None = None

    def private_owner(self, actor_id: str) -> str:
        del actor_id
        return self.actor_id

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}")


class RoleGranted(Event):
    """An actor was given a role.

    With ``models`` or ``tags`` it counts only for these models, and those with one of the tags;
    with ``until`` only before that time.
    """

    kind: ClassVar[str] = "role.granted"

    actor_id: ActorId
    role: Slug
    models: tuple[ModelName, ...] | None = Field(default=None, min_length=1, max_length=100)
    tags: tuple[Slug, ...] | None = Field(default=None, min_length=1, max_length=50)
    until: Instant | None = None
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}")


class RoleRevoked(Event):
    """A role was taken from an actor."""

    kind: ClassVar[str] = "role.revoked"

    actor_id: ActorId
    role: Slug
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}")


class IdentityLinked(Event):
    """Two accounts, or a workload and who operates it, are of one natural person.

    From then on both are one for every rule that keeps people apart.
    """

    kind: ClassVar[str] = "identity.linked"

    actor_id: ActorId
    same_as: ActorId
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}") | named(f"actor:{self.same_as}")


class IdentityUnlinked(Event):
    """An account is not, or no longer, of the natural person whose other accounts were linked."""

    kind: ClassVar[str] = "identity.unlinked"

    actor_id: ActorId
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}")


class RecoveryAllowed(Event):
    """Somebody who lost a password or a second factor may set both anew, by one link."""

    kind: ClassVar[str] = "recovery.allowed"

    actor_id: ActorId
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}")


class RoleDelegated(Event):
    """Somebody lets another person stand in for them, in one role, until a time."""

    kind: ClassVar[str] = "role.delegated"

    actor_id: ActorId
    role: Slug
    since: Instant | None = None
    until: Instant
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}")


class DelegationEnded(Event):
    """A delegation ends before its time; ``delegation`` is the entry that began it."""

    kind: ClassVar[str] = "delegation.ended"

    delegation: Sequence
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"delegation:{self.delegation}")

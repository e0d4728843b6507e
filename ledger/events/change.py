"""Changes that need more than one person: proposed, voted on, then carried out.

What is proposed is a command: a kind and its facts. Whoever carries it out submits that very
command, which is recognised by its digest; so an approval is of these facts and no others. A change
is known by the sequence number of the entry that proposed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from ledger.core.encoding import canonical
from ledger.events.command import command_digest
from ledger.events.event import Event
from ledger.events.names import KindName, PrivateText, Sequence, Sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

PROPOSABLE: Final = frozenset(
    {
        "actor.enrolled",
        "role.granted",
        "role.revoked",
        "identity.linked",
        "identity.unlinked",
        "recovery.allowed",
        "publisher.trusted",
        "publisher.removed",
        "workload.key_enrolled",
        "workload.key_revoked",
        "key.enrolled",
        "policy.activated",
        "key.rotated",
        "key.compromised",
        "root.named",
        "log.frozen",
        "backup.restored",
        "version.deprecated",
        "version.archived",
        "exception.opened",
        "exception.closed",
        "review.completed",
    }
)
"""The kinds that can be proposed. What a release is about is voted on as a release."""


class ChangeProposed(Event):
    """Somebody asks others to agree to a command, which stands here as it would be submitted."""

    kind: ClassVar[str] = "change.proposed"

    proposed: KindName
    event: dict[str, Any]
    note: PrivateText | None = None

    @property
    def command(self) -> str:
        """SHA-256 of the proposed command, in hexadecimal."""
        return command_digest(self.proposed, canonical(self.event)).hex()

    def subject_digests(self) -> Mapping[str, str]:
        return {f"command:{self.proposed}": self.command}


class Word(Event):
    """What somebody says about a change; ``command`` is the digest of what the person was shown."""

    change: Sequence
    command: Sha256

    def subject_digests(self) -> Mapping[str, str]:
        return {f"change:{self.change}": self.command}


class ChangeApproved(Word):
    """A person agrees to a proposed command."""

    kind: ClassVar[str] = "change.approved"

    comment: PrivateText | None = None


class ChangeRejected(Word):
    """A person refuses a proposed command and says why; one refusal ends the proposal."""

    kind: ClassVar[str] = "change.rejected"

    reason: PrivateText


class ChangeWithdrawn(Word):
    """The proposal is taken back."""

    kind: ClassVar[str] = "change.withdrawn"

    reason: PrivateText | None = None

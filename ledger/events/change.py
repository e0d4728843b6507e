"""Changes that need more than one person: proposed, voted on, then carried out.

What is proposed is a command: a kind, its facts and its private texts. Whoever carries it out
submits that very command, which is recognised by the digest of its facts and recorded only with the
same texts; so an approval is of these facts and words and no others. A change is known by the
sequence number of the entry that proposed it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

import orjson
from pydantic import StringConstraints

from ledger.core.encoding import canonical
from ledger.events.command import command_digest
from ledger.events.event import Event
from ledger.events.names import KindName, Private, PrivateText, Sequence, Sha256
from ledger.events.people import ActorEnrolled

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
        "rejection.lifted",
    }
)
"""The kinds that can be proposed. What a release is about is voted on as a release."""


_ACTOR_ID: Final = re.compile(r"[0-9a-f]{32}")
MOST_TEXTS: Final = 30_000
_Texts = Annotated[str, StringConstraints(min_length=2, max_length=MOST_TEXTS), Private()]


class ChangeProposed(Event):
    """Somebody asks others to agree to a command, which stands here as it would be submitted.

    ``texts`` are the private texts of the command, as a JSON object by field. Whoever proposes
    writes them among the fields of ``event``, from where they are taken out.
    """

    kind: ClassVar[str] = "change.proposed"

    proposed: KindName
    event: dict[str, Any]
    texts: _Texts | None = None
    note: PrivateText | None = None

    def private_owner(self, actor_id: str) -> str:
        """Of an enrolment the person's who is to be enrolled, otherwise the proposer's."""
        owner = self.event.get("actor_id")
        enrols = self.proposed == ActorEnrolled.kind and isinstance(owner, str)
        return str(owner) if enrols and _ACTOR_ID.fullmatch(str(owner)) else actor_id

    @property
    def command(self) -> str:
        """SHA-256 of the proposed command, in hexadecimal."""
        return command_digest(self.proposed, canonical(self.event)).hex()

    def subject_digests(self) -> Mapping[str, str]:
        return {f"command:{self.proposed}": self.command}


def texts_of(written: str | None) -> dict[str, str]:
    """The private texts of a proposed command by field, from what ``ChangeProposed.texts`` holds.

    What holds none, or is no such object, gives none.
    """
    try:
        found = orjson.loads(written or "{}")
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: text for name, text in found.items() if isinstance(text, str)}


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

"""What is owed to a person whose data the vault holds, and what must be kept all the same.

A person asks for erasure (GDPR Art. 17); somebody else looks at what must be kept, and says yes or
no; then it is carried out, once. The entry that carries it out and the destruction of the keys and
texts are one transaction. A hold forbids it while it stands: no policy can allow what a hold
forbids. Holds and requests are known by the entries that placed and made them.

Source: Regulation (EU) 2016/679, Art. 12(3), 16 and 17.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from ledger.events.event import Event, named
from ledger.events.names import (
    ActorId,
    Count,
    Day,
    ModelName,
    PrivateText,
    Sequence,
    Sha256,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

HoldScope = Literal["all", "subject", "model"]
Ground = Literal[
    "expression",
    "legal_obligation",
    "public_health",
    "archiving",
    "legal_claims",
    "not_identified",
    "unfounded",
]
"""Art. 17(3)(a) to (e), then Art. 12(6) and Art. 12(5)."""
MOST_KEYS: Final = 64


class HoldPlaced(Event):
    """Nothing of a scope may be destroyed until the hold is released: litigation, an inquiry."""

    kind: ClassVar[str] = "hold.placed"

    scope: HoldScope
    actor_id: ActorId | None = None
    model: ModelName | None = None
    reason: PrivateText

    @model_validator(mode="after")
    def _scope_is_named(self) -> Self:
        named_ones = (self.actor_id is not None, self.model is not None)
        if named_ones != (self.scope == "subject", self.scope == "model"):
            msg = "a hold names an actor_id if its scope is subject, a model if it is model"
            raise ValueError(msg)
        return self

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"hold:{self.scope}:{self.actor_id or self.model or ''}".rstrip(":"))


class HoldReleased(Event):
    """What a hold kept may be destroyed again, as far as nothing else keeps it."""

    kind: ClassVar[str] = "hold.released"

    hold: Sequence
    reason: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"hold:{self.hold}")


class ErasureRequested(Event):
    """A person asks that personal data about them be erased; ``received`` starts the clock."""

    kind: ClassVar[str] = "erasure.requested"

    actor_id: ActorId
    received: Day
    reason: PrivateText | None = None

    def private_owner(self, actor_id: str) -> str:
        del actor_id
        return self.actor_id

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}")


class ErasureApproved(Event):
    """Somebody looked at what must be kept, and lets the erasure go ahead."""

    kind: ClassVar[str] = "erasure.approved"

    erasure: Sequence
    assessment: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"erasure:{self.erasure}")


class ErasureRefused(Event):
    """The erasure is refused, on one of the grounds of the Regulation; ``until`` a day, or open."""

    kind: ClassVar[str] = "erasure.refused"

    erasure: Sequence
    ground: Ground
    until: Day | None = None
    assessment: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"erasure:{self.erasure}")


class SubjectErased(Event):
    """The keys and private texts of a person were destroyed, in the transaction of this entry.

    ``erasure`` is the request, or ``lost`` the entry of an erasure that a restored backup did not
    have and that is carried out again. ``texts`` were destroyed under ``keys``, which are known by
    digests of the keys themselves.
    """

    kind: ClassVar[str] = "subject.erased"

    actor_id: ActorId
    erasure: Sequence | None = None
    lost: Sequence | None = None
    texts: Count
    keys: Annotated[tuple[Sha256, ...], Field(max_length=MOST_KEYS)] = ()

    @model_validator(mode="after")
    def _one_cause(self) -> Self:
        if (self.erasure is None) == (self.lost is None):
            msg = "an erasure names the request that was approved, or the entry that was lost"
            raise ValueError(msg)
        return self

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}")


class SubjectRectified(Event):
    """A person's name and e-mail address as they are right; what stood before is shown no more.

    ``supersedes`` is the entry that it replaces: the enrolment, or the last rectification.
    """

    kind: ClassVar[str] = "subject.rectified"

    actor_id: ActorId
    supersedes: Sequence
    name: PrivateText
    email: PrivateText | None = None

    def private_owner(self, actor_id: str) -> str:
        del actor_id
        return self.actor_id

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.actor_id}")


__all__ = [
    "ErasureApproved",
    "ErasureRefused",
    "ErasureRequested",
    "Ground",
    "HoldPlaced",
    "HoldReleased",
    "HoldScope",
    "SubjectErased",
    "SubjectRectified",
]

"""Exceptions and reviews: a way around a rule, for a while, and the look at it afterwards.

An exception is opened for one model in one environment, for so long and so many uses; the policy
says which of its rules may be left unmet under one. Every use leaves an entry of its own, and every
exception has to be reviewed. An exception and a review are known by the entries that opened and
demanded them.

What is used and what is owed follows from other entries: ``submit`` writes it right behind them, no
policy can refuse it, and whoever verifies a log checks that it stands there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from pydantic import Field

from ledger.events.event import Event, named
from ledger.events.names import (
    ActorId,
    Instant,
    KindName,
    ModelName,
    PrivateText,
    PublicText,
    Sequence,
    Slug,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_USES: Final = 100
MOST_HOURS: Final = 1_000_000
Uses = Annotated[int, Field(ge=1, le=MOST_USES)]
Verdict = Literal["accepted", "objected"]


class ExceptionOpened(Event):
    """Rules that allow it may be left unmet for a model in an environment, until an instant."""

    kind: ClassVar[str] = "exception.opened"

    model: ModelName
    environment: Slug
    until: Instant
    uses: Uses
    review_by: Instant
    reason: PrivateText
    incident: PublicText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"exception:{self.model}@{self.environment}")


class ExceptionUsed(Event):
    """An exception let ``entry`` through, which ``by`` made: one of its uses is spent."""

    kind: ClassVar[str] = "exception.used"
    written_by_submit: ClassVar[bool] = True

    exception: Sequence
    entry: Sequence
    by: ActorId

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"exception:{self.exception}")


class ExceptionClosed(Event):
    """The exception is over, with an account of what was done under it."""

    kind: ClassVar[str] = "exception.closed"

    exception: Sequence
    account: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"exception:{self.exception}")


class ReviewRequired(Event):
    """Somebody has to look at entry ``of``, which ``by`` made, until an instant.

    ``gate`` and ``review`` say which rule asks for it: ``policy`` and ``exception`` for the use of
    an exception, which no policy can leave out. With ``release``, it is owed for as long as a
    version runs under that release, and again ``again_hours`` after each review.
    """

    kind: ClassVar[str] = "review.required"
    written_by_submit: ClassVar[bool] = True

    of: Sequence
    reviewed: KindName
    by: ActorId
    gate: Slug
    review: Slug
    due: Instant
    model: ModelName | None = None
    environment: Slug | None = None
    release: Sequence | None = None
    again_hours: Annotated[int, Field(ge=1, le=MOST_HOURS)] | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"entry:{self.of}")


class ReviewCompleted(Event):
    """Somebody looked at what was to be reviewed, and accepts it or objects."""

    kind: ClassVar[str] = "review.completed"

    review: Sequence
    finding: Verdict
    comment: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"review:{self.review}")


FOLLOWING: Final = frozenset({ExceptionUsed.kind, ReviewRequired.kind})
"""Kinds that follow from the entry before them, and stand right behind it."""

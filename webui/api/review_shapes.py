"""What an access review is told and answered as."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ledger.events.names import (
    ActorId,
    Count,
    Instant,
    PrivateText,
    Sequence,
    Slug,
    Value,
)


class AccessReviewWanted(Value):
    """An access review to open: of which roles (all, where none is named), due when, and why."""

    roles: tuple[Slug, ...] = Field(default=(), max_length=50)
    due: Instant
    reason: PrivateText | None = None


class AccessReviewDecision(Value):
    """Whether somebody keeps a role."""

    actor_id: ActorId
    role: Slug
    decision: Literal["keep", "remove"]
    reason: PrivateText


class AccessReviewRows(Value):
    """Rows of an access review to decide."""

    rows: tuple[AccessReviewDecision, ...] = Field(min_length=1, max_length=400)


class AccessReviewDone(Value):
    """The sign-off of an access review, with what was concluded."""

    conclusion: PrivateText | None = None


class AccessReviewRow(Value):
    """A role of somebody in an access review; ``held`` says whether they hold it still."""

    actor_id: ActorId
    role: Slug
    granted: Sequence
    held: bool
    decision: Literal["keep", "remove"] | None
    entry: Sequence | None
    by: ActorId | None
    at: Instant | None


class AccessReviewAnswer(Value):
    """An access review. ``to_do`` rows wait for a decision, or for the role to be taken."""

    review: Sequence
    roles: tuple[Slug, ...]
    as_of: Count
    opened_at: Instant
    opener: ActorId
    due: Instant
    overdue: bool
    completed: Sequence | None
    completed_at: Instant | None
    completed_by: ActorId | None
    to_do: Count
    rows: tuple[AccessReviewRow, ...]

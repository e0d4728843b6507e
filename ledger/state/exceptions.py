"""What is true of exceptions and of the reviews that are owed: one frozen value per thing."""

from __future__ import annotations

from typing import ClassVar, Literal

from ledger.events.exception import Verdict
from ledger.state.aggregates import Aggregate, Search, number_key, slot_key

ExceptionStatus = Literal["open", "closed"]
ReviewStatus = Literal["required", "paused", "completed"]


class ExceptionState(Aggregate):
    """A way around rules of one model in one environment. Key: its entry.

    ``openers`` opened and, where it was proposed, proposed it; ``backers`` agreed to it. ``used``
    are the entries that it let through, ``users`` whoever made them. It is in force while it is
    open, before ``until``, and has uses left.
    """

    table: ClassVar[str] = "exception"
    model: str
    environment: str
    openers: tuple[str, ...]
    backers: tuple[str, ...] = ()
    opened_at: str
    until: str
    uses: int
    review_by: str
    incident: str | None = None
    used: tuple[int, ...] = ()
    users: tuple[str, ...] = ()
    status: ExceptionStatus = "open"
    closed: int | None = None
    closed_at: str | None = None

    @property
    def key(self) -> str:
        return number_key(self.since)

    def search(self) -> Search:
        return Search(
            self.model,
            environment=self.environment,
            status=self.status,
            actor=self.openers[0],
        )

    def in_force(self, now: str) -> bool:
        """Whether it lets anything through at an instant (as ``format_instant`` writes it)."""
        return self.status == "open" and now < self.until and len(self.used) < self.uses


class ExceptionSlot(Aggregate):
    """The exception that was opened last for a model in an environment; at most it is in force."""

    table: ClassVar[str] = "exception_slot"
    model: str
    environment: str
    exception: int

    @property
    def key(self) -> str:
        return slot_key(self.model, self.environment)


class ReviewState(Aggregate):
    """A review that is owed, or was made. Key: the entry that demands it.

    ``of`` is the entry to look at, of kind ``reviewed``, which ``by`` made. With ``release`` it is
    ``paused`` while no version runs under that release, and owed again ``again_hours`` after it.
    """

    table: ClassVar[str] = "review"
    of: int
    reviewed: str
    by: str
    gate: str
    review: str
    due: str
    required_at: str
    model: str = ""
    environment: str = ""
    release: int | None = None
    again_hours: int | None = None
    status: ReviewStatus = "required"
    finding: Verdict | None = None
    reviewer: str = ""
    completed: int | None = None
    completed_at: str | None = None

    @property
    def key(self) -> str:
        return number_key(self.since)

    def search(self) -> Search:
        return Search(
            self.model, environment=self.environment, status=self.status, actor=self.reviewer
        )


class OwedReviews(Aggregate):
    """The reviews that are owed now: the key of each to when it is due."""

    table: ClassVar[str] = "owed_reviews"
    due: dict[str, str]

    @property
    def key(self) -> str:
        return "owed"

    def overdue(self, now: str) -> int:
        """How many should have been made before an instant (as ``format_instant`` writes it)."""
        return sum(due < now for due in self.due.values())


class ReleaseReviews(Aggregate):
    """The reviews of a release that are not completed, by their entries. Key: the release's."""

    table: ClassVar[str] = "release_reviews"
    release: int
    reviews: tuple[int, ...]

    @property
    def key(self) -> str:
        return number_key(self.release)

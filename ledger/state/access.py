"""What is true of reviews, of activity and of roles, and of lists from elsewhere."""

from __future__ import annotations

from typing import ClassVar, Literal

from ledger.events.names import Value
from ledger.state.aggregates import Aggregate, Search, number_key

Decision = Literal["keep", "remove"]


class AccessDigest(Aggregate):
    """How far the access log was digested. ``entry`` is the newest digest's."""

    table: ClassVar[str] = "access_digest"
    entry: int
    day: str
    last: int
    head: str

    @property
    def key(self) -> str:
        return "newest"


class ActivityReview(Aggregate):
    """A sign-off of some days of the access log. Key: its entry."""

    table: ClassVar[str] = "activity_review"
    first_day: str
    last_day: str
    digest: int
    records: int
    finding: str
    by: str
    at: str

    @property
    def key(self) -> str:
        return number_key(self.since)

    def search(self) -> Search:
        return Search(status=self.finding, actor=self.by)


class ReviewedRow(Value):
    """A role of somebody in an access review, and what was decided of it, by whom, when."""

    actor_id: str
    role: str
    granted: int
    decision: Decision | None = None
    entry: int | None = None
    by: str = ""
    at: str = ""


class AccessReview(Aggregate):
    """A campaign to look at who holds some roles. Key: the entry that opened it."""

    table: ClassVar[str] = "access_review"
    roles: tuple[str, ...]
    as_of: int
    opened_at: str
    opener: str
    due: str
    rows: tuple[ReviewedRow, ...]
    completed: int | None = None
    completed_at: str | None = None
    completed_by: str = ""

    @property
    def key(self) -> str:
        return number_key(self.since)

    def search(self) -> Search:
        return Search(status="open" if self.completed is None else "completed", actor=self.opener)

    @property
    def undecided(self) -> int:
        """How many rows wait for a decision."""
        return sum(row.decision is None for row in self.rows)

    def row(self, actor_id: str, role: str) -> ReviewedRow | None:
        """The row of a role of somebody, if it has one."""
        found = (row for row in self.rows if (row.actor_id, row.role) == (actor_id, role))
        return next(found, None)


class OpenAccessReviews(Aggregate):
    """The access reviews that are not completed: the key of each to when it is due."""

    table: ClassVar[str] = "open_access"
    due: dict[str, str]

    @property
    def key(self) -> str:
        return "open"

    def overdue(self, now: str) -> int:
        """How many should have been completed before an instant."""
        return sum(due < now for due in self.due.values())


class Reconciled(Aggregate):
    """The newest list of a kind that was held against the ledger."""

    table: ClassVar[str] = "reconciled"
    inventory: str
    entry: int
    source: str
    as_of: str
    digest: str
    at: str

    @property
    def key(self) -> str:
        return self.inventory

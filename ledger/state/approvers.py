"""Who was asked by name to look at a release: one frozen value per release."""

from __future__ import annotations

from typing import ClassVar

from ledger.state.aggregates import Aggregate, Search, number_key


class AssignmentState(Aggregate):
    """Whom somebody asked last to look at a release, and until when. Key: the release's entry.

    ``asked`` is the entry that said so, ``times`` how often the same people were asked.
    """

    table: ClassVar[str] = "assignment"
    release: int
    reviewers: tuple[str, ...]
    by: str
    at: str
    asked: int
    times: int = 1
    due: str | None = None

    @property
    def key(self) -> str:
        """The release's number, as its own key."""
        return number_key(self.release)

    def search(self) -> Search:
        """Found by who asked."""
        return Search(actor=self.by)

    def overdue(self, now: str) -> bool:
        """Whether they should have looked before an instant (as ``format_instant`` writes it)."""
        return self.due is not None and self.due < now

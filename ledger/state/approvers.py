"""Who was asked by name to look at a release, and what somebody approved last."""

from __future__ import annotations

from typing import ClassVar, Final

from ledger.state.aggregates import Aggregate, Search, number_key

MOST_REMEMBERED: Final = 256
"""Releases that are remembered of those somebody approved; so what a link touches is bounded."""


class Approved(Aggregate):
    """The releases that somebody approved last, oldest first; some are over. Key: the actor."""

    table: ClassVar[str] = "approved"
    actor: str
    releases: tuple[int, ...]

    @property
    def key(self) -> str:
        """The actor, as the key."""
        return self.actor

    def and_also(self, release: int) -> Approved:
        """The same with one more."""
        others = tuple(one for one in self.releases if one != release)
        return self.but(releases=(*others, release)[-MOST_REMEMBERED:])


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

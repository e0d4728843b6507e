"""The chain of entries as tests see it: how long, since when, and where a link does not hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.events.entry import FIRST_PREVIOUS
from policies.controls.finding import Deviation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.events.entry import Entry


@dataclass(frozen=True)
class Chain:
    """``size`` entries from ``first`` to ``last``; ``since`` is the day of the first.

    ``previous`` and ``expected`` are what the next entry must say.
    """

    size: int = 0
    first: int = 0
    last: int = 0
    since: str = ""
    broken: tuple[Deviation, ...] = ()
    previous: str = FIRST_PREVIOUS
    expected: int = 0

    @property
    def ends(self) -> tuple[int, ...]:
        """The first and the last entry."""
        return tuple(sorted({self.first, self.last})) if self.size else ()

    def with_entry(self, entry: Entry) -> Chain:
        """The chain with one more entry."""
        number, broken = entry.sequence, self.broken
        if number != self.expected:
            said = f"Entry {self.expected} is missing before this entry."
            broken = (*broken, Deviation((number,), said))
        elif entry.previous != self.previous:
            said = "The link to the entry before does not hold."
            broken = (*broken, Deviation((number,), said))
        return Chain(
            size=self.size + 1,
            first=self.first if self.size else number,
            last=number,
            since=self.since if self.size else entry.recorded_at[:10],
            broken=broken,
            previous=entry.leaf.hex(),
            expected=number + 1,
        )


def chain_of(entries: Iterable[Entry]) -> Chain:
    """The chain of entries in order."""
    chain = Chain()
    for entry in entries:
        chain = chain.with_entry(entry)
    return chain

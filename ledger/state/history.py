"""A history: entries in order and the registry they fold to. What reports and controls are made of.

Rebuilt from entries alone, so that a report over the first N entries comes out the same for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.state.concerns import about
from ledger.state.fold import Place, fold
from ledger.state.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.events.entry import Entry
    from ledger.events.event import About


@dataclass(frozen=True)
class Recorded:
    """An entry and what it concerned when it was made."""

    entry: Entry
    about: About


@dataclass(frozen=True)
class History:
    """Entries 0 to N-1 and the registry after them."""

    recorded: tuple[Recorded, ...]
    registry: Registry

    @property
    def position(self) -> int:
        """How many entries the history holds."""
        return len(self.recorded)


def replay(entries: Iterable[Entry]) -> History:
    """Fold entries from the beginning.

    Raises:
        LedgerError: an entry makes no sense on the state before it.
    """
    registry = Registry()
    recorded: list[Recorded] = []
    for entry in entries:
        place = Place(entry.sequence, entry.recorded_at, entry.actor.id, entry.proof)
        registry.apply(fold(registry, entry.event, place), entry.sequence)
        recorded.append(Recorded(entry, about(registry, entry.event)))
    return History(tuple(recorded), registry)

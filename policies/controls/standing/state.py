"""The state that is kept: units with what tests tallied of them, sums, and small indexes.

``State`` is a read-through overlay, as the registry is: what a step changes stands on top of what
``behind`` holds, until somebody stores it. It does no I/O itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from policies.controls.finding import Deviation, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.state.aggregates import Aggregate
    from ledger.state.history import Recorded
    from ledger.state.registry import Registry

NEVER: Final = "~"
"""Later than any instant."""


@dataclass(frozen=True)
class Unit:
    """What the tests say of one unit, and when it must be looked at again without an entry."""

    again: str = NEVER
    tallies: Mapping[str, Tally] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """As plain values."""
        return {
            name: [
                tally.population,
                tally.tested,
                tally.noted,
                [[list(item.entries), item.sentence] for item in tally.exceptions],
                [[list(item.entries), item.sentence] for item in tally.missing],
            ]
            for name, tally in self.tallies.items()
        }


def unit_of(again: str, stored: Mapping[str, Any]) -> Unit:
    """A unit from its plain values."""
    return Unit(
        again,
        {
            name: Tally(
                population,
                tested,
                tuple(Deviation(tuple(entries), said) for entries, said in exceptions),
                tuple(Deviation(tuple(entries), said) for entries, said in missing),
                noted=noted,
            )
            for name, (population, tested, noted, exceptions, missing) in stored.items()
        },
    )


class Behind(Protocol):
    """Where a state was stored."""

    def note(self, name: str) -> Any:
        """A note, or None."""

    def unit(self, name: str) -> Unit | None:
        """A unit, or None."""

    def due(self, instant: str) -> Iterable[str]:
        """Units to be looked at again at or before an instant."""

    def units(self, prefix: str) -> Iterable[str]:
        """Every unit whose name begins so."""

    def named(self, piece: str, missing: bool, most: int) -> Iterable[Deviation]:
        """Exceptions of a piece, or what is missing, in the order of their last entry."""


class Source(Protocol):
    """Where the entries and what they fold to are read."""

    registry: Registry

    def recorded(self, numbers: Iterable[int]) -> tuple[Recorded, ...]:
        """Entries by number, ascending."""

    def of_kinds(self, kinds: frozenset[str]) -> tuple[Recorded, ...]:
        """Every entry of some kinds, ascending."""

    def all(self, kind: type[Aggregate]) -> tuple[Aggregate, ...]:
        """Every aggregate of a kind, by key."""


class State:
    """Notes and units, with what was changed on top of what is stored."""

    def __init__(self, behind: Behind) -> None:
        self.behind = behind
        self.notes: dict[str, Any] = {}
        self.units: dict[str, Unit] = {}

    def note(self, name: str, default: Any = None) -> Any:
        """A note, not to be changed in place."""
        if name in self.notes:
            return self.notes[name]
        found = self.behind.note(name)
        return default if found is None else found

    def keep(self, name: str, value: Any) -> None:
        """Keep a note."""
        self.notes[name] = value

    def add(self, name: str, value: Any) -> None:
        """Put a value at the end of a note that is a list, unless it is there."""
        held = self.note(name, [])
        if value not in held:
            self.notes[name] = [*held, value]

    def unit(self, name: str) -> Unit:
        """A unit; an empty one where there is none."""
        return self.units.get(name) or self.behind.unit(name) or Unit()

    def put(self, name: str, unit: Unit) -> None:
        """Put a unit in place of what it was, and move the sums by the difference."""
        sums = dict(self.note("sums", {}))
        for sign, tallies in ((-1, self.unit(name).tallies), (1, unit.tallies)):
            for piece, tally in tallies.items():
                added = (
                    tally.population,
                    tally.tested,
                    tally.noted,
                    tally.failed,
                    tally.lacking,
                )
                held = sums.get(piece, (0, 0, 0, 0, 0))
                sums[piece] = [one + sign * more for one, more in zip(held, added, strict=True)]
        self.keep("sums", sums)
        self.units[name] = unit

    def due(self, instant: str) -> set[str]:
        """Units to be looked at again."""
        changed = {name for name, unit in self.units.items() if unit.again <= instant}
        return changed | {name for name in self.behind.due(instant) if name not in self.units}

    def named_units(self, prefix: str) -> set[str]:
        """Every unit whose name begins so."""
        changed = {name for name in self.units if name.startswith(prefix)}
        return changed | set(self.behind.units(prefix))

    def sum_of(self, piece: str, most: int) -> Tally:
        """The sum of a piece's tallies, with at most so many deviations named.

        To be asked of a state that has no changes of its own.
        """
        population, tested, noted, failed, lacking = self.note("sums", {}).get(
            piece, (0, 0, 0, 0, 0)
        )
        exceptions = tuple(self.behind.named(piece, False, most)) if failed else ()
        missing = tuple(self.behind.named(piece, True, most)) if lacking else ()
        beyond = (failed - len(exceptions), lacking - len(missing))
        return Tally(population, tested, exceptions, missing, noted=noted, beyond=beyond)

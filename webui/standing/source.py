"""The ledger as the standing controls read it, and the state that is stored of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.events.entry import decode_entry
from ledger.state.concerns import about
from ledger.state.history import Recorded
from ledger.store import folded
from ledger.store import standing as store
from ledger.store.entries_named import envelopes_at, envelopes_of_kind
from policies.controls.finding import Deviation
from policies.controls.standing.state import unit_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from ledger.state.aggregates import Aggregate
    from ledger.state.registry import Registry
    from policies.controls.standing.state import State, Unit


class Memory:
    """Entries of the kinds with few, kept by one process so that each is read once."""

    def __init__(self) -> None:
        self.held: dict[str, list[Recorded]] = {}

    def of(self, source: Entries, kind: str) -> list[Recorded]:
        """Every entry of a kind, ascending."""
        held = self.held.setdefault(kind, [])
        held.extend(source.newer(kind, held[-1].entry.sequence if held else -1))
        return held


class Entries:
    """Entries and aggregates within one reading transaction."""

    def __init__(
        self, connection: Connection, log_id: int, registry: Registry, memory: Memory
    ) -> None:
        self._connection = connection
        self._log_id = log_id
        self._memory = memory
        self.registry = registry

    def recorded(self, numbers: Iterable[int]) -> tuple[Recorded, ...]:
        """Entries by number, ascending."""
        wanted = sorted(set(numbers))
        return tuple(map(self._read, envelopes_at(self._connection, self._log_id, wanted)))

    def of_kinds(self, kinds: frozenset[str]) -> tuple[Recorded, ...]:
        """Every entry of some kinds, ascending."""
        found = [item for kind in sorted(kinds) for item in self._memory.of(self, kind)]
        return tuple(sorted(found, key=lambda item: item.entry.sequence))

    def newer(self, kind: str, after: int) -> list[Recorded]:
        """Entries of a kind after one."""
        rows = envelopes_of_kind(self._connection, self._log_id, kind, after)
        return [self._read(row) for row in rows]

    def all(self, kind: type[Aggregate]) -> tuple[Aggregate, ...]:
        """Every aggregate of a kind, by key."""
        return folded.every(self._connection, self._log_id, kind)

    def _read(self, envelope: bytes) -> Recorded:
        entry = decode_entry(envelope)
        return Recorded(entry, about(self.registry, entry.event))


class Rows:
    """The stored state within one reading transaction."""

    def __init__(self, connection: Connection, log_id: int) -> None:
        self._connection = connection
        self._log_id = log_id
        self._read: dict[str, Any] = {}

    def note(self, name: str) -> Any:
        """A note, or None. Those that every unit asks for are read once."""
        if name not in self._read:
            self._read[name] = store.read_note(self._connection, self._log_id, name)
        return self._read[name]

    def unit(self, name: str) -> Unit | None:
        """A unit, or None."""
        found = store.read_unit(self._connection, self._log_id, name)
        return None if found is None else unit_of(*found)

    def due(self, instant: str) -> Iterable[str]:
        """Units to be looked at again at or before an instant."""
        return store.units_due(self._connection, self._log_id, instant)

    def units(self, prefix: str) -> Iterable[str]:
        """Every unit whose name begins so."""
        return store.unit_names(self._connection, self._log_id, prefix)

    def named(self, piece: str, missing: bool, most: int) -> Iterable[Deviation]:
        """Exceptions of a piece, or what is missing, in the order of their last entry."""
        rows = store.deviations_of(
            self._connection, self._log_id, piece, missing=missing, limit=most
        )
        return [Deviation(tuple(row.value[0]), row.value[1]) for row in rows]


def keep(connection: Connection, log_id: int, state: State) -> None:
    """Store what a state changed."""
    store.keep_notes(connection, log_id, state.notes)
    units = {name: (unit.again, unit.stored()) for name, unit in state.units.items()}
    store.keep_units(
        connection,
        log_id,
        units,
        [one for name, unit in state.units.items() for one in _deviating(name, unit)],
    )


def _deviating(name: str, unit: Unit) -> Iterable[store.Deviating]:
    for piece, tally in unit.tallies.items():
        for missing, found in enumerate((tally.exceptions, tally.missing)):
            for nth, item in enumerate(found):
                last = item.entries[-1] if item.entries else -1
                value = [list(item.entries), item.sentence]
                yield store.Deviating(piece, missing, last, name, nth, value)

"""Keeps the standing state of a story in memory, and computes the same from the beginning."""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ledger.state.concerns import about
from ledger.state.fold import Place, fold
from ledger.state.history import History, Recorded
from ledger.state.registry import Registry
from policies.controls.assess import assess
from policies.controls.outside import Anchor, Integrity
from policies.controls.shipped import FRAMEWORKS, shipped_framework
from policies.controls.standing.keep import take
from policies.controls.standing.matrix import WITHOUT_LIMIT, assessed, in_order, order_of, standing
from policies.controls.standing.part import standing_scope
from policies.controls.standing.pieces import pieces_of
from policies.controls.standing.state import NEVER, State, unit_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.events.entry import Entry
    from policies.controls.assess import Assessment
    from policies.controls.finding import Deviation
    from policies.controls.standing.state import Unit

SHIPPED = tuple(shipped_framework(name) for name in FRAMEWORKS)
PIECES = pieces_of(SHIPPED, "the tests")


class Stored:
    """What was stored, as JSON: nothing but plain values comes back."""

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}
        self.held: dict[str, tuple[str, str]] = {}

    def note(self, name: str) -> Any:
        return json.loads(self.notes[name]) if name in self.notes else None

    def unit(self, name: str) -> Unit | None:
        if name not in self.held:
            return None
        again, text = self.held[name]
        return unit_of(again, json.loads(text))

    def due(self, instant: str) -> Iterable[str]:
        return [name for name, (again, _) in self.held.items() if again <= instant]

    def units(self, prefix: str) -> Iterable[str]:
        return [name for name in self.held if name.startswith(prefix)]

    def named(self, piece: str, missing: bool, most: int) -> Iterable[Deviation]:
        found: list[Deviation] = []
        for again, text in self.held.values():
            tally = unit_of(again, json.loads(text)).tallies.get(piece)
            if tally is not None:
                found.extend(tally.missing if missing else tally.exceptions)
        return sorted(found, key=order_of)[:most]

    def keep(self, state: State) -> None:
        self.notes.update((name, json.dumps(value)) for name, value in state.notes.items())
        for name, unit in state.units.items():
            self.held[name] = (unit.again, json.dumps(unit.stored()))


class Ledger:
    """Entries folded one by one; a source of what they say up to the last of them."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.told: list[Recorded] = []

    def append(self, entry: Entry) -> Recorded:
        place = Place(entry.sequence, entry.recorded_at, entry.actor.id, entry.proof)
        self.registry.apply(fold(self.registry, entry.event, place), entry.sequence)
        self.told.append(Recorded(entry, about(self.registry, entry.event)))
        return self.told[-1]

    def recorded(self, numbers: Iterable[int]) -> tuple[Recorded, ...]:
        found = []
        for number in sorted(set(numbers)):
            place = bisect_left(self.told, number, key=lambda item: item.entry.sequence)
            found.append(self.told[place])
        return tuple(found)

    def of_kinds(self, kinds: frozenset[str]) -> tuple[Recorded, ...]:
        return tuple(item for item in self.told if item.entry.kind in kinds)

    def all(self, kind: Any) -> tuple[Any, ...]:
        return self.registry.all(kind)


class KeptUp:
    """A ledger and the state that is kept of it."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.stored = Stored()

    def takes(self, *entries: Entry) -> None:
        """Some entries in one step."""
        items = [self.ledger.append(entry) for entry in entries]
        state = State(self.stored)
        take(state, self.ledger, PIECES, items)
        self.stored.keep(state)

    def assessments(self) -> list[Assessment]:
        """What the state says."""
        size = len(self.ledger.told)
        material = standing(
            State(self.stored), self.ledger, PIECES, _verified(size), most=WITHOUT_LIMIT
        )
        return [assessed(framework, material) for framework in SHIPPED]

    def from_the_beginning(self) -> list[Assessment]:
        """What the entries say, in the order in which the state tells it."""
        told = tuple(self.ledger.told)
        scope = standing_scope(told[-1].entry.recorded_at)
        history = History(told, self.ledger.registry)
        return [
            _in_order(assess(framework, history, scope, _verified(len(told))))
            for framework in SHIPPED
        ]

    def due(self) -> list[str]:
        """When each unit is to be looked at again."""
        return [again for again, _ in self.stored.held.values() if again != NEVER]


def _verified(size: int) -> Integrity:
    return Integrity(size, (), (Anchor("the guard", size),))


def _in_order(found: Assessment) -> Assessment:
    results = (
        replace(one, findings=tuple(in_order(each) for each in one.findings))
        for one in found.results
    )
    return replace(found, results=tuple(results))

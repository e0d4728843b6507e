"""T2 population: is the list of what happened complete?

The ledger can show that none of its own entries is missing (T1). That nothing happened beside the
ledger can only be shown against a list that somebody else keeps, so without one the test counts
and says that it can't conclude.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policies.controls.finding import Deviation, Tally, many
from policies.controls.outside import Running
from policies.controls.primitives.arguments import Arguments

if TYPE_CHECKING:
    from policies.controls.finding import Finding
    from policies.controls.material import Material
    from policies.controls.outside import Inventory


class PopulationArguments(Arguments):
    """None: the population is that of production changes."""


def population(material: Material, arguments: PopulationArguments) -> Finding:
    """T2: every production change of the period, and what runs now matched with an inventory."""
    changes = material.changes
    if material.inventory is None:
        return counted(tallied(material, arguments), arguments)
    entries = tuple(change.entry for change in changes)
    unmatched = _unmatched(material, material.inventory)
    slots = _running(material)
    running = len(slots) + len(material.inventory.running)
    tally = Tally(running, len(slots), unmatched, (), entries)
    said = _recorded(len(changes), sum(change.rollback for change in changes))
    sentence = f"{said}. What runs now according to {material.inventory.source} " + (
        "matches the ledger one to one." if not unmatched else "differs from the ledger."
    )
    sources = (*_SOURCES, material.inventory.source)
    return tally.found("T2", 1, sources, sentence, population=len(changes))


def tallied(material: Material, arguments: PopulationArguments) -> Tally:
    """T2, change by change, without a list from outside; roll-backs are noted."""
    del arguments
    changes = material.changes
    back = sum(change.rollback for change in changes)
    entries = tuple(change.entry for change in changes)
    return Tally(len(changes), len(changes), entries=entries, noted=back)


def counted(tally: Tally, arguments: PopulationArguments) -> Finding:
    """What follows for T2 from a tally, where nobody outside delivered a list."""
    del arguments
    said = (
        "No inventory from outside the ledger (what the serving platform says it runs) was "
        "delivered, so changes made beside the ledger can't be ruled out."
    )
    number = tally.population
    alone = replace(tally, population=max(number, 1), missing=(Deviation((), said),))
    sentence = f"{_recorded(number, tally.noted)}. {said}"
    return alone.found("T2", 1, _SOURCES, sentence, population=number, human_part="missing")


_SOURCES = ("deployment.recorded", "deployment.rolled_back")


def _recorded(changes: int, back: int) -> str:
    sorts = f" ({many(changes - back, 'deployment')}, {many(back, 'roll-back')})" if back else ""
    held = many(changes, "production change")
    return f"{held} recorded in the period{sorts}, entries in unbroken order"


def _running(material: Material) -> dict[Running, int]:
    return {
        Running(item.model, item.environment, item.artifact): item.since
        for item in material.stretches
        if item.status == "running"
    }


def _unmatched(material: Material, inventory: Inventory) -> tuple[Deviation, ...]:
    """What only one of both knows."""
    ours = _running(material)
    theirs = {
        item
        for item in inventory.running
        if item.environment in material.scope.production and material.scope.covers(item.model)
    }
    beside = sorted(theirs - ours.keys(), key=lambda item: (item.model, item.environment))
    gone = sorted(ours.keys() - theirs, key=lambda item: (item.model, item.environment))
    return (
        *(
            Deviation(
                (),
                f"{item.model} in {item.environment} runs bytes {item.artifact[:12]} that the "
                "ledger does not say are deployed there.",
            )
            for item in beside
        ),
        *(
            Deviation(
                (ours[item],),
                f"The ledger says that {item.model} runs bytes {item.artifact[:12]} in "
                f"{item.environment}; {inventory.source} does not know of it.",
            )
            for item in gone
        ),
    )

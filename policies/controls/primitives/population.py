"""T2 population: is the list of what happened complete?

The ledger can show that none of its own entries is missing (T1). That nothing happened beside the
ledger can only be shown against a list that somebody else keeps, so without one the test counts
and says that it can't conclude.
"""

from __future__ import annotations

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
    del arguments
    changes = material.changes
    entries = tuple(change.entry for change in changes)
    counted = (
        f"{many(len(changes), 'production change')} recorded in the period"
        f"{_kinds(material)}, entries in unbroken order"
    )
    inventory = material.inventory
    if inventory is None:
        missing = Deviation(
            (),
            "No inventory from outside the ledger (what the serving platform says it runs) was "
            "delivered, so changes made beside the ledger can't be ruled out.",
        )
        tally = Tally(max(len(changes), 1), len(changes), (), (missing,), entries)
        sentence = f"{counted}. {missing.sentence}"
        sources: tuple[str, ...] = _SOURCES
    else:
        unmatched = _unmatched(material, inventory)
        slots = _running(material)
        tally = Tally(len(slots) + len(inventory.running), len(slots), unmatched, (), entries)
        sentence = f"{counted}. What runs now according to {inventory.source} " + (
            "matches the ledger one to one." if not unmatched else "differs from the ledger."
        )
        sources = (*_SOURCES, inventory.source)
    return tally.found(
        "T2",
        1,
        sources,
        sentence,
        population=len(changes),
        human_part="none" if inventory else "missing",
    )


_SOURCES = ("deployment.recorded", "deployment.rolled_back")


def _kinds(material: Material) -> str:
    back = sum(change.rollback for change in material.changes)
    if not back:
        return ""
    return f" ({many(len(material.changes) - back, 'deployment')}, {many(back, 'roll-back')})"


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

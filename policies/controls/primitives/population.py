"""T2 population: is the list of what happened complete?

The ledger can show that none of its own entries is missing (T1). That nothing happened beside the
ledger can only be shown against a list that somebody else keeps, so without one the test counts
and says that it can't conclude.

Such a list is held against the ledger when it is handed in, and ``inventory.reconciled`` says what
came of it; the test reads these entries and nothing else, so a report over an earlier position
comes to the same. Of each source its newest list in the period counts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ledger.events.access import InventoryReconciled
from policies.controls.finding import Deviation, Tally, both, many
from policies.controls.primitives.arguments import Arguments

if TYPE_CHECKING:
    from ledger.events.access import Differing
    from policies.controls.finding import Finding
    from policies.controls.material import Material

    _Lists = dict[str, tuple[int, InventoryReconciled]]


class PopulationArguments(Arguments):
    """None: the population is that of production changes."""


def population(material: Material, arguments: PopulationArguments) -> Finding:
    """T2: every production change of the period, and what runs matched with lists from outside."""
    return listed(tallied(material, arguments), arguments, material)


def tallied(material: Material, arguments: PopulationArguments) -> Tally:
    """T2, change by change; changes are tested, what ran is added, and roll-backs are noted."""
    del arguments
    changes = material.changes
    back = sum(change.rollback for change in changes)
    entries = tuple(change.entry for change in changes)
    ran = len(material.stretches)
    return Tally(len(changes) + ran, len(changes), entries=entries, noted=back)


def listed(tally: Tally, arguments: PopulationArguments, material: Material) -> Finding:
    """What follows for T2 from a tally and from each source's newest list of what runs."""
    lists = _newest(material)
    if not lists:
        return counted(tally, arguments)
    wrong = _differing(material, lists)
    sources = ", ".join(sorted(lists))
    said = f"{_recorded(tally.tested, tally.noted)}. What runs according to {sources} " + (
        f"differs from the ledger in {many(len(wrong), 'deployment')}."
        if wrong
        else "matches the ledger one to one."
    )
    said += f" Newest list: entry {max(entry for entry, _ in lists.values())}."
    whole = replace(
        tally,
        population=tally.population + len(wrong),
        tested=tally.population + len(wrong),
        exceptions=wrong,
        entries=both(tally.entries, (entry for entry, _ in lists.values())),
    )
    kinds = (*_SOURCES, InventoryReconciled.kind, *sorted(lists))
    return whole.found("T2", _VERSION, kinds, said, population=tally.tested)


def counted(tally: Tally, arguments: PopulationArguments) -> Finding:
    """What follows for T2 from a tally, where nobody outside delivered a list."""
    del arguments
    number = tally.tested
    alone = replace(tally, population=max(tally.population, 1), missing=(Deviation((), _NO_LIST),))
    sentence = f"{_recorded(number, tally.noted)}. {_NO_LIST}"
    return alone.found("T2", _VERSION, _SOURCES, sentence, population=number, human_part="missing")


_VERSION: Final = 2
_SOURCES: Final = ("deployment.recorded", "deployment.rolled_back")
_NO_LIST: Final = (
    "In the period no list of what runs in production was held against the ledger, so changes made "
    "beside it can't be ruled out. Hand in what the serving platform shows: counterseal inventory."
)


def _recorded(changes: int, back: int) -> str:
    sorts = f" ({many(changes - back, 'deployment')}, {many(back, 'roll-back')})" if back else ""
    held = many(changes, "production change")
    return f"{held} recorded in the period{sorts}, entries in unbroken order"


def _newest(material: Material) -> _Lists:
    """By source: its newest list of the period that shows what runs in production."""
    production = frozenset(material.scope.production)
    found: _Lists = {}
    for item in material.of_kind(InventoryReconciled.kind):
        event = item.entry.event
        if isinstance(event, InventoryReconciled) and production & set(event.environments or ()):
            found[event.source] = (item.entry.sequence, event)
    return found


def _differing(material: Material, lists: _Lists) -> tuple[Deviation, ...]:
    """What only one of both knows, and what both know differently, by source."""
    scope = material.scope
    return tuple(
        Deviation(
            (entry,) if one.deployment is None else (one.deployment, entry), _said(source, one)
        )
        for source, (entry, event) in sorted(lists.items())
        for one in event.differing or ()
        if one.environment in scope.production and scope.covers(one.model)
        if one.how != "unlisted" or _nobody_shows(one, lists)
    )


def _nobody_shows(one: Differing, lists: _Lists) -> bool:
    """Whether every list that could show a deployment says that it does not.

    Production may be spread over several sources, none of which shows all of it. A list that is
    older than the deployment could not show it.
    """
    return all(
        any((it.deployment, it.how) == (one.deployment, "unlisted") for it in event.differing or ())
        for entry, event in lists.values()
        if one.environment in (event.environments or ())
        and (one.deployment is None or one.deployment < entry)
    )


def _said(source: str, one: Differing) -> str:
    what = f"{one.model} {one.version}"
    if one.how == "unlisted":
        return f"By the ledger {what} runs in {one.environment}; {source} does not show it."
    if one.how == "other_artifact":
        return f"{source} shows other bytes of {what} in {one.environment} than were deployed."
    if one.how == "other_version":
        return f"{source} shows {what} in {one.environment}, the ledger another version."
    return f"{source} shows {what} in {one.environment}; the ledger does not say that it runs."

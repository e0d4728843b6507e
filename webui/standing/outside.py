"""How much of what is known elsewhere is explained by this ledger: each source's newest list.

Bounded: the newest hundred lists are looked at. What was explained since a list was read is told on
the page Connections, which looks at everything that a source ever showed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.events.access import InventoryReconciled
from ledger.events.entry import decode_entry
from ledger.store.entries import Filter
from webui.intake.inventory import percentage
from webui.standing.shape import Shape

if TYPE_CHECKING:
    from webui.wiring import Wiring

MOST: Final = 100


class Share(Shape):
    """A list that was held against the ledger. ``explained`` is a percentage, never rounded up.

    ``unknown`` stand on the list alone: changes beside the ledger. ``unlisted`` are known to the
    ledger alone.
    """

    inventory: str
    source: str
    as_of: str
    entry: int
    listed: int
    unknown: int
    unlisted: int
    explained: str


def shares(wiring: Wiring) -> list[Share]:
    """The newest list of each kind and source, by their names."""
    found: dict[tuple[str, str], Share] = {}
    for row in wiring.reader.entries(Filter(kinds=(InventoryReconciled.kind,)), limit=MOST):
        event = decode_entry(row.envelope).event
        if isinstance(event, InventoryReconciled):
            share = Share(
                inventory=event.inventory,
                source=event.source,
                as_of=event.as_of,
                entry=row.sequence,
                listed=event.listed,
                unknown=event.unknown,
                unlisted=len(event.unlisted),
                explained=percentage(event.listed - event.unknown, event.listed),
            )
            found.setdefault((share.inventory, share.source), share)
    return [found[key] for key in sorted(found)]

"""How much of what is known elsewhere is explained by this ledger: the newest list of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.access import InventoryReconciled
from ledger.state.access import Reconciled
from webui.standing.shape import Shape

if TYPE_CHECKING:
    from webui.wiring import Wiring


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
    """The newest list of each kind, by its name."""
    found = []
    for held in sorted(wiring.reader.every(Reconciled), key=lambda one: one.inventory):
        event = wiring.log.entry(held.entry).event
        if isinstance(event, InventoryReconciled):
            found.append(
                Share(
                    inventory=event.inventory,
                    source=event.source,
                    as_of=event.as_of,
                    entry=held.entry,
                    listed=event.listed,
                    unknown=event.unknown,
                    unlisted=len(event.unlisted),
                    explained=percentage(event.listed - event.unknown, event.listed),
                )
            )
    return found


def percentage(part: int, whole: int) -> str:
    """A share with one digit, never rounded up to 100; of nothing it is all."""
    if not whole:
        return "100 %"
    tenths = 1000 * part // whole
    return "100 %" if tenths == 1000 else f"{tenths // 10}.{tenths % 10} %"  # noqa: PLR2004

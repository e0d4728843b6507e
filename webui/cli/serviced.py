"""What the command asks of the ledger, it asks as the service, and the policy may well refuse.

Whoever runs the command holds the keys already; but what enters the ledger is still decided by the
policy in force, and people change it on the pages, under their own names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.events.event import Event
    from webui.wiring import Wiring


def submit_as_service(wiring: Wiring, events: Sequence[Event]) -> None:
    """Submit events as the service, one after the other.

    Raises:
        RefusedError: the policy refuses one of them, which is recorded; those after it are not
            asked for.
    """
    from policies import explain
    from webui.naming import namer

    for event in events:
        receipt = wiring.submitter.submit(wiring.service, event)
        if receipt.outcome == "deny":
            reasons = explain(receipt.decision, namer(wiring.reader)) if receipt.decision else []
            raise RefusedError(
                f"The policy in force refuses {event.kind} to the service: {'; '.join(reasons)}.",
                remedy="An administrator does it under their own name, on the page People.",
                entry=receipt.sequence,
            )

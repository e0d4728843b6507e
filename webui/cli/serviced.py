"""What the command asks of the ledger, it asks as the service, and the policy may well refuse.

Whoever runs the command holds the keys already; but what enters the ledger is still decided by the
policy in force, and people change it on the pages, under their own names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.batch import Asked
from ledger.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.events.event import Event
    from webui.wiring import Wiring


def submit_as_service(wiring: Wiring, events: Sequence[Event]) -> None:
    """Submit events as the service, if the policy allows every one of them.

    Raises:
        RefusedError: it does not; nothing was recorded but the refusal.
    """
    for event in events:
        if not wiring.submitter.preview(wiring.service, event).allowed:
            receipt = wiring.submitter.submit(wiring.service, event)
            raise RefusedError(
                "The policy in force does not let the service do this.",
                remedy="An administrator does it under their own name, on the page People.",
                entry=receipt.sequence,
            )
    wiring.submitter.submit_batch(wiring.service, [Asked(event) for event in events])

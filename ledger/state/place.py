"""Where and when an event stands, and who made it happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ledger.events.proof import Proof


class Place(NamedTuple):
    """Where and when an event stands, and who made it happen. ``at`` is RFC 3339 in UTC.

    ``proof`` is the actor's own proof of it, where there is one.
    """

    sequence: int
    at: str
    actor: str
    proof: Proof | None = None

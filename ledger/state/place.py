"""Where and when an event stands, and who made it happen."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Where and when an event stands, and who made it happen. ``at`` is RFC 3339 in UTC."""

    sequence: int
    at: str
    actor: str

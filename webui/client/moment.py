"""What time it is at this end: for when to try again, and for whether a receipt has expired."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The instant, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 (the client has no ledger, and so no ledger's clock)

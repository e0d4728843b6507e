"""The day that a deprecation names: its sunset, from which nothing of the version should run."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.expression.evaluate import Value
    from policies.facts import Case


def days_past_sunset(case: Case) -> Value:
    """Whole days since the sunset, negative before it; not known where it is not deprecated."""
    found = case.version.deprecation if case.version else None
    if found is None:
        return None
    return Decimal((case.now.date() - date.fromisoformat(found.effective_on)).days)

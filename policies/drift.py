"""Drift: how much worse monitoring sees a version than it was when it was approved.

``drift.NAME`` is of the metric NAME in an event ``metrics.observed`` of monitoring: the worst value
that it brings, against the worst held-out value of the version, which is what approvers looked at
(an evaluation after an approval undoes it). Above 0 is worse, whichever direction is better. It is
0 where the event is no such observation, or nothing was measured to compare with, so that a gate's
``when`` does not apply to what is not known.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ledger.events.model import MetricsObserved
from ledger.state.exceptions import OwedReviews, ReviewState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policies.expression.evaluate import Value
    from policies.facts import Case


def drift_of(case: Case, name: str) -> Decimal:
    """The drift of one metric in the event that is decided."""
    event = case.event
    declared = case.document.metrics.get(name)
    if declared is None or not isinstance(event, MetricsObserved) or event.phase != "monitoring":
        return Decimal(0)
    seen = [Decimal(one.value) for one in event.metrics if one.name == name]
    approved = [Decimal(held.metric.value) for held in case.held_out() if held.metric.name == name]
    return worse_by(approved, seen, higher_is_better=declared.higher_is_better)


def worse_by(
    approved: Iterable[Decimal], seen: Iterable[Decimal], *, higher_is_better: bool
) -> Decimal:
    """How much worse the worst that was seen is than the worst that was approved; 0 if unknown."""
    before, after = list(approved), list(seen)
    if not before or not after:
        return Decimal(0)
    return min(before) - min(after) if higher_is_better else max(after) - max(before)


def reviews_of_monitoring(case: Case) -> Value:
    """How many reviews are owed of what monitoring saw of this model, here."""
    about = case.about
    if not about.model:
        return None
    owed = case.registry.find(OwedReviews, "owed")
    found = (case.registry.find(ReviewState, key) for key in (owed.due if owed else ()))
    return Decimal(
        sum(
            one.reviewed == MetricsObserved.kind
            and one.model == about.model
            and about.environment in {"", one.environment}
            for one in found
            if one is not None
        )
    )

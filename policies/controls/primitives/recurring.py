"""T7 of reviews: is what runs looked at again as often as the policy asks?

The policy owes such a review for as long as a version runs under a release; it is paused while none
does. What was never owed is not looked at: another test counts what must happen in any case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.events.exception import ReviewCompleted, ReviewRequired
from ledger.state.exceptions import ReviewState
from policies.controls.finding import Deviation, Tally, both, many
from policies.controls.primitives.arguments import Arguments

if TYPE_CHECKING:
    from policies.controls.finding import Finding
    from policies.controls.material import Material

_SOURCES: Final = (ReviewRequired.kind, ReviewCompleted.kind)


class RecurringArguments(Arguments):
    """None: the population is that of recurring reviews of what runs in production."""


def recurring(material: Material, arguments: RecurringArguments) -> Finding:
    """T7: each recurring review that was owed in the period was made in time, or is not due."""
    del arguments
    owed = [
        item
        for item in material.history.registry.all(ReviewState)
        if item.again_hours is not None
        and item.status != "paused"
        and item.environment in material.scope.production
        and material.scope.covers(item.model)
        and material.scope.period.overlaps(item.required_at, item.completed_at)
    ]
    wrong = tuple(
        Deviation(
            (item.since,) if item.completed is None else (item.since, item.completed),
            f"{item.model}: the review of entry {item.of} was due by {item.due[:10]} and {said}.",
        )
        for item in sorted(owed, key=lambda one: one.since)
        if (said := _late(material, item))
    )
    entries = both(*((item.since, item.completed or item.since) for item in owed))
    tally = Tally(len(owed), len(owed), wrong, (), entries)
    held = f"{many(len(owed), 'recurring review')} of what runs owed in the period"
    sentence = {
        "pass": f"{held}; each was made in time or is not due yet.",
        "fail": f"{held}; {len(wrong):,} overdue or made late.",
    }.get(tally.verdict, "The policy owed no recurring review of what runs in the period.")
    return tally.found("T7-reviews", 1, _SOURCES, sentence)


def _late(material: Material, item: ReviewState) -> str:
    """Whether a review came late, or is overdue when the period or the ledger ends."""
    if item.completed_at is not None:
        return "was made later" if item.completed_at > item.due else ""
    overdue = item.due < material.as_of and item.due[:10] <= material.last_day
    return "is not made" if overdue else ""

"""Reviews after the fact: how many are overdue about what is concerned, and who had a part in what.

A review of a release is about what somebody asked for and built: whoever did either does not judge
it. Whoever approved it may, as a review that comes again is not about the approval.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ledger.state.aggregates import ReleaseState, VersionState, number_key, version_key
from ledger.state.exceptions import OwedReviews, ReviewState

if TYPE_CHECKING:
    from policies.expression.evaluate import Value
    from policies.facts import Case


def overdue(case: Case) -> Value:
    """How many reviews are past their day, of anything."""
    found = case.registry.find(OwedReviews, "owed")
    return Decimal(found.overdue(case.now_text) if found else 0)


def overdue_here(case: Case) -> Value:
    """Those about this model, and this environment where one is concerned."""
    about = case.about
    owed = case.registry.find(OwedReviews, "owed")
    if not about.model:
        return None
    late = [key for key, due in owed.due.items() if due < case.now_text] if owed else []
    found = (case.registry.find(ReviewState, key) for key in late)
    return Decimal(
        sum(
            one.model == about.model and about.environment in {"", one.environment}
            for one in found
            if one is not None
        )
    )


def had_a_part(case: Case, review: ReviewState) -> frozenset[str] | None:
    """Whoever made what is reviewed; of a release, whoever asked for it and registered it."""
    if review.release is None:
        return frozenset((review.by,))
    asked = case.registry.find(ReleaseState, number_key(review.release))
    if asked is None:
        return None
    version = case.registry.find(VersionState, version_key(asked.model, asked.version))
    return frozenset((asked.requester, *((version.registrant,) if version else ())))

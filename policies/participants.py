"""Who had a part in what an event closes, lifts, answers or reviews: they don't do it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events import exception, privacy, recall
from ledger.state.aggregates import number_key
from ledger.state.exceptions import ExceptionState
from ledger.state.privacy import ErasureState, HoldState
from ledger.state.recalls import RecallState
from policies.owed import had_a_part

if TYPE_CHECKING:
    from policies.facts import Case


def participants(case: Case) -> frozenset[str] | None:
    """Whoever had a part in what is closed or reviewed; None where that is not known."""
    if isinstance(case.event, privacy.HoldReleased):
        hold = case.registry.find(HoldState, number_key(case.event.hold))
        return None if hold is None else frozenset((hold.by,))
    if isinstance(case.event, recall.RecallLifted):
        placed = case.registry.find(RecallState, number_key(case.event.recall))
        return None if placed is None else frozenset((placed.by,))
    if isinstance(case.event, (privacy.ErasureApproved, privacy.ErasureRefused)):
        asked = case.registry.find(ErasureState, number_key(case.event.erasure))
        return None if asked is None else frozenset((asked.by, asked.actor))
    entry = None
    if isinstance(case.event, exception.ExceptionClosed):
        entry = case.event.exception
    elif case.review is not None and case.review.reviewed == exception.ExceptionOpened.kind:
        entry = case.review.of
    if entry is None:
        return had_a_part(case, case.review) if case.review else None
    opened = case.registry.find(ExceptionState, number_key(entry))
    if opened is None:
        return None
    return frozenset((*opened.openers, *opened.backers, *opened.users))

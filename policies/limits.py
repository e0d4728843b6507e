"""How long, how often and for what: facts about the limits of what is asked for.

Days and minutes are counted from the recorded time, begun ones whole. What an event says nothing of
is not known.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ledger.events import exception, people
from ledger.events.names import parse_instant

if TYPE_CHECKING:
    from policies.expression.evaluate import Value
    from policies.facts import Case


def delegation_days(case: Case) -> Value:
    """How many days until it ends, begun ones counted."""
    if not isinstance(case.event, people.RoleDelegated):
        return None
    lasts = parse_instant(case.event.until) - case.now
    return Decimal(-(-lasts // timedelta(days=1)))


def grant_days(case: Case) -> Value:
    """How many days until the role ends, begun ones counted; not known where it does not."""
    if not isinstance(case.event, people.RoleGranted) or case.event.until is None:
        return None
    lasts = parse_instant(case.event.until) - case.now
    return Decimal(-(-lasts // timedelta(days=1)))


def grant_unlimited(case: Case) -> Value:
    """Whether a role is given without end and for every model."""
    event = case.event
    if not isinstance(event, people.RoleGranted):
        return None
    return event.until is None and event.models is None and event.tags is None


def _opened(case: Case) -> exception.ExceptionOpened | None:
    return case.event if isinstance(case.event, exception.ExceptionOpened) else None


def exception_minutes(case: Case) -> Value:
    """How many minutes until it ends, begun ones counted."""
    event = _opened(case)
    if event is None:
        return None
    return Decimal(-(-(parse_instant(event.until) - case.now) // timedelta(minutes=1)))


def exception_review_days(case: Case) -> Value:
    """How many days behind its end the review is due, begun ones counted."""
    event = _opened(case)
    if event is None:
        return None
    lasts = parse_instant(event.review_by) - parse_instant(event.until)
    return Decimal(-(-lasts // timedelta(days=1)))


def exception_uses(case: Case) -> Value:
    """How often an exception may be used."""
    event = _opened(case)
    return None if event is None else Decimal(event.uses)

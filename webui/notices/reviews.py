"""Access reviews that are due soon, or late: told to who could decide them, and to who subscribed.

Once when the day comes near, then once a week from the day it is late, until it is completed. As
with every notice, nothing is decided by it: who is told is worked out when it is planned, and an
access review that was completed meanwhile is told no more.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ledger.events.names import format_instant, parse_instant
from ledger.store.database import reading
from ledger.store.notices import WAITING, Delivery, planned_occasions, read_subscriptions
from webui.access_reviews import could_decide
from webui.notices.channels import EMAIL
from webui.notices.topics import ACCESS_REVIEW

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.state.access import AccessReview
    from webui.notices.channels import Channels
    from webui.wiring import Wiring

REVIEWS: Final = "access-review/"
PERSON: Final = "person/"
_OPEN_AT_ONCE: Final = 100
_WEEK: Final = 7


def reviews_due(wiring: Wiring, channels: Channels) -> list[Delivery]:
    """What is to be told of open access reviews now, as far as it was not planned before."""
    days = wiring.settings.access_review_days
    if not days:
        return []
    now = wiring.now()
    found = wiring.reader.access_reviews(status="open", limit=_OPEN_AT_ONCE)
    named = {occasion: one for one in found if (occasion := _occasion(one, now, days))}
    with reading(wiring.engine) as connection:
        told = planned_occasions(connection, wiring.log.log_id, list(named))
    return [
        delivery
        for occasion, one in named.items()
        if occasion not in told
        for delivery in _deliveries(wiring, channels, one, occasion)
    ]


def _occasion(review: AccessReview, now: datetime, days: int) -> str:
    due = parse_instant(review.due)
    if now >= due:
        return f"{REVIEWS}{review.since}/late-{(now - due).days // _WEEK}"
    return f"{REVIEWS}{review.since}/soon" if now >= due - timedelta(days=days) else ""


def _deliveries(
    wiring: Wiring, channels: Channels, review: AccessReview, occasion: str
) -> list[Delivery]:
    now = format_instant(wiring.now())
    with reading(wiring.engine) as connection:
        subscriptions = read_subscriptions(connection, wiring.log.log_id)
    chosen = [one for one in subscriptions if ACCESS_REVIEW in one.topics and not one.model]
    by_mail = {one.subscriber for one in chosen if one.channel == EMAIL}
    to = [(one.subscription_id, one.channel) for one in chosen]
    if EMAIL in channels.names:
        could = sorted(could_decide(wiring, review) - by_mail)
        to += [(f"{PERSON}{one}", EMAIL) for one in could]
    return [
        Delivery(occasion, name, review.since, channel, WAITING, 0, now, "", "")
        for name, channel in to
    ]

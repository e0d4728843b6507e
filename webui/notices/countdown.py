"""The countdown to a sunset: told to who owns or uses the version, and to who subscribed.

Rules:

* A notice goes 30, 7 and 1 days before the day that the deprecation names, as far as that many days
  of notice were given: who was told a week before is not told of a month.
* Each goes once, whoever restarts when. After a time away only the nearest is told: what is past is
  no news.
* A version that was archived meanwhile is told no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.events.names import format_instant
from ledger.state.aggregates import VersionState
from ledger.store.database import reading
from ledger.store.notices import WAITING, Delivery, planned_occasions, read_subscriptions
from webui.life.retiring import calendar, marks_of, users_of
from webui.notices.channels import EMAIL
from webui.notices.reviews import PERSON
from webui.notices.topics import topic_of

if TYPE_CHECKING:
    from webui.life.retiring import Retiring
    from webui.notices.channels import Channels
    from webui.wiring import Wiring

SUNSETS: Final = "sunset/"
TOPIC: Final = topic_of("version.deprecated")


def sunsets_near(wiring: Wiring, channels: Channels) -> list[Delivery]:
    """What is to be told of sunsets now, as far as it was not planned before."""
    if not wiring.reader.all_of(VersionState, status="deprecated", limit=1):
        return []
    named = {
        occasion: one for one in calendar(wiring).items if (occasion := occasion_of(one)) != ""
    }
    with reading(wiring.engine) as connection:
        told = planned_occasions(connection, wiring.log.log_id, list(named))
    return [
        delivery
        for occasion, one in named.items()
        if occasion not in told
        for delivery in _deliveries(wiring, channels, one, occasion)
    ]


def occasion_of(item: Retiring) -> str:
    """The notice that is due now: that of the nearest mark that is reached; empty for none."""
    reached = [mark for mark in marks_of(item.notice_days) if item.days_left <= mark]
    return f"{SUNSETS}{item.entry}/{min(reached)}" if reached and item.days_left > 0 else ""


def _deliveries(
    wiring: Wiring, channels: Channels, item: Retiring, occasion: str
) -> list[Delivery]:
    now = format_instant(wiring.now())
    with reading(wiring.engine) as connection:
        subscriptions = read_subscriptions(connection, wiring.log.log_id)
    chosen = [one for one in subscriptions if TOPIC in one.topics and one.model in {"", item.model}]
    by_mail = {one.subscriber for one in chosen if one.channel == EMAIL}
    to = [(one.subscription_id, one.channel) for one in chosen]
    if EMAIL in channels.names:
        users = users_of(wiring.reader, item.model, item.version) - by_mail
        to += [(f"{PERSON}{one}", EMAIL) for one in sorted(users)]
    return [
        Delivery(occasion, name, item.entry, channel, WAITING, 0, now, "", "")
        for name, channel in to
    ]

"""Planning: which entries, waiting releases and alarms are told to whom.

Rules:

* an entry is matched by its kind, model and environment alone; nothing is decided by a message;
* the cursor moves with what was planned, in one transaction; entries that concern nobody cost no
  writing, but for once in a thousand;
* a release that waits is told once for each of the two times, to those whom it concerns then;
* while the ledger is read-only its entries are in doubt: only the alarm itself is told, once a day.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ledger.errors import ConflictError
from ledger.events.names import format_instant, parse_instant
from ledger.store.database import reading, writing
from ledger.store.entries import read_entries, read_head
from ledger.store.notices import (
    WAITING,
    Delivery,
    Subscription,
    begin_cursor,
    move_cursor,
    plan_deliveries,
    planned_occasions,
    read_cursor,
    read_subscriptions,
)
from policies import reviewers, what_is_missing, who_could_approve
from webui.identity.administrators import is_administrator
from webui.notices.by_name import (
    TOLD_BY_NAME,
    asked_by_name,
    concerned_by_name,
    owed_by_policy,
)
from webui.notices.channels import EMAIL
from webui.notices.countdown import sunsets_near
from webui.notices.reviews import PERSON, reviews_due
from webui.notices.topics import ALARM, ESCALATION, REMINDER, topic_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.state.aggregates import ReleaseState
    from ledger.state.exceptions import ReviewState
    from ledger.store.entries import StoredEntry
    from webui.notices.channels import Channels
    from webui.wiring import Wiring

PAGE: Final = 256
UNWRITTEN: Final = 1000
ENTRY: Final = "entry/"
ALARMS: Final = "alarm/"
OWED: Final = "owed/"
_OPEN_AT_ONCE: Final = 100


class Planner:
    """Plans for one log. Remembers how far it has looked, which costs nothing to forget."""

    def __init__(self, wiring: Wiring, channels: Channels) -> None:
        self._wiring = wiring
        self._channels = channels
        self._looked = 0

    def plan(self) -> int:
        """Plan what the entries since the last time call for; how many deliveries.

        Raises:
            OutsideError, BusyError: the database failed; nothing is lost by it.
        """
        if self._wiring.log.alarm:
            return self._plan_alarm()
        engine, log_id = self._wiring.engine, self._wiring.log.log_id
        with reading(engine) as connection:
            seen = read_cursor(connection, log_id)
            size = read_head(connection, log_id).size
            subscriptions = read_subscriptions(connection, log_id)
        first = min((one.since for one in subscriptions), default=size)
        if seen is not None and EMAIL in self._channels.names:
            first = seen  # people are told by name whether they subscribed or not
        if seen is None:
            with writing(engine) as connection:
                begin_cursor(connection, log_id, first)
            seen = first
        return self._plan_entries(seen, max(seen, self._looked, first), size, subscriptions)

    def _plan_entries(
        self, seen: int, start: int, size: int, subscriptions: list[Subscription]
    ) -> int:
        engine, log_id = self._wiring.engine, self._wiring.log.log_id
        count = 0
        for place in range(start, size, PAGE):
            stop = min(place + PAGE, size)
            with reading(engine) as connection:
                rows = read_entries(connection, log_id, place, stop)
            now = format_instant(self._wiring.now())
            planned = [one for row in rows for one in self._of_row(row, subscriptions, now)]
            if planned or stop - seen >= UNWRITTEN:
                try:
                    with writing(engine) as connection:
                        move_cursor(connection, log_id, seen, stop)
                        plan_deliveries(connection, log_id, planned)
                except ConflictError:
                    # Another server planned these; look again from where it stopped.
                    return count
                seen = stop
                count += len(planned)
            self._looked = stop
        return count

    def _of_row(
        self, row: StoredEntry, subscriptions: list[Subscription], now: str
    ) -> Iterator[Delivery]:
        """To those who subscribed, and by e-mail to those whom the entry names or answers."""
        told = set()
        for one in _of_entry(row, subscriptions, now):
            told.add(one.subscription_id)
            yield one
        if EMAIL in self._channels.names:
            concerned = owed_by_policy(self._wiring, row)
            if row.kind in TOLD_BY_NAME:
                concerned |= concerned_by_name(self._wiring, row)
            by_mail = {
                one.subscriber
                for one in subscriptions
                if one.channel == EMAIL and one.subscription_id in told
            }
            for actor_id in sorted(concerned - by_mail):
                name = f"{PERSON}{actor_id}"
                yield _waiting(f"{ENTRY}{row.sequence}", name, row.sequence, EMAIL, now)

    def _plan_alarm(self) -> int:
        wiring = self._wiring
        day = format_instant(wiring.now())[:10]
        digest = hashlib.sha256(wiring.log.alarm.encode()).hexdigest()[:16]
        occasion = f"{ALARMS}{day}/{digest}"
        with reading(wiring.engine) as connection:
            if planned_occasions(connection, wiring.log.log_id, [occasion]):
                return 0
            subscriptions = read_subscriptions(connection, wiring.log.log_id)
        told = [one for one in subscriptions if ALARM in one.topics]
        return self._keep([self._delivery(occasion, one, -1) for one in told])

    def plan_waiting(self) -> int:
        """Plan the reminders of what waits too long, releases, reviews and sunsets; how many."""
        wiring = self._wiring
        if wiring.log.alarm:
            return 0
        times = {REMINDER: wiring.settings.reminder_hours}
        times[ESCALATION] = wiring.settings.escalation_hours
        count = 0
        for topic, hours in times.items():
            if hours:
                for releases in self._waiting_since(topic, hours):
                    planned = [one for it in releases for one in self._of_release(it, topic)]
                    count += self._keep(planned)
        count += self._keep(reviews_due(wiring, self._channels))
        count += self._keep(sunsets_near(wiring, self._channels))
        return count + self._plan_reviews()

    def _plan_reviews(self) -> int:
        """Plan who is told that a review is overdue: who could make it, then who is over them."""
        wiring, now = self._wiring, self._wiring.now()
        count = 0
        for review in wiring.reader.reviews(status="required", limit=_OPEN_AT_ONCE):
            late = now - parse_instant(review.due)
            for topic, hours in (
                (REMINDER, wiring.settings.reminder_hours),
                (ESCALATION, wiring.settings.escalation_hours),
            ):
                wait = 0 if topic == REMINDER else hours
                occasion = f"{topic}/{OWED}{review.since}"
                if hours and late > timedelta(hours=wait) and not self._is_planned(occasion):
                    count += self._keep(list(self._of_review(review, topic, occasion)))
        return count

    def _is_planned(self, occasion: str) -> bool:
        wiring = self._wiring
        with reading(wiring.engine) as connection:
            return bool(planned_occasions(connection, wiring.log.log_id, [occasion]))

    def _of_review(self, review: ReviewState, topic: str, occasion: str) -> Iterator[Delivery]:
        wiring = self._wiring
        now = format_instant(wiring.now())
        with reading(wiring.engine) as connection:
            subscriptions = read_subscriptions(connection, wiring.log.log_id)
            registry = wiring.reader.registry(connection)
            able = reviewers(wiring.decide, registry, wiring.policy(), review, now)
        for one in subscriptions:
            concerned = topic in one.topics and _concerns(one, review.model, review.environment)
            if concerned and (one.channel != EMAIL or is_administrator(wiring, one.subscriber)):
                yield self._delivery(occasion, one, review.since)
        if topic == REMINDER and EMAIL in self._channels.names:
            for actor_id in sorted(able):
                yield _waiting(occasion, f"{PERSON}{actor_id}", review.since, EMAIL, now)

    def _waiting_since(self, topic: str, hours: int) -> Iterator[list[ReleaseState]]:
        """Open releases older than so many hours, of which nobody was told yet, in pages."""
        wiring = self._wiring
        until = format_instant(wiring.now() - timedelta(hours=hours))
        before = None
        while True:
            page = wiring.reader.releases(status="open", before=before, limit=_OPEN_AT_ONCE)
            late = {f"{topic}/{one.since}": one for one in page if one.requested_at <= until}
            with reading(wiring.engine) as connection:
                told = planned_occasions(connection, wiring.log.log_id, list(late))
            yield [one for occasion, one in late.items() if occasion not in told]
            if len(page) < _OPEN_AT_ONCE:
                return
            before = page[-1].since

    def _of_release(self, release: ReleaseState, topic: str) -> Iterator[Delivery]:
        wiring, occasion = self._wiring, f"{topic}/{release.since}"
        with reading(wiring.engine) as connection:
            subscriptions = read_subscriptions(connection, wiring.log.log_id)
        for one in subscriptions:
            if topic in one.topics and _concerns(one, release.model, release.environment):
                shared = one.channel != EMAIL
                if shared or is_administrator(wiring, one.subscriber):
                    yield self._delivery(occasion, one, release.since)
        if topic == REMINDER and EMAIL in self._channels.names:
            now = format_instant(wiring.now())
            could = self._could_approve(release)
            asked = asked_by_name(wiring, release.since)
            for actor_id in sorted((could & asked) or could):
                name = f"{PERSON}{actor_id}"
                yield _waiting(occasion, name, release.since, EMAIL, now)

    def _could_approve(self, release: ReleaseState) -> frozenset[str]:
        wiring = self._wiring
        with reading(wiring.engine) as connection:
            registry = wiring.reader.registry(connection)
            now = format_instant(wiring.now())
            granting = what_is_missing(wiring.decide, registry, release, wiring.service, now)
        return who_could_approve(granting)

    def _delivery(self, occasion: str, one: Subscription, sequence: int) -> Delivery:
        now = format_instant(self._wiring.now())
        return _waiting(occasion, one.subscription_id, sequence, one.channel, now)

    def _keep(self, planned: list[Delivery]) -> int:
        if planned:
            with writing(self._wiring.engine) as connection:
                plan_deliveries(connection, self._wiring.log.log_id, planned)
        return len(planned)


def _of_entry(row: StoredEntry, subscriptions: list[Subscription], now: str) -> Iterator[Delivery]:
    topic = topic_of(row.kind)
    for one in subscriptions:
        wanted = topic in one.topics and row.sequence >= one.since
        if wanted and _concerns(one, row.model, row.environment):
            occasion = f"{ENTRY}{row.sequence}"
            yield _waiting(occasion, one.subscription_id, row.sequence, one.channel, now)


def _concerns(one: Subscription, model: str, environment: str) -> bool:
    """Whether it is of the model; and of the environment, where it is of any."""
    elsewhere = bool(environment) and one.environment not in {"", environment}
    return one.model in {"", model} and not elsewhere


def _waiting(occasion: str, to: str, sequence: int, channel: str, now: str) -> Delivery:
    return Delivery(occasion, to, sequence, channel, WAITING, 0, now, "", "")

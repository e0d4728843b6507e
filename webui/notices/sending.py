"""Sending one delivery: what it says now, to whom now, by its channel, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.errors import InputError, LedgerError, OutsideError, UnknownSubjectError
from ledger.events.entry import decode_entry
from ledger.events.names import format_instant
from ledger.store.database import reading
from ledger.store.entries import read_entries
from ledger.store.notices import DEAD, DELIVERED, DROPPED, WAITING, read_subscriptions
from ledger.store.report_subscriptions import read_report_subscriptions
from webui.identity.accounts import find_account
from webui.identity.administrators import is_administrator
from webui.life.retiring import calendar
from webui.naming import namer
from webui.notices import message as say
from webui.notices.by_name import still_concerns
from webui.notices.channels import EMAIL, Mail
from webui.notices.countdown import SUNSETS
from webui.notices.mail import as_mail, send_mail
from webui.notices.outward import look_up, new_client, send
from webui.notices.plan import ALARMS, ENTRY, OWED
from webui.notices.reviews import PERSON, REVIEWS
from webui.notices.slack import as_slack
from webui.notices.teams import as_teams
from webui.notices.topics import ESCALATION, MONTHLY, REMINDER
from webui.notices.webhook import MESSAGE_ID, SIGNATURE, as_json, sign
from webui.readers import holds_role
from webui.standing.alerts import TURNED, named, turned_between

if TYPE_CHECKING:
    from ledger.store.notices import Delivery, Subscription
    from webui.notices.channels import Channels, Hook
    from webui.notices.message import Message
    from webui.notices.outward import Resolve
    from webui.wiring import Wiring

ACCOUNT_PAGE: Final = "/account/notices"


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt: its state, and why where it did not arrive."""

    state: str
    failure: str = ""


class Sender:
    """Sends by the operator's channels. Safe from several threads."""

    def __init__(self, wiring: Wiring, channels: Channels, *, resolve: Resolve = look_up) -> None:
        self._wiring = wiring
        self._channels = channels
        self._resolve = resolve
        self._client = new_client()

    def close(self) -> None:
        """Give back connections."""
        self._client.close()

    def attempt(self, delivery: Delivery) -> Outcome:
        """Try a delivery once; a failure is an outcome, never an error."""
        try:
            return self._attempt(delivery)
        except InputError as error:
            return Outcome(DEAD, error.sentence)
        except LedgerError as error:
            return Outcome(WAITING, error.sentence)

    def test(self, channel: str, recipient: str = "") -> None:
        """Send a test message now; e-mail needs a recipient.

        Raises:
            InputError: there is no such channel, or no recipient for e-mail.
            OutsideError: it did not arrive.
        """
        if channel not in self._channels.names:
            known = ", ".join(self._channels.names) or "none"
            raise UnknownSubjectError("There is no such channel.", remedy=f"There are: {known}.")
        if channel == EMAIL and not recipient:
            raise InputError("E-mail needs a recipient.", remedy="Name one with --to.")
        moment = format_instant(self._wiring.now())
        message = say.for_test(message_id=f"test/{moment}", at=moment, **self._place())
        self._hand_over(message, channel, recipient)

    def _attempt(self, delivery: Delivery) -> Outcome:
        subscription = self._subscription(delivery)
        person = delivery.subscription_id.removeprefix(PERSON)
        if subscription is not None:
            person = subscription.subscriber
        elif not delivery.subscription_id.startswith(PERSON):
            return Outcome(DROPPED, "The subscription is gone.")
        if delivery.channel == EMAIL and not self._may_have(person, delivery):
            return Outcome(DROPPED, "The person may no longer have it.")
        message = self._message(delivery)
        if message is None:
            return Outcome(DROPPED, "It waits no longer.")
        recipient = ""
        if delivery.channel == EMAIL:
            recipient = self._wiring.reader.person(person).email
            if not recipient:
                return Outcome(DROPPED, "The vault holds no e-mail address of the person.")
        self._hand_over(message, delivery.channel, recipient)
        return Outcome(DELIVERED)

    def _may_have(self, person: str, delivery: Delivery) -> bool:
        """Whether the person's account is open, and an administrator's where it must be."""
        account = find_account(self._wiring, person)
        if account is not None and account.disabled:
            return False
        if delivery.occasion.startswith(f"{MONTHLY}/") and not holds_role(self._wiring, person):
            return False
        escalation = delivery.occasion.startswith(f"{ESCALATION}/")
        return not escalation or is_administrator(self._wiring, person)

    def _subscription(self, delivery: Delivery) -> Subscription | None:
        wiring = self._wiring
        with reading(wiring.engine) as connection:
            found = read_subscriptions(
                connection, wiring.log.log_id, subscription_id=delivery.subscription_id
            )
        return found[0] if found else None

    def _message(self, delivery: Delivery) -> Message | None:
        """What the delivery says, from the ledger as it stands; None where it is out of date."""
        name = f"{delivery.occasion}/{delivery.subscription_id}"
        if delivery.occasion.startswith(ALARMS):
            at = format_instant(self._wiring.now())
            return say.of_alarm(message_id=name, at=at, **self._place())
        for prefix, make in (
            (TURNED, self._of_turned),
            (f"{MONTHLY}/", self._of_monthly),
            (REVIEWS, self._of_access_review),
            (SUNSETS, self._of_sunset),
        ):
            if delivery.occasion.startswith(prefix):
                return make(name, delivery)
        if delivery.occasion.startswith(ENTRY):
            by_name = delivery.subscription_id.startswith(PERSON)
            return self._of_entry(name, delivery.sequence, by_name=by_name)
        return self._of_waiting(name, delivery)

    def _of_access_review(self, name: str, delivery: Delivery) -> Message | None:
        """An access review that is due soon or late, unless it was completed."""
        review = self._wiring.reader.access_review(delivery.sequence)
        if review.completed is not None:
            return None
        now = format_instant(self._wiring.now())
        return say.of_access_review(review, now, message_id=name, **self._place())

    def _of_sunset(self, name: str, delivery: Delivery) -> Message | None:
        """How many days are left, unless the version was archived or its day came meanwhile."""
        wiring = self._wiring
        for item in calendar(wiring).items:
            if item.entry == delivery.sequence and item.days_left > 0:
                return say.of_sunset(item, message_id=name, **self._place())
        return None

    def _of_turned(self, name: str, delivery: Delivery) -> Message | None:
        """Which verdicts turned; none where what was kept of them is gone."""
        framework, before, position = named(self._wiring.reader, delivery.occasion)
        wiring = self._wiring
        with reading(wiring.engine) as connection:
            turned = turned_between(connection, wiring.log.log_id, framework, before, position)
        if not turned:
            return None
        refs = {control.id: f"{control.ref} ({control.title})" for control in framework.controls}
        return say.of_turned(
            framework.id,
            framework.short,
            [(refs[control], then, now) for control, then, now in turned],
            message_id=name,
            at=format_instant(wiring.now()),
            **self._place(),
        )

    def _of_monthly(self, name: str, delivery: Delivery) -> Message | None:
        """The report of a month, or why there is none; nothing once the subscription is over."""
        wiring = self._wiring
        _, subscription_id, month = delivery.occasion.split("/")
        with reading(wiring.engine) as connection:
            found = read_report_subscriptions(
                connection, wiring.log.log_id, subscription_id=subscription_id
            )
        if not found:
            return None
        if delivery.sequence >= 0:
            if delivery.subscription_id.removeprefix(PERSON) not in found[0].recipients:
                return None
            report = wiring.reader.report(delivery.sequence)
            return say.of_report(report, message_id=name, **self._place())
        if found[0].last_month != month:
            return None
        at, framework, why = format_instant(wiring.now()), found[0].framework, found[0].failure
        return say.of_no_report(framework, month, why, message_id=name, at=at, **self._place())

    def _of_waiting(self, name: str, delivery: Delivery) -> Message | None:
        """What waits: a review that is overdue, or a release."""
        topic, _, of = delivery.occasion.partition("/")
        if of.startswith(OWED):
            with reading(self._wiring.engine) as connection:
                registry = self._wiring.reader.registry(connection)
                owed = registry.review(delivery.sequence)
            if owed.status != "required":
                return None
            return say.of_overdue(owed, topic, message_id=name, **self._place())
        release = self._wiring.reader.release(delivery.sequence)
        if release.status != "open":
            return None
        settings = self._wiring.settings
        hours = settings.reminder_hours if topic == REMINDER else settings.escalation_hours
        return say.of_waiting(release, topic, hours, message_id=name, **self._place())

    def _of_entry(self, name: str, sequence: int, *, by_name: bool) -> Message | None:
        wiring = self._wiring
        with reading(wiring.engine) as connection:
            rows = read_entries(connection, wiring.log.log_id, sequence, sequence + 1)
        if not rows:
            raise OutsideError("The entry can't be read.", code="entry-missing")
        if by_name and not still_concerns(wiring, rows[0]):
            return None
        event = decode_entry(rows[0].envelope).event
        return say.of_entry(rows[0], event, namer(wiring.reader), message_id=name, **self._place())

    def _place(self) -> dict[str, str]:
        return {"origin": self._wiring.log.origin, "base": self._wiring.settings.public_url}

    def _hand_over(self, message: Message, name: str, recipient: str) -> None:
        channel = self._channels.find(name)
        if channel is None:
            raise OutsideError("The channel is not set up any more.", code="channel-missing")
        if isinstance(channel, Mail):
            base = self._wiring.settings.public_url
            account = f"{base}{ACCOUNT_PAGE}" if base else ""
            mail = as_mail(
                message, channel.sender, recipient, account=account, sent_at=self._wiring.now()
            )
            send_mail(mail, channel, self._channels)
            return
        self._post(message, channel)

    def _post(self, message: Message, hook: Hook) -> None:
        headers: dict[str, str] = {}
        if hook.type == "slack":
            body = as_slack(message)
        elif hook.type == "teams":
            body = as_teams(message)
        else:
            body = as_json(message)
            secrets = [one.get_secret_value() for one in hook.secrets]
            seconds = int(self._wiring.now().timestamp())
            headers = {
                SIGNATURE: sign(body, seconds, secrets),
                MESSAGE_ID: message.message_id,
            }
        send(
            self._client,
            hook.url.get_secret_value(),
            body,
            private=hook.private,
            headers=headers,
            resolve=self._resolve,
        )

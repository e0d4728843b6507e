"""Make what is due: one month after the other of each subscription, each once.

A month is due when it is over in UTC. It is asked for as a job under a key made of the subscription
and the month, under which its report is recorded as well; so a service that was down for three
months makes three reports, and two services that look at the same time make none twice. The next
month is asked for when the one before is settled. What the policy refuses, or what failed for good,
is kept with its reason, told to the owner, and not tried again; the month after is.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ledger.errors import BusyError, IntegrityError, LedgerError, OutsideError
from ledger.events.actor import Actor
from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from ledger.store.jobs import CANCELLED, DONE, OPEN, find_job
from ledger.store.notices import WAITING, Delivery, plan_deliveries
from ledger.store.report_subscriptions import (
    advance_report_subscription,
    read_report_subscriptions,
)
from webui.identity.accounts import find_account
from webui.jobs.book import Book
from webui.jobs.kinds import REPORT, report_wanted
from webui.jobs.running import told_of
from webui.monthly.book import settled, wanted_of
from webui.notices.channels import EMAIL, read_channels
from webui.notices.reviews import PERSON
from webui.notices.topics import MONTHLY
from webui.readers import holds_role

if TYPE_CHECKING:
    from ledger.store.jobs import StoredJob
    from ledger.store.report_subscriptions import ReportSubscription
    from webui.wiring import Wiring

SECONDS: Final = 60.0
CLOSED: Final = "The account of who subscribed is closed."
_LOGGER = logging.getLogger("counterseal.monthly")


def make_due(wiring: Wiring, *, by_mail: bool) -> None:
    """Take each subscription one step on; ``by_mail`` says whether there is a way to tell people.

    Raises:
        LedgerError: the database or the ledger can't be read or written; nothing is lost by it.
    """
    if wiring.log.alarm:
        return
    with reading(wiring.engine) as connection:
        found = read_report_subscriptions(connection, wiring.log.log_id)
    for one in found:
        try:
            _step(wiring, one, by_mail=by_mail)
        except BusyError:
            continue  # the queue is full; it is asked for again with the next look


def _step(wiring: Wiring, one: ReportSubscription, *, by_mail: bool) -> None:
    job = _job(wiring, one) if one.job else None
    if job is not None:
        if job.state in OPEN:
            return
        if job.state == DONE:
            one = _settle(wiring, one, by_mail=by_mail, result=job.result)
        else:
            why = "Its job was cancelled." if job.state == CANCELLED else job.failure
            one = _settle(wiring, one, by_mail=by_mail, failure=why)
    if one.month < f"{wiring.now():%Y-%m}":
        _ask(wiring, one, by_mail=by_mail)


def _ask(wiring: Wiring, one: ReportSubscription, *, by_mail: bool) -> None:
    # Drawing and sealing load heavy libraries, and issuing comes with them.
    from webui.issuing import check_may_issue, scope_wanted

    account = find_account(wiring, one.owner)
    if account is not None and account.disabled:
        _settle(wiring, one, by_mail=by_mail, failure=CLOSED)
        return
    actor, wanted = Actor.model_validate_json(one.actor), wanted_of(one)
    key = f"monthly/{one.subscription_id}/{one.month}"
    try:
        check_may_issue(wiring, actor, wanted, scope_wanted(wiring, wanted))
        asked = Book(wiring, lambda _: False).ask(actor, REPORT, report_wanted(wanted), key)
    except (BusyError, IntegrityError, OutsideError):
        raise
    except LedgerError as error:
        _settle(wiring, one, by_mail=by_mail, failure=told_of(error))
        return
    with writing(wiring.engine) as connection:
        log_id = wiring.log.log_id
        advance_report_subscription(connection, log_id, one, replace(one, job=asked.number))


def _settle(
    wiring: Wiring, one: ReportSubscription, *, by_mail: bool, result: int = -1, failure: str = ""
) -> ReportSubscription:
    """Say what became of a month, and plan who is told, in one transaction and once."""
    after, told = settled(one, result=result, failure=failure), one.recipients
    if failure:
        told = (one.owner,) if wiring.reader.actor(one.owner).type == "person" else ()
    now = format_instant(wiring.now())
    planned = [
        Delivery(
            f"{MONTHLY}/{one.subscription_id}/{one.month}",
            f"{PERSON}{to}",
            result,
            EMAIL,
            WAITING,
            0,
            now,
            "",
            "",
        )
        for to in told
        if by_mail and holds_role(wiring, to)
    ]
    with writing(wiring.engine) as connection:
        if advance_report_subscription(connection, wiring.log.log_id, one, after):
            plan_deliveries(connection, wiring.log.log_id, planned)
    return after


def _job(wiring: Wiring, one: ReportSubscription) -> StoredJob | None:
    """The job of its month; None where it is forgotten, and its number another's by now."""
    with reading(wiring.engine) as connection:
        found = find_job(connection, wiring.log.log_id, one.job)
    mine = f"{REPORT}/monthly/{one.subscription_id}/{one.month}"
    return found if found is not None and (found.owner, found.key) == (one.owner, mine) else None


class MonthClock:
    """Makes what is due, in a thread of its own, while the service runs."""

    def __init__(self, wiring: Wiring, seconds: float = SECONDS) -> None:
        self._wiring = wiring
        self._by_mail = EMAIL in read_channels(wiring.settings).names
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counterseal-monthly", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a step that was begun is finished first."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                make_due(self._wiring, by_mail=self._by_mail)
            except LedgerError as error:
                _LOGGER.warning("monthly reports can't be asked for now: %s", error.code)
            except Exception:
                _LOGGER.exception("asking for monthly reports failed unexpectedly")
            if self._stop.wait(self._seconds):
                return

"""Subscriptions to reports: made, listed, ended.

Rules:

* Whoever may issue a report may have it issued every month, in their own name; the policy is asked
  now, and again each month.
* The period is a calendar month in UTC. The first is the month in which it is subscribed, made
  when that month is over.
* Recipients are people who may read the ledger. They are told by e-mail that the report is there;
  the file stays here.
* A subscription is seen by its owner, its recipients and whoever oversees others. It is ended by
  its owner or an administrator; what waits to be made for it is then cancelled.
"""

from __future__ import annotations

import secrets
from calendar import monthrange
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ledger.errors import ConflictError, InputError, UnknownSubjectError
from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from ledger.store.jobs import cancel_job
from ledger.store.report_subscriptions import (
    ReportSubscription,
    delete_report_subscription,
    insert_report_subscription,
    read_report_subscriptions,
)
from webui.frameworks import frameworks_of
from webui.identity.administrators import check_administrator, is_administrator
from webui.readers import holds_role
from webui.reports.assemble.kinds import report_kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.events.actor import Actor
    from webui.issuing import Wanted
    from webui.wiring import Wiring

MOST_OF_ONE: Final = 20
MOST_RECIPIENTS: Final = 50


@dataclass(frozen=True)
class Said:
    """What is to be made every month, and who is told."""

    framework: str
    recipients: tuple[str, ...]
    models: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Monthly:
    """A subscription as it is shown: of the recipients, ``without_access`` may not read now."""

    kept: ReportSubscription
    without_access: tuple[str, ...]


def subscribe(wiring: Wiring, actor: Actor, said: Said) -> Monthly:
    """Have a report made every month.

    Raises:
        InputError: no such kind, one about a sample, or a recipient who may not read it.
        UnknownSubjectError: no such model or recipient.
        RefusedError: the policy does not let this actor issue it; the refusal is an entry.
        ConflictError: there are too many already.
    """
    from webui.issuing import PRODUCTION, check_may_issue, scope_wanted

    _check_kind(wiring, said.framework)
    now = wiring.now()
    made = ReportSubscription(
        subscription_id=secrets.token_hex(8),
        owner=actor.id,
        actor=actor.model_dump_json(exclude_none=True),
        framework=said.framework,
        models=tuple(dict.fromkeys(said.models)),
        environments=tuple(dict.fromkeys(said.environments)) or PRODUCTION,
        recipients=_recipients(wiring, said.recipients),
        created_at=format_instant(now),
        month=f"{now:%Y-%m}",
    )
    wanted = wanted_of(made)
    check_may_issue(wiring, actor, wanted, scope_wanted(wiring, wanted))
    with writing(wiring.engine) as connection:
        there = read_report_subscriptions(connection, wiring.log.log_id)
        if sum(one.owner == actor.id for one in there) >= MOST_OF_ONE:
            raise ConflictError(
                f"You have {MOST_OF_ONE} monthly reports already.",
                code="too-many-subscriptions",
                remedy="End one that is not needed.",
            )
        insert_report_subscription(connection, wiring.log.log_id, made)
    return Monthly(made, ())


def subscriptions(wiring: Wiring, reader: str, oversees: Callable[[str], bool]) -> list[Monthly]:
    """The subscriptions that somebody may see, oldest first."""
    everything = oversees(reader)
    with reading(wiring.engine) as connection:
        found = read_report_subscriptions(connection, wiring.log.log_id)
    return [
        Monthly(one, tuple(to for to in one.recipients if not holds_role(wiring, to)))
        for one in found
        if everything or reader == one.owner or reader in one.recipients
    ]


def may_end(wiring: Wiring, one: ReportSubscription, actor_id: str) -> bool:
    """Whether somebody may end a subscription."""
    return one.owner == actor_id or is_administrator(wiring, actor_id)


def end(
    wiring: Wiring, subscription_id: str, asker: str, oversees: Callable[[str], bool]
) -> ReportSubscription:
    """End a subscription, and cancel what is being made for it.

    Raises:
        UnknownSubjectError: there is none, or it is not theirs to see.
        AdministratorError: it is somebody else's.
    """
    seen = subscriptions(wiring, asker, oversees)
    found = next((one.kept for one in seen if one.kept.subscription_id == subscription_id), None)
    if found is None:
        raise UnknownSubjectError("There is no such subscription.", pointer="/subscription")
    if found.owner != asker:
        check_administrator(wiring, asker)
    end_any(wiring, found)
    return found


def end_any(wiring: Wiring, found: ReportSubscription) -> None:
    """End a subscription for whoever may."""
    log_id = wiring.log.log_id
    with writing(wiring.engine) as connection:
        for one in read_report_subscriptions(
            connection, log_id, subscription_id=found.subscription_id
        ):
            if one.job:
                cancel_job(connection, log_id, one.job, format_instant(wiring.now()))
        delete_report_subscription(connection, log_id, found.subscription_id)


def wanted_of(one: ReportSubscription) -> Wanted:
    """The report of the month that comes next."""
    from webui.issuing import Wanted

    year, month = (int(part) for part in one.month.split("-"))
    last = monthrange(year, month)[1]
    return Wanted(
        kind=one.framework,
        period_from=f"{one.month}-01",
        period_until=f"{one.month}-{last:02}",
        models=one.models,
        environments=one.environments,
    )


def settled(one: ReportSubscription, *, result: int = -1, failure: str = "") -> ReportSubscription:
    """A subscription whose month is made, or is not going to be."""
    year, month = (int(part) for part in one.month.split("-"))
    after = f"{year + month // 12:04}-{month % 12 + 1:02}"
    return replace(one, month=after, job=0, last_month=one.month, result=result, failure=failure)


def _check_kind(wiring: Wiring, framework: str) -> None:
    if report_kind(framework, frameworks_of(wiring.reader)).needs == "sample":
        raise InputError(
            "A report about a sample is made once, not every month.", pointer="/framework"
        )


def _recipients(wiring: Wiring, said: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(said))
    if not 0 < len(found) <= MOST_RECIPIENTS:
        raise InputError(
            f"Name from one to {MOST_RECIPIENTS} people who are told.", pointer="/recipients"
        )
    for one in found:
        if wiring.reader.actor(one).type != "person" or not holds_role(wiring, one):
            raise InputError(
                "A recipient may not read reports.",
                pointer="/recipients",
                remedy="Name people who hold a role now.",
                code="recipient-without-access",
            )
    return found

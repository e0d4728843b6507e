"""Reports that are made every month, as rows: of what, for whom, which month comes next.

Rules:

* ``month`` is the first that was not settled yet; it moves on in the transaction that says what
  became of it, from where it was seen, so that two who settle it at once do so once;
* a row holds ids of actors and names of models, no name of a person and no address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, insert, select, update

from ledger.store.tables import report_subscription

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row

_LISTS: Final = ("models", "environments", "recipients")
_PROGRESS: Final = ("month", "job", "last_month", "result", "failure")


@dataclass(frozen=True)
class ReportSubscription:
    """A report of every month. ``actor`` is JSON; ``job`` is 0 where none is open.

    Of ``last_month``, empty before the first, ``result`` is the entry of its report, -1 for none,
    and ``failure`` says why there is none.
    """

    subscription_id: str
    owner: str
    actor: str
    framework: str
    models: tuple[str, ...]
    environments: tuple[str, ...]
    recipients: tuple[str, ...]
    created_at: str
    month: str
    job: int = 0
    last_month: str = ""
    result: int = -1
    failure: str = ""


def insert_report_subscription(
    connection: Connection, log_id: int, made: ReportSubscription
) -> None:
    """Keep a new one."""
    connection.execute(insert(report_subscription).values(log_id=log_id, **_values(made)))


def read_report_subscriptions(
    connection: Connection, log_id: int, *, subscription_id: str = ""
) -> list[ReportSubscription]:
    """All, oldest first, or the one of an id."""
    query = select(report_subscription).where(report_subscription.c.log_id == log_id)
    if subscription_id:
        query = query.where(report_subscription.c.subscription_id == subscription_id)
    order = (report_subscription.c.created_at, report_subscription.c.subscription_id)
    return [_of(row) for row in connection.execute(query.order_by(*order))]


def advance_report_subscription(
    connection: Connection,
    log_id: int,
    seen: ReportSubscription,
    changed: ReportSubscription,
) -> bool:
    """Write how far one is, unless its month or its job is another by now; whether it was."""
    written = connection.execute(
        update(report_subscription)
        .where(
            _named(log_id, seen.subscription_id),
            report_subscription.c.month == seen.month,
            report_subscription.c.job == seen.job,
        )
        .values({name: getattr(changed, name) for name in _PROGRESS})
    )
    return bool(written.rowcount)


def delete_report_subscription(connection: Connection, log_id: int, subscription_id: str) -> bool:
    """Remove one; whether there was one."""
    gone = connection.execute(delete(report_subscription).where(_named(log_id, subscription_id)))
    return bool(gone.rowcount)


def forget_in_reports(connection: Connection, log_id: int, actor_id: str) -> None:
    """Remove those of somebody, and them from the recipients of others."""
    for one in read_report_subscriptions(connection, log_id):
        if one.owner == actor_id:
            delete_report_subscription(connection, log_id, one.subscription_id)
        elif actor_id in one.recipients:
            others = " ".join(to for to in one.recipients if to != actor_id)
            connection.execute(
                update(report_subscription)
                .where(_named(log_id, one.subscription_id))
                .values(recipients=others)
            )


def _named(log_id: int, subscription_id: str) -> ColumnElement[bool]:
    return and_(
        report_subscription.c.log_id == log_id,
        report_subscription.c.subscription_id == subscription_id,
    )


def _values(one: ReportSubscription) -> dict[str, Any]:
    return {**vars(one), **{name: " ".join(getattr(one, name)) for name in _LISTS}}


def _of(row: Row[Any]) -> ReportSubscription:
    fields = {name: value for name, value in row._mapping.items() if name != "log_id"}  # noqa: SLF001 (the row as a mapping)
    return ReportSubscription(
        **{**fields, **{name: tuple(fields[name].split()) for name in _LISTS}}
    )

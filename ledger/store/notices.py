"""Notices as rows: subscriptions, how far the entries were looked at, and every delivery.

Rules:

* the cursor and the deliveries planned up to it move in one transaction; two who plan at the same
  time are told apart by the position that each saw, and one of them writes nothing;
* a delivery is named by its occasion and its subscription, so the same is never planned twice;
* whoever sends takes a delivery first: it is not due again before its lease ends, so a sender that
  dies delays a message and does not lose it.

No row holds a text of a message, a name, an address or a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, func, insert, select, update

from ledger.errors import ConflictError
from ledger.store.dialect import dialect_of
from ledger.store.tables import notice_cursor, notice_delivery, notice_subscription

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

WAITING: Final = "waiting"
DELIVERED: Final = "delivered"
DEAD: Final = "dead"
DROPPED: Final = "dropped"


@dataclass(frozen=True)
class Subscription:
    """Who wants to hear of what: empty ``model`` or ``environment`` is any of them.

    ``since`` is the first entry that it applies to; ``channel`` is a name of the operator's.
    """

    subscription_id: str
    subscriber: str
    channel: str
    topics: tuple[str, ...]
    model: str
    environment: str
    since: int
    created_at: str


@dataclass(frozen=True)
class Delivery:
    """One message to one subscription: its state, how often it was tried, when it is due next.

    ``settled_at`` and ``failure`` are empty until there is something to say.
    """

    occasion: str
    subscription_id: str
    sequence: int
    channel: str
    state: str
    attempts: int
    due_at: str
    settled_at: str
    failure: str


@dataclass(frozen=True)
class Tally:
    """How the deliveries of one channel stand; ``last_at`` is when one last arrived, or empty."""

    waiting: int = 0
    delivered: int = 0
    dead: int = 0
    last_at: str = ""


def insert_subscription(connection: Connection, log_id: int, made: Subscription) -> None:
    """Keep a new subscription."""
    values = {**vars(made), "topics": " ".join(made.topics)}
    connection.execute(insert(notice_subscription).values(log_id=log_id, **values))


def delete_subscription(connection: Connection, log_id: int, subscription_id: str) -> bool:
    """Remove a subscription and what waits for it; whether there was one."""
    waits = notice_delivery.c.state.in_([WAITING, DEAD])
    of_it = notice_delivery.c.subscription_id == subscription_id
    connection.execute(
        delete(notice_delivery).where(notice_delivery.c.log_id == log_id, of_it, waits)
    )
    gone = connection.execute(
        delete(notice_subscription).where(
            notice_subscription.c.log_id == log_id,
            notice_subscription.c.subscription_id == subscription_id,
        )
    )
    return gone.rowcount == 1


def forget_subscriber(connection: Connection, log_id: int, subscriber: str) -> None:
    """Delete the subscriptions of somebody, and every delivery to them."""
    mine = select(notice_subscription.c.subscription_id).where(
        notice_subscription.c.log_id == log_id, notice_subscription.c.subscriber == subscriber
    )
    connection.execute(
        delete(notice_delivery).where(
            notice_delivery.c.log_id == log_id, notice_delivery.c.subscription_id.in_(mine)
        )
    )
    connection.execute(
        delete(notice_subscription).where(
            notice_subscription.c.log_id == log_id, notice_subscription.c.subscriber == subscriber
        )
    )


def read_subscriptions(
    connection: Connection, log_id: int, *, subscriber: str = "", subscription_id: str = ""
) -> list[Subscription]:
    """Subscriptions, oldest first: all, those of one subscriber, or the one of an id."""
    query = select(notice_subscription).where(notice_subscription.c.log_id == log_id)
    if subscriber:
        query = query.where(notice_subscription.c.subscriber == subscriber)
    if subscription_id:
        query = query.where(notice_subscription.c.subscription_id == subscription_id)
    order = (notice_subscription.c.created_at, notice_subscription.c.subscription_id)
    return [_subscription(row) for row in connection.execute(query.order_by(*order))]


def read_cursor(connection: Connection, log_id: int) -> int | None:
    """The first entry that was not looked at yet; None before anybody began."""
    query = select(notice_cursor.c.position).where(notice_cursor.c.log_id == log_id)
    position: int | None = connection.execute(query).scalar()
    return position


def begin_cursor(connection: Connection, log_id: int, position: int) -> None:
    """Begin at a position, unless somebody began already."""
    statement = dialect_of(connection).insert(notice_cursor).on_conflict_do_nothing()
    connection.execute(statement, {"log_id": log_id, "position": position})


def move_cursor(connection: Connection, log_id: int, seen: int, position: int) -> None:
    """Move the cursor on from where it was seen.

    Raises:
        ConflictError: somebody else moved it meanwhile; the transaction must be given up.
    """
    here = and_(notice_cursor.c.log_id == log_id, notice_cursor.c.position == seen)
    moved = connection.execute(update(notice_cursor).where(here).values(position=position))
    if moved.rowcount != 1:
        raise ConflictError("Somebody else moved the cursor of the notices.", code="cursor-moved")


def plan_deliveries(connection: Connection, log_id: int, planned: Iterable[Delivery]) -> None:
    """Keep deliveries to come; what was planned already stays as it is."""
    rows = [{"log_id": log_id, **vars(one)} for one in planned]
    if rows:
        connection.execute(
            dialect_of(connection).insert(notice_delivery).on_conflict_do_nothing(), rows
        )


def planned_occasions(connection: Connection, log_id: int, occasions: Sequence[str]) -> set[str]:
    """Those of the occasions for which something was planned."""
    query = (
        select(notice_delivery.c.occasion)
        .where(notice_delivery.c.log_id == log_id, notice_delivery.c.occasion.in_(occasions))
        .distinct()
    )
    return set(connection.execute(query).scalars())


def due_deliveries(
    connection: Connection, log_id: int, channel: str, now: str, limit: int, *, prefix: str = ""
) -> list[Delivery]:
    """What is due on one channel, the oldest first; with ``prefix``, of such occasions only."""
    query = (
        select(notice_delivery)
        .where(
            notice_delivery.c.log_id == log_id,
            notice_delivery.c.state == WAITING,
            notice_delivery.c.channel == channel,
            notice_delivery.c.due_at <= now,
        )
        .order_by(notice_delivery.c.due_at, notice_delivery.c.sequence)
        .limit(limit)
    )
    if prefix:
        query = query.where(notice_delivery.c.occasion.startswith(prefix, autoescape=True))
    return [_delivery(row) for row in connection.execute(query)]


def take_delivery(connection: Connection, log_id: int, seen: Delivery, lease_until: str) -> bool:
    """Take a delivery that was seen to be due, and count the attempt; False if another took it."""
    taken = connection.execute(
        update(notice_delivery)
        .where(
            _named(log_id, seen.occasion, seen.subscription_id),
            notice_delivery.c.state == WAITING,
            notice_delivery.c.due_at == seen.due_at,
            notice_delivery.c.attempts == seen.attempts,
        )
        .values(due_at=lease_until, attempts=seen.attempts + 1)
    )
    return taken.rowcount == 1


def settle_delivery(
    connection: Connection,
    log_id: int,
    seen: Delivery,
    *,
    state: str,
    now: str,
    due_at: str = "",
    failure: str = "",
) -> None:
    """Write down what became of an attempt; ``due_at`` is the next one of a delivery that waits."""
    values = {"state": state, "settled_at": now, "failure": failure}
    connection.execute(
        update(notice_delivery)
        .where(
            _named(log_id, seen.occasion, seen.subscription_id),
            notice_delivery.c.state == WAITING,
        )
        .values(**values, **({"due_at": due_at} if due_at else {}))
    )


def revive_deliveries(
    connection: Connection, log_id: int, now: str, *, occasion: str = "", subscription_id: str = ""
) -> int:
    """Let dead deliveries wait again, all or the named one, as if never tried; how many."""
    wanted: list[ColumnElement[bool]] = [
        notice_delivery.c.log_id == log_id,
        notice_delivery.c.state == DEAD,
    ]
    if occasion:
        wanted = [_named(log_id, occasion, subscription_id), notice_delivery.c.state == DEAD]
    revived = connection.execute(
        update(notice_delivery).where(*wanted).values(state=WAITING, attempts=0, due_at=now)
    )
    return revived.rowcount


def dead_deliveries(connection: Connection, log_id: int, limit: int) -> list[Delivery]:
    """What was given up, the last first."""
    query = (
        select(notice_delivery)
        .where(notice_delivery.c.log_id == log_id, notice_delivery.c.state == DEAD)
        .order_by(notice_delivery.c.settled_at.desc())
        .limit(limit)
    )
    return [_delivery(row) for row in connection.execute(query)]


def tally_channels(connection: Connection, log_id: int) -> dict[str, Tally]:
    """How the deliveries stand, by channel."""
    query = (
        select(
            notice_delivery.c.channel,
            notice_delivery.c.state,
            func.count().label("count"),
            func.max(notice_delivery.c.settled_at).label("last"),
        )
        .where(notice_delivery.c.log_id == log_id)
        .group_by(notice_delivery.c.channel, notice_delivery.c.state)
    )
    found: dict[str, dict[str, Any]] = {}
    for row in connection.execute(query):
        tally = found.setdefault(row.channel, {})
        if row.state in {WAITING, DELIVERED, DEAD}:
            tally[row.state] = row._mapping["count"]  # noqa: SLF001 (rows have a method count)
        if row.state == DELIVERED:
            tally["last_at"] = row.last
    return {channel: Tally(**tally) for channel, tally in found.items()}


def forget_settled(connection: Connection, log_id: int, before: str, prefix: str) -> int:
    """Delete what arrived or was dropped before an instant, of occasions of one kind; how many.

    The cursor has passed their entries, so they are not planned again.
    """
    gone = connection.execute(
        delete(notice_delivery).where(
            notice_delivery.c.log_id == log_id,
            notice_delivery.c.state.in_([DELIVERED, DROPPED]),
            notice_delivery.c.settled_at < before,
            notice_delivery.c.occasion.startswith(prefix, autoescape=True),
        )
    )
    return gone.rowcount


def _named(log_id: int, occasion: str, subscription_id: str) -> ColumnElement[bool]:
    return and_(
        notice_delivery.c.log_id == log_id,
        notice_delivery.c.occasion == occasion,
        notice_delivery.c.subscription_id == subscription_id,
    )


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        row.subscription_id,
        row.subscriber,
        row.channel,
        tuple(row.topics.split()),
        row.model,
        row.environment,
        row.since,
        row.created_at,
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.occasion,
        row.subscription_id,
        row.sequence,
        row.channel,
        row.state,
        row.attempts,
        row.due_at,
        row.settled_at,
        row.failure,
    )

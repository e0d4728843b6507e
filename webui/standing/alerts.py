"""Alerts that verdicts turned: planned with the turns, told once, at most once an hour a framework.

Rules:

* What is told is the difference between the verdicts told last and those now. One that turned and
  turned back in the meantime is not told.
* After an alert about a framework there is none about it for an hour; what turns then is told
  after the hour, in one message, with the next entry that comes.
* A first verdict, and one that turned because the tests themselves changed, alarms nobody.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from ledger.events.names import format_instant, parse_instant
from ledger.store import standing as store
from ledger.store.notices import WAITING, Delivery, plan_deliveries, read_subscriptions
from webui.frameworks import framework_named
from webui.notices.topics import VERDICT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from ledger.query import Reader
    from policies.controls.mapping import Framework

TURNED: Final = f"{VERDICT}/"
QUIET: Final = timedelta(hours=1)
_TOLD: Final = "result told "
_MOST: Final = 10_000


def plan_alerts(
    connection: Connection,
    log_id: int,
    frameworks: Iterable[Framework],
    position: int,
    now: str,
) -> int:
    """Plan who is told of what turned; how many deliveries.

    To be called in the transaction that keeps the turns.
    """
    wanted = [
        one
        for one in read_subscriptions(connection, log_id)
        if VERDICT in one.topics and not one.model
    ]
    count = 0
    for framework in frameworks:
        told = store.read_note(connection, log_id, f"{_TOLD}{framework.id}")
        if told is not None and _is_quiet(told, now):
            continue
        before = told["position"] if told is not None else position
        turned = turned_between(connection, log_id, framework, before, position)
        if told is not None and not turned:
            continue
        store.keep_notes(
            connection,
            log_id,
            {f"{_TOLD}{framework.id}": {"position": position, "at": now if turned else ""}},
        )
        occasion = f"{TURNED}{framework.id}/{before}-{position}"
        planned = [
            Delivery(
                occasion, one.subscription_id, position - 1, one.channel, WAITING, 0, now, "", ""
            )
            for one in wanted
            if turned
        ]
        plan_deliveries(connection, log_id, planned)
        count += len(planned)
    return count


def turned_between(
    connection: Connection, log_id: int, framework: Framework, before: int, position: int
) -> list[tuple[str, str, str]]:
    """Controls whose verdict is another than it was, by entries alone: id, then and now."""
    names = [control.id for control in framework.controls]
    turns = store.turns_of(connection, log_id, controls=names, after=before, limit=_MOST)
    by_entries = {
        turn.control
        for turn in turns
        if turn.cause == "entries" and turn.before and turn.position <= position
    }
    then = store.verdicts_at(connection, log_id, names, before)
    now = store.verdicts_at(connection, log_id, names, position)
    return [
        (name, then[name], now[name])
        for name in names
        if name in by_entries and name in then and then[name] != now.get(name, then[name])
    ]


def named(reader: Reader, occasion: str) -> tuple[Framework, int, int]:
    """The framework of an alert, and the positions between which verdicts turned.

    Raises:
        UnknownSubjectError: it is in force no longer.
    """
    framework, _, span = occasion.removeprefix(TURNED).partition("/")
    before, _, position = span.partition("-")
    return framework_named(reader, framework), int(before), int(position)


def _is_quiet(told: dict[str, Any], now: str) -> bool:
    at = told["at"]
    return bool(at) and now < format_instant(parse_instant(at) + QUIET)

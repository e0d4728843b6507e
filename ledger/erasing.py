"""Erasure: what an entry says was destroyed is destroyed, in the transaction of that entry.

``check_erasure`` is asked before the entry is made: what it will say must be true of what is there.
``carry_out`` runs where the entry is stored. Rows about a person that lie beside the ledger in the
same database (an account, sessions) go in the same transaction, by what is handed in as ``Beside``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.errors import ConflictError
from ledger.events.privacy import SubjectErased, SubjectRectified
from ledger.state.fold_privacy import held, holds_in_force
from ledger.store.drafts import forget_drafts
from ledger.store.notices import forget_subscriber
from ledger.store.report_subscriptions import forget_in_reports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection

    from ledger.events.event import Event
    from ledger.log import Log
    from ledger.state.registry import Registry
    from ledger.store.vault import Record

    Refuse = Callable[[Connection, SubjectErased], None]
    Follow = Callable[[Connection, "SubjectErased | SubjectRectified"], None]

_MODEL: Final = "model:"


def _nothing(connection: Connection, event: Event) -> None:
    """Refuses nothing and has nothing beside the ledger."""
    del connection, event


@dataclass(frozen=True)
class Beside:
    """What whoever runs the ledger adds to an erasure.

    ``refuse`` raises where a duty keeps what would be destroyed; ``follow`` changes the rows about
    a person that lie beside the ledger. Both are called within the transaction of the entry.
    """

    refuse: Refuse = _nothing
    follow: Follow = _nothing


NOTHING_BESIDE: Final = Beside()


def check_erasure(
    log: Log,
    connection: Connection,
    registry: Registry,
    event: SubjectErased,
    *,
    waiting: Iterable[Record],
) -> None:
    """Check an erasure before its entry is made.

    Args:
        log: whose vault it is.
        connection: within the transaction that holds the head.
        registry: before the entry.
        event: what it says.
        waiting: records of the same transaction that are not stored yet.

    Raises:
        ConflictError: ``held`` by a hold on a model, or ``erasure-outdated``: what would be
            destroyed is not what the event says.
    """
    vault = log.vault
    for key, on in holds_in_force(registry).items():
        model = on.removeprefix(_MODEL)
        if model != on and vault.tells_of(connection, event.actor_id, model):
            raise held(int(key), f"the model {model}")
    texts = vault.count(connection, event.actor_id)
    texts += sum(record.subject == event.actor_id for record in waiting)
    if (event.texts, event.keys) != (texts, vault.key_ids(connection, event.actor_id)):
        raise ConflictError(
            "What would be destroyed is not what this says: texts were added meanwhile.",
            code="erasure-outdated",
            pointer="/event/texts",
            remedy="Count again, and try again.",
            texts=texts,
        )


def carry_out(
    log: Log,
    connection: Connection,
    events: Iterable[SubjectErased | SubjectRectified],
    beside: Beside,
) -> None:
    """Destroy what entries say is destroyed, within their transaction."""
    for event in events:
        if isinstance(event, SubjectErased):
            log.vault.erase(connection, event.actor_id)
            forget_subscriber(connection, log.log_id, event.actor_id)
            forget_in_reports(connection, log.log_id, event.actor_id)
            forget_drafts(connection, log.log_id, event.actor_id)
        beside.follow(connection, event)

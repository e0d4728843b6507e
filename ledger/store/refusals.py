"""The newest refusals of somebody, so that the same one need not be recorded again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from ledger.events.assurance import AccessDenied
from ledger.store.tables import entry

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NEWEST: Final = (
    select(entry.c.sequence, entry.c.envelope)
    .where(
        entry.c.log_id == bindparam("log_id"),
        entry.c.actor == bindparam("actor"),
        entry.c.kind == AccessDenied.kind,
        entry.c.recorded_at >= bindparam("since"),
    )
    .order_by(entry.c.sequence.desc())
    .limit(bindparam("most"))
)


def newest_refusals(
    connection: Connection, log_id: int, actor: str, since: str, most: int
) -> list[tuple[int, bytes]]:
    """(sequence, envelope) of what was refused to an actor since an instant, newest first."""
    asked = {"log_id": log_id, "actor": actor, "since": since, "most": most}
    return [(row.sequence, bytes(row.envelope)) for row in connection.execute(_NEWEST, asked)]

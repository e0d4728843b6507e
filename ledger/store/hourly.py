"""What each actor asked for within the hour: one row for each, and no evidence of anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from ledger.store.dialect import dialect_of
from ledger.store.tables import hourly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


@dataclass(frozen=True)
class Hourly:
    """Counts of one actor.

    ``hour`` is the beginning of an instant, to the hour. ``cut`` counts what was not recorded since
    the last entry that records a refusal; it outlives the hour.
    """

    hour: str
    asked: int = 0
    refused: int = 0
    cut: int = 0


_OF_ACTOR: Final = select(hourly.c.hour, hourly.c.asked, hourly.c.refused, hourly.c.cut).where(
    hourly.c.log_id == bindparam("log_id"), hourly.c.actor == bindparam("actor")
)


def read_hourly(connection: Connection, log_id: int, actor: str) -> Hourly | None:
    """The counts of an actor, of whatever hour they are."""
    row = connection.execute(_OF_ACTOR, {"log_id": log_id, "actor": actor}).one_or_none()
    return None if row is None else Hourly(*row)


def save_hourly(connection: Connection, log_id: int, counts: Sequence[tuple[str, Hourly]]) -> None:
    """Keep counts in place of those before."""
    if not counts:
        return
    statement = dialect_of(connection).insert(hourly)
    names = ("hour", "asked", "refused", "cut")
    upsert = statement.on_conflict_do_update(
        index_elements=[hourly.c.log_id, hourly.c.actor],
        set_={name: statement.excluded[name] for name in names},
    )
    rows = [{"log_id": log_id, "actor": actor, **asdict(one)} for actor, one in counts]
    connection.execute(upsert, rows)

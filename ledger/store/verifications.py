"""Runs of the verifier: when each was, over which tree, and what it said.

A memory for people, not a proof: whoever can write the database can write here too. A run is kept
when it has ended; to keep the same one twice is refused by the primary key.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from ledger.store.tables import verification

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run that ended. ``report`` is the audit as JSON, ``problems`` how many it found."""

    begun_at: str
    ended_at: str
    size: int
    root: bytes
    problems: int
    report: bytes


def insert_run(connection: Connection, log_id: int, run: StoredRun) -> None:
    """Keep a run."""
    connection.execute(insert(verification).values(log_id=log_id, **asdict(run)))


def read_runs(
    connection: Connection, log_id: int, *, before: str = "", limit: int = 20
) -> list[StoredRun]:
    """Runs that began before an instant (empty: any), newest first."""
    query = (
        select(verification)
        .where(verification.c.log_id == log_id)
        .order_by(verification.c.begun_at.desc())
        .limit(limit)
    )
    if before:
        query = query.where(verification.c.begun_at < before)
    return [
        StoredRun(row.begun_at, row.ended_at, row.size, row.root, row.problems, row.report)
        for row in connection.execute(query)
    ]

"""Drafts of what people will sign for controls: one for each control, which several may edit.

A draft is no evidence and no entry; it is changed and deleted like any row. Rules:

* a change names the version that it was made from, and takes effect only where that one stands;
* the name of a draft never comes back, so that a version of one that was deleted is none of its
  successor;
* the text is sealed under the key of whoever wrote it last (``ledger.store.vault``);
* ``hands`` are all who wrote on it: whoever of them is erased, the draft goes, since nobody can
  tell whose words are whose.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from ledger.store.dialect import dialect_of
from ledger.store.tables import statement_draft as table

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A draft as it stands; ``due`` is a day or empty."""

    control: str
    draft_id: str
    version: int
    author: str
    changed_by: str
    hands: str
    created_at: str
    changed_at: str
    due: str
    sealed: bytes


def insert_draft(connection: Connection, log_id: int, draft: StoredDraft) -> bool:
    """Begin a draft; False where there is one for the control."""
    values = {"log_id": log_id, **asdict(draft)}
    statement = dialect_of(connection).insert(table).on_conflict_do_nothing()
    return bool(connection.execute(statement.values(**values)).rowcount == 1)


def change_draft(connection: Connection, log_id: int, draft: StoredDraft) -> bool:
    """Put a draft in place of its version before; False where that one does not stand."""
    done = connection.execute(
        update(table)
        .where(
            table.c.log_id == log_id,
            table.c.control == draft.control,
            table.c.draft_id == draft.draft_id,
            table.c.version == draft.version - 1,
        )
        .values(**asdict(draft))
    )
    return done.rowcount == 1


def delete_draft(connection: Connection, log_id: int, draft: StoredDraft) -> bool:
    """Delete a draft; False where it is not there at this version."""
    done = connection.execute(
        delete(table).where(
            table.c.log_id == log_id,
            table.c.control == draft.control,
            table.c.draft_id == draft.draft_id,
            table.c.version == draft.version,
        )
    )
    return done.rowcount == 1


def find_draft(connection: Connection, log_id: int, control: str) -> StoredDraft | None:
    """The draft for a control, or None."""
    query = select(table).where(table.c.log_id == log_id, table.c.control == control)
    row = connection.execute(query).first()
    return None if row is None else _stored(row)


def every_draft(connection: Connection, log_id: int) -> list[StoredDraft]:
    """All drafts; there is no more than one for each control."""
    query = select(table).where(table.c.log_id == log_id).order_by(table.c.control)
    return [_stored(row) for row in connection.execute(query)]


def forget_drafts(connection: Connection, log_id: int, actor_id: str) -> int:
    """Delete every draft on which somebody wrote; returns how many there were."""
    theirs = table.c.hands.contains(actor_id, autoescape=True)
    return connection.execute(delete(table).where(table.c.log_id == log_id, theirs)).rowcount


def _stored(row: Row[Any]) -> StoredDraft:
    fields = dict(row._mapping)  # noqa: SLF001 (rows are mappings by this name alone)
    del fields["log_id"]
    return StoredDraft(**fields)

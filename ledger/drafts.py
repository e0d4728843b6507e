"""Drafts beside the ledger: sealed, opened, changed, and gone once what they say is signed.

A draft stands in a row that anybody with the database could change: it is no evidence. Its text is
bound to control, draft, version and writer, so a row that was moved does not open.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ledger.errors import IntegrityError
from ledger.store.drafts import StoredDraft, delete_draft, find_draft

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from ledger.events.metadata import DocumentationSigned
    from ledger.events.statement import StatementSigned
    from ledger.log import Log


@dataclass(frozen=True)
class DraftText:
    """A draft and its text: None where the key of whoever wrote it last was destroyed."""

    row: StoredDraft
    text: str | None


def sealed(log: Log, connection: Connection, draft: StoredDraft, text: str) -> StoredDraft:
    """A draft with this text.

    Raises:
        ConflictError: ``no-key``: the vault holds no key of its writer.
    """
    data = log.vault.seal_beside(connection, draft.changed_by, _place(draft), text)
    return replace(draft, sealed=data)


def opened(log: Log, connection: Connection, control: str) -> DraftText | None:
    """The draft for a control with its text; None where there is no draft.

    Raises:
        IntegrityError: its text does not open.
    """
    row = find_draft(connection, log.log_id, control)
    if row is None:
        return None
    text = log.vault.open_beside(connection, row.changed_by, _place(row), row.sealed)
    return DraftText(row, text)


def drop_signed(
    log: Log, connection: Connection, events: Iterable[StatementSigned | DocumentationSigned]
) -> None:
    """Delete each draft whose very words were signed, in the transaction of their entry.

    A draft that says anything else stays: somebody went on writing.
    """
    for event in events:
        # A damaged draft keeps nobody from signing.
        with suppress(IntegrityError):
            found = opened(log, connection, event.place)
            if found is not None and found.text == event.text:
                delete_draft(connection, log.log_id, found.row)


def _place(draft: StoredDraft) -> dict[str, str]:
    return {
        "control": draft.control,
        "draft": draft.draft_id,
        "version": str(draft.version),
        "subject": draft.changed_by,
    }

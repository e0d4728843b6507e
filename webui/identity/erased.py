"""What lies beside the ledger about somebody who is erased, or whose address is put right.

Every table of this room that names an actor loses the rows of whoever is erased: account and how
its address is found, links, sessions, second factors, tokens. A table that a later version adds is
covered by having the column ``actor_id``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from ledger.errors import ConflictError
from webui.identity.tables import account, metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

ACTOR: Final = "actor_id"


def tables_about_people() -> list[Table]:
    """The tables whose rows are about one actor, those that refer to others first."""
    return [table for table in reversed(metadata.sorted_tables) if ACTOR in table.c]


def forget_actor(connection: Connection, actor_id: str) -> int:
    """Delete every row about an actor; returns how many there were."""
    return sum(
        connection.execute(delete(table).where(table.c[ACTOR] == actor_id)).rowcount
        for table in tables_about_people()
    )


def change_lookup(connection: Connection, actor_id: str, lookup: str) -> None:
    """Let an account, where there is one, be found under another address.

    Raises:
        ConflictError: another account is found under it.
    """
    taken = select(account.c.actor_id).where(
        account.c.email_lookup == lookup, account.c.actor_id != actor_id
    )
    if connection.execute(taken).first() is not None:
        raise ConflictError(
            "Another account has this e-mail address.",
            code="account-exists",
            pointer="/event/email",
        )
    connection.execute(
        update(account).where(account.c.actor_id == actor_id).values(email_lookup=lookup)
    )

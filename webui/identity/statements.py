"""Statements that wait to be signed: by id, of one session, used once, soon over.

A statement stands here from when a page shows it until what a passkey signed comes back. Two tabs
have two statements; neither takes the place of the other. Its nonce is its id and, once signed, the
idempotency key of the command. The words of a reason are not kept here, only the salt of the
commitment to them; they come again with the form.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import delete, insert, select, update

from ledger.core.digest import sha256
from ledger.errors import ConflictError
from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from webui.identity.tables import passkey_name, statement

if TYPE_CHECKING:
    from ledger.events.actor import Actor
    from webui.wiring import Wiring

Purpose = Literal["enrol", "decide"]
MINUTES: Final = 10
_KEPT_HOURS: Final = 24


@dataclass(frozen=True)
class Pending:
    """A statement that waits. ``salt`` is that of the commitment to its reason, or empty."""

    nonce: str
    text: str
    salt: bytes
    expires: str

    @property
    def challenge(self) -> bytes:
        """What a passkey signs."""
        return sha256(self.text.encode())


def new_nonce() -> str:
    """128 random bits in hexadecimal."""
    return secrets.token_hex(16)


def expiry(wiring: Wiring) -> str:
    """Until when a statement that is made now may be signed."""
    return format_instant(wiring.now() + timedelta(minutes=MINUTES))


def keep_statement(wiring: Wiring, actor: Actor, purpose: Purpose, pending: Pending) -> None:
    """Keep a statement for this session; those of yesterday are thrown away."""
    now = wiring.now()
    with writing(wiring.engine) as connection:
        over = format_instant(now - timedelta(hours=_KEPT_HOURS))
        connection.execute(delete(statement).where(statement.c.expires_at < over))
        connection.execute(
            insert(statement).values(
                nonce=pending.nonce,
                purpose=purpose,
                actor_id=actor.id,
                session_id=actor.credential or "",
                statement=pending.text,
                salt=pending.salt.hex(),
                created_at=format_instant(now),
                expires_at=pending.expires,
            )
        )


def take_statement(wiring: Wiring, actor: Actor, purpose: Purpose, nonce: str) -> Pending:
    """Use a statement up.

    Raises:
        ConflictError: ``statement-over``: it is of another session, was used, or has expired. Which
            of these is not told.
    """
    now = format_instant(wiring.now())
    wanted = (
        statement.c.nonce == nonce,
        statement.c.purpose == purpose,
        statement.c.actor_id == actor.id,
        statement.c.session_id == (actor.credential or ""),
        statement.c.used_at.is_(None),
        statement.c.expires_at >= now,
    )
    with writing(wiring.engine) as connection:
        used = connection.execute(update(statement).where(*wanted).values(used_at=now))
        query = select(statement.c.statement, statement.c.salt, statement.c.expires_at)
        row = connection.execute(query.where(statement.c.nonce == nonce)).one_or_none()
    if used.rowcount != 1 or row is None:
        raise ConflictError(
            "This statement can't be signed any more: it was used, has expired, or is not yours.",
            code="statement-over",
            remedy="Open the page again; it writes a new statement.",
        )
    return Pending(nonce, row.statement, bytes.fromhex(row.salt), row.expires_at)


def name_passkey(wiring: Wiring, actor_id: str, key: str, name: str) -> None:
    """Call a passkey something; only its owner sees that. An empty name takes the old one away."""
    with writing(wiring.engine) as connection:
        of_key = (passkey_name.c.passkey == key, passkey_name.c.actor_id == actor_id)
        connection.execute(delete(passkey_name).where(*of_key))
        if name:
            row = {"passkey": key, "actor_id": actor_id, "name": name}
            connection.execute(insert(passkey_name).values(**row))


def names_of_passkeys(wiring: Wiring, actor_id: str) -> dict[str, str]:
    """What somebody calls their passkeys, by key."""
    with reading(wiring.engine) as connection:
        query = select(passkey_name.c.passkey, passkey_name.c.name)
        rows = connection.execute(query.where(passkey_name.c.actor_id == actor_id))
        return {row.passkey: row.name for row in rows}

"""Sessions, kept on the server, so that each can be closed.

The browser holds 256 random bits, the database their SHA-256. A session ends 12 hours after it was
opened, 60 minutes after it was last used, when it is closed, or when its account is disabled.
``confirmed_at`` is when its person last showed who they are; what is dangerous asks for that to be
a short while ago (``webui.identity.fresh``).
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select, update

from ledger.errors import OutsideError
from ledger.events.names import format_instant, parse_instant
from ledger.store.database import reading, writing
from webui.identity.secret import new_public_id, new_secret, stored_form
from webui.identity.strength import Strength
from webui.identity.tables import account, session

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from webui.wiring import Wiring

LONGEST: Final = timedelta(hours=12)
IDLE: Final = timedelta(minutes=60)
_NOTED_EVERY: Final = timedelta(minutes=1)
_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True)
class Session:
    """An open session. ``session_id`` may be shown; ``strength`` is how it was opened."""

    session_id: str
    actor_id: str
    strength: Strength
    created_at: str
    last_seen_at: str
    confirmed_at: str


def open_session(wiring: Wiring, actor_id: str, strength: Strength) -> str:
    """Open a session and return its secret, for the browser alone."""
    secret = new_secret()
    now = wiring.now()
    with writing(wiring.engine) as connection:
        too_old = format_instant(now - LONGEST - _KEPT)
        connection.execute(delete(session).where(session.c.created_at < too_old))
        connection.execute(
            insert(session).values(
                digest=stored_form(secret),
                session_id=new_public_id(),
                actor_id=actor_id,
                via=strength.via,
                created_at=format_instant(now),
                last_seen_at=format_instant(now),
                confirmed_at=format_instant(now),
                second_factor=strength.second_factor,
                acr=strength.acr or None,
                amr=" ".join(strength.amr) or None,
                provider=strength.provider or None,
            )
        )
    return secret


def find_session(wiring: Wiring, secret: str) -> Session | None:
    """The open session of a secret, noted as used now; None where it opens none."""
    digest = stored_form(secret)
    query = (
        select(session, account.c.disabled)
        .join(account, account.c.actor_id == session.c.actor_id)
        .where(session.c.digest == digest, session.c.revoked_at.is_(None))
    )
    with reading(wiring.engine) as connection:
        row = connection.execute(query).first()
    if row is None or row.disabled:
        return None
    now = wiring.now()
    idle = now - parse_instant(row.last_seen_at)
    if idle > IDLE or now - parse_instant(row.created_at) > LONGEST:
        return None
    if idle > _NOTED_EVERY:
        # A database that can't be written can still be looked at.
        with contextlib.suppress(OutsideError), writing(wiring.engine) as connection:
            connection.execute(
                update(session)
                .where(session.c.digest == digest)
                .values(last_seen_at=format_instant(now))
            )
    return _read(row)


def note_confirmed(wiring: Wiring, session_id: str) -> None:
    """Note that the person of a session has just shown again who they are."""
    with writing(wiring.engine) as connection:
        connection.execute(
            update(session)
            .where(session.c.session_id == session_id)
            .values(confirmed_at=format_instant(wiring.now()))
        )


def revoke_session(wiring: Wiring, secret: str) -> None:
    """Close a session by its secret."""
    with writing(wiring.engine) as connection:
        connection.execute(
            update(session)
            .where(session.c.digest == stored_form(secret))
            .values(revoked_at=format_instant(wiring.now()))
        )


def revoke_sessions(connection: Connection, wiring: Wiring, actor_id: str) -> None:
    """Close every session of an actor, within a writing transaction."""
    connection.execute(
        update(session)
        .where(session.c.actor_id == actor_id, session.c.revoked_at.is_(None))
        .values(revoked_at=format_instant(wiring.now()))
    )


def list_sessions(wiring: Wiring, actor_id: str) -> list[Session]:
    """The open sessions of an actor, newest first."""
    now = wiring.now()
    query = (
        select(session)
        .where(
            session.c.actor_id == actor_id,
            session.c.revoked_at.is_(None),
            session.c.created_at > format_instant(now - LONGEST),
            session.c.last_seen_at > format_instant(now - IDLE),
        )
        .order_by(session.c.created_at.desc())
    )
    with reading(wiring.engine) as connection:
        return [_read(row) for row in connection.execute(query)]


def revoke_session_by_id(wiring: Wiring, actor_id: str, session_id: str) -> None:
    """Close one of an actor's own sessions; another actor's id closes nothing."""
    with writing(wiring.engine) as connection:
        connection.execute(
            update(session)
            .where(session.c.session_id == session_id, session.c.actor_id == actor_id)
            .values(revoked_at=format_instant(wiring.now()))
        )


def _read(row: Row[Any]) -> Session:
    strength = Strength(
        row.via,
        row.second_factor,
        row.acr or "",
        tuple((row.amr or "").split()),
        row.provider or "",
    )
    confirmed = row.confirmed_at or row.created_at
    return Session(
        row.session_id, row.actor_id, strength, row.created_at, row.last_seen_at, confirmed
    )

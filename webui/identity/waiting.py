"""Sign-ins that are under way: the password was right and a code is asked, or a provider is.

A row says what is waited for and for how long; the secret that finds it is with the browser alone.
It is kept as SHA-256, expires after ten minutes and is taken once, whichever process is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import and_, delete, insert, select

from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from webui.identity.secret import new_secret, stored_form
from webui.identity.tables import waiting

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from webui.wiring import Wiring

Purpose = Literal["code", "sign-in", "link", "confirm"]
MINUTES: Final = 10
_LONGEST_PATH: Final = 2000


@dataclass(frozen=True)
class Waiting:
    """What is waited for. ``actor_id`` is empty where nobody is known yet; ``wanted`` is a path."""

    purpose: Purpose
    provider: str
    actor_id: str
    wanted: str


def begin(wiring: Wiring, what: Waiting, browser: str = "") -> str:
    """Wait for something; returns the secret that finds it. ``browser`` must be brought with it."""
    secret, now = new_secret(), wiring.now()
    wanted = what.wanted if len(what.wanted) <= _LONGEST_PATH else "/"
    with writing(wiring.engine) as connection:
        connection.execute(delete(waiting).where(waiting.c.expires_at < format_instant(now)))
        connection.execute(
            insert(waiting).values(
                digest=stored_form(secret),
                purpose=what.purpose,
                provider=what.provider,
                actor_id=what.actor_id,
                browser=stored_form(browser),
                wanted=wanted,
                created_at=format_instant(now),
                expires_at=format_instant(now + timedelta(minutes=MINUTES)),
            )
        )
    return secret


def look(wiring: Wiring, secret: str, browser: str = "") -> Waiting | None:
    """What a secret finds, left where it is; None for a wrong, late or foreign one."""
    with reading(wiring.engine) as connection:
        query = select(waiting).where(_found(wiring, secret, browser))
        row = connection.execute(query).first()
    return None if row is None else Waiting(row.purpose, row.provider, row.actor_id, row.wanted)


def take(wiring: Wiring, secret: str, browser: str = "") -> Waiting | None:
    """The same, used up; of two who try, one finds it."""
    found = look(wiring, secret, browser)
    if found is None:
        return None
    with writing(wiring.engine) as connection:
        gone = connection.execute(delete(waiting).where(_found(wiring, secret, browser)))
    return found if gone.rowcount == 1 else None


def _found(wiring: Wiring, secret: str, browser: str) -> ColumnElement[bool]:
    return and_(
        waiting.c.digest == stored_form(secret),
        waiting.c.browser == stored_form(browser),
        waiting.c.expires_at > format_instant(wiring.now()),
    )

"""Browsers in which somebody has signed in before, so that strangers can't make them wait.

A browser keeps one random secret for 180 days. Once its person has signed in there, failures from
elsewhere, also from the same address, no longer count against it: only its own do. It opens nothing
by itself. Stored is HMAC-SHA256 of person and secret, so that the rows of one browser don't show.

Source: OWASP, "Device Cookies"; NIST SP 800-63B-4 section 3.2.2.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select, update

from ledger.events.names import format_instant
from ledger.store.database import reading, writing
from webui.identity.secret import keyed_digest
from webui.identity.tables import device

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from webui.wiring import Wiring

DAYS: Final = 180
KNOWN: Final = "device/"


def place_of(wiring: Wiring, actor_id: str, browser: str, address: str) -> str:
    """Where an attempt on somebody's account comes from: a browser that is known, or an address."""
    if not browser or not actor_id:
        return address
    digest = _digest(wiring, actor_id, browser)
    oldest = format_instant(wiring.now() - timedelta(days=DAYS))
    query = select(device.c.digest).where(device.c.digest == digest, device.c.last_used_at > oldest)
    with reading(wiring.engine) as connection:
        known = connection.execute(query).first() is not None
    return f"{KNOWN}{digest}" if known else address


def note_device(wiring: Wiring, actor_id: str, browser: str) -> None:
    """Note that somebody has signed in here."""
    digest, now = _digest(wiring, actor_id, browser), wiring.now()
    moment = format_instant(now)
    with writing(wiring.engine) as connection:
        oldest = format_instant(now - timedelta(days=DAYS))
        connection.execute(delete(device).where(device.c.last_used_at < oldest))
        seen = connection.execute(
            update(device).where(device.c.digest == digest).values(last_used_at=moment)
        )
        if seen.rowcount == 0:
            connection.execute(
                insert(device).values(
                    digest=digest, actor_id=actor_id, created_at=moment, last_used_at=moment
                )
            )


def forget_devices(connection: Connection, actor_id: str) -> None:
    """Forget every browser of somebody, within a writing transaction."""
    connection.execute(delete(device).where(device.c.actor_id == actor_id))


def _digest(wiring: Wiring, actor_id: str, browser: str) -> str:
    return keyed_digest(wiring, "device", f"{actor_id}\n{browser}")

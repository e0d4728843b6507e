"""Starting anew: a lost password, a lost phone.

Rules:
- That somebody may start anew is an entry (``recovery.allowed``) under the policy in force: as
  shipped an administrator asks, never for themselves, and where there are two somebody else agrees.
- Each such entry is good for one link, within a day; the link lasts an hour and works once.
- Using it sets a password, takes the second factor off and forgets known browsers; every session
  is closed. Links with single sign-on stay.
- Somebody who can't sign in yet needs none of it: they are invited.

Whoever is handed the link could be that person for as long as nobody notices: the entry, its notice
and the person's closed sessions are what tells. A passkey that signs approvals is not recovered.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from ledger.errors import RefusedError
from ledger.events.names import format_instant, parse_instant
from ledger.events.people import RecoveryAllowed
from ledger.store.database import reading
from ledger.store.entries import Filter
from webui.identity.links import issue_recovery_link
from webui.identity.tables import link

if TYPE_CHECKING:
    from webui.wiring import Wiring

HOURS: Final = 24
_LOOKED_AT: Final = 100
_KINDS: Final = Filter(kinds=(RecoveryAllowed.kind,))


def open_recovery(wiring: Wiring, actor_id: str) -> int | None:
    """The entry by which somebody may start anew now, where no link was made of it yet."""
    oldest = wiring.now() - timedelta(hours=HOURS)
    for told in wiring.reader.told(wiring.reader.entries(_KINDS, limit=_LOOKED_AT)):
        recorded = parse_instant(told.entry.recorded_at)
        if getattr(told.entry.event, "actor_id", "") == actor_id:
            unused = recorded > oldest and not _has_link(wiring, actor_id, format_instant(recorded))
            return told.row.sequence if unused else None
    return None


def make_recovery_link(wiring: Wiring, actor_id: str) -> str:
    """The secret of the one link that an open recovery is good for.

    Raises:
        RefusedError: nobody has allowed it, or the link was made already.
    """
    if open_recovery(wiring, actor_id) is None:
        raise RefusedError(
            "Nobody has allowed this person to start anew within the last day.",
            code="recovery-not-allowed",
            remedy="Ask for it on the person's page; where there are two administrators, "
            "somebody else must agree.",
        )
    return issue_recovery_link(wiring, actor_id)


def _has_link(wiring: Wiring, actor_id: str, since: str) -> bool:
    query = select(link.c.digest).where(
        link.c.actor_id == actor_id,
        link.c.purpose == "recovery",
        link.c.created_at >= since,
    )
    with reading(wiring.engine) as connection:
        return connection.execute(query).first() is not None

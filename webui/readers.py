"""Who may read the ledger: whoever holds a role now, but for outside auditors in their rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.names import format_instant
from ledger.state.rooms import ROOM_ROLE

if TYPE_CHECKING:
    from webui.wiring import Wiring


def holds_role(wiring: Wiring, actor_id: str) -> bool:
    """Whether somebody holds a role now that lets them read what members read.

    Raises:
        UnknownSubjectError: there is no such actor.
    """
    now = format_instant(wiring.now())
    # An outside auditor reads in their room alone, whose pages ask by themselves.
    roles = wiring.reader.actor(actor_id).roles
    return any(held.in_time(now) for held in roles if held.role != ROOM_ROLE)

"""Somebody leaves: roles end under the policy, what waits for them is withdrawn, doors close.

Every role that counts is taken, or its taking is proposed; what the feed itself proposed to give
them is taken back. Account, sessions, tokens and links end at once and beside the policy: they are
no events of the ledger. The one exception is who alone could still administer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.events.people import RoleRevoked
from ledger.state.aggregates import ActorState
from webui.identity.feeds import close_account, is_last_administrator

if TYPE_CHECKING:
    from webui.feed.asking import Step, Steps
    from webui.wiring import Wiring

LAST_ADMINISTRATOR: Final = (
    "the account stays open: nobody else could administer. Appoint somebody, then look again"
)


def roles_end(asked: Steps, actor_id: str) -> tuple[Step, ...]:
    """Ask that every role of somebody ends."""
    actor = asked.registry.find(ActorState, actor_id)
    held = [one.role for one in actor.roles if one.in_time(asked.now)] if actor else []
    found = tuple(asked.ask(RoleRevoked(actor_id=actor_id, role=role)) for role in held)
    asked.withdraw(actor_id)
    return found


def close(wiring: Wiring, actor_id: str) -> tuple[bool, str]:
    """Close what opens a door to somebody: whether the account was open, and why it is not closed.

    Whoever alone could still administer keeps the account, since nobody could mend that.
    """
    if is_last_administrator(wiring, actor_id):
        return False, LAST_ADMINISTRATOR
    return close_account(wiring, actor_id), ""

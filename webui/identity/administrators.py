"""Who administers people and tokens. The one question about roles that is asked outside policies.

It guards only what is no event of the ledger (tokens of others, links, accounts); what may enter
the ledger is for the policy alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.events.names import format_instant
from webui.identity.errors import AdministratorError

if TYPE_CHECKING:
    from webui.wiring import Wiring

ADMINISTRATOR: Final = "administrator"


def is_administrator(wiring: Wiring, actor_id: str) -> bool:
    """Whether the actor holds the role ``administrator`` now."""
    return wiring.reader.actor(actor_id).holds(ADMINISTRATOR, format_instant(wiring.now()))


def check_administrator(wiring: Wiring, actor_id: str) -> None:
    """Check that the actor is an administrator.

    Raises:
        AdministratorError: no.
    """
    if not is_administrator(wiring, actor_id):
        raise AdministratorError(
            "Only an administrator may do this.", remedy="Ask an administrator."
        )

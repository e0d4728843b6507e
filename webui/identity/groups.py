"""Groups of a provider become roles, and stop being them: by entries, under the policy in force.

Rules:
- A role that the mapping names is the mapping's: whoever is in a group that gives it shall hold it,
  whoever is in none shall not. Roles that it does not name are left alone.
- The service asks, as itself, for what the policy lets it do; what the policy keeps for people it
  proposes, once, and people agree and carry it out (``change.proposed``). Nothing goes past the
  policy, and what it would refuse is not asked for.
- ``administrator`` is only ever proposed, whatever the policy would allow.
- A provider that says nothing of groups (it need not) changes nothing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from ledger.core.encoding import canonical
from ledger.events.change import ChangeProposed
from ledger.events.command import command_digest
from ledger.events.names import format_instant
from ledger.events.people import RoleGranted, RoleRevoked
from ledger.store.database import reading
from webui.identity.administrators import ADMINISTRATOR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.events.event import Event
    from webui.identity.providers import Provider
    from webui.wiring import Wiring

_MOST_OPEN: Final = 500
_log = logging.getLogger(__name__)


def wanted_roles(provider: Provider, claims: Mapping[str, Any]) -> frozenset[str] | None:
    """The roles that somebody's groups give; None where nothing is said of groups."""
    said = claims.get(provider.groups_claim)
    if not provider.roles or not isinstance(said, list):
        return None
    groups = {one for one in said if isinstance(one, str)}
    return frozenset(role for group in groups for role in provider.roles.get(group, ()))


def follow_groups(
    wiring: Wiring, provider: Provider, actor_id: str, claims: Mapping[str, Any]
) -> None:
    """Bring somebody's roles to what their groups say; what can't be done now is left."""
    wanted = wanted_roles(provider, claims)
    if wanted is None:
        return
    held = {one.role for one in wiring.reader.actor(actor_id).roles} & provider.mapped
    for role in sorted(held - wanted):
        _ask(wiring, RoleRevoked(actor_id=actor_id, role=role))
    for role in sorted(wanted - held):
        _ask(wiring, RoleGranted(actor_id=actor_id, role=role))


def _ask(wiring: Wiring, event: RoleGranted | RoleRevoked) -> None:
    """Submit what the service may do, else propose it, else leave it."""
    proposal = ChangeProposed.model_validate({"proposed": event.kind, "event": event.facts()})
    if event.role != ADMINISTRATOR and _allowed(wiring, event):
        wiring.submitter.submit(wiring.service, event)
    elif _is_proposed(wiring, event):
        return
    elif _allowed(wiring, proposal):
        wiring.submitter.submit(wiring.service, proposal)
    else:
        _log.warning("the policy lets the service neither record nor propose %s", event.kind)


def _allowed(wiring: Wiring, event: Event) -> bool:
    now = format_instant(wiring.now())
    with reading(wiring.engine) as connection:
        registry = wiring.reader.registry(connection)
        return wiring.decide(registry, event, wiring.service, now).allowed


def _is_proposed(wiring: Wiring, event: Event) -> bool:
    command = command_digest(event.kind, canonical(event.facts())).hex()
    opened = wiring.reader.changes(status="open", limit=_MOST_OPEN)
    return any(one.command == command for one in opened)

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
from typing import TYPE_CHECKING, Any

from ledger.events.people import RoleGranted, RoleRevoked
from webui.feed.asking import steps, submit

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ledger.events.actor import Actor
    from webui.feed.asking import Step
    from webui.identity.providers import Provider
    from webui.wiring import Wiring

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
    bring_roles(wiring, wiring.service, actor_id, held - wanted, wanted - held)


def bring_roles(
    wiring: Wiring, asker: Actor, actor_id: str, taken: Collection[str], given: Collection[str]
) -> list[Step]:
    """Take and give roles as ``asker``, as far as the policy goes; what becomes of each."""
    if not taken and not given:
        return []
    with steps(wiring, asker) as asked:
        found = [asked.ask(RoleRevoked(actor_id=actor_id, role=role)) for role in sorted(taken)]
        found += [asked.ask(RoleGranted(actor_id=actor_id, role=role)) for role in sorted(given)]
    for step in found:
        if step.outcome == "left":
            _log.warning("%s was neither recorded nor proposed: %s", step.event.kind, step.why)
    submit(wiring, asker, asked.commands)
    return found

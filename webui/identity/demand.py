"""Of whom a second factor is demanded: a setting of the operator, and the policy in force.

``enrolled`` (the default): of whoever has set one up. ``deciders``: also of everybody who holds a
role that decides: ``administrator``, and each role whose approval the policy in force asks for
anywhere. ``everybody``: of everybody. It is about passwords: of single sign-on the provider says
how strong it was, and a rule of the policy can ask (``actor.second_factor``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.ways import roles_of
from webui.here import wired
from webui.identity.administrators import ADMINISTRATOR
from webui.identity.single_sign_on import doors

if TYPE_CHECKING:
    from policies import Document


def second_factor_demanded(actor_id: str) -> bool:
    """Whether somebody who signs in by password must have a second factor."""
    demand = doors().sign_in.second_factor
    if demand != "deciders":
        return demand == "everybody"
    held = {one.role for one in wired().reader.actor(actor_id).roles}
    return not held.isdisjoint(deciding_roles(wired().policy()))


def deciding_roles(document: Document) -> frozenset[str]:
    """The roles of a policy that decide."""
    asked = {
        role
        for gate in document.gates
        for requirement in gate.require
        if requirement.approvals is not None
        for role in roles_of(requirement.approvals)
    }
    return frozenset(asked | {ADMINISTRATOR})

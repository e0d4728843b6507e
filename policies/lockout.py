"""Whether, under a document, the people there are now could change the rules again.

Somebody must be let through by every rule about who puts a policy in force; and where it needs
approvals, somebody must be able to propose it, and enough others to approve it. Times, turns and
what is attached are left out: they can be waited for, or provided. A role that ends, or that counts
for some models only, is not relied on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.assurance import PolicyActivated
from ledger.events.change import ChangeApproved, ChangeProposed
from ledger.state.aggregates import ActorState
from policies.expression.evaluate import compile_condition
from policies.expression.parse import parse
from policies.holding import lasting
from policies.matching import fills
from policies.ways import roles_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.state.registry import Registry
    from policies.agreeing import Approvals
    from policies.document import Document, Gate
    from policies.facts import Case

_KIND = PolicyActivated.kind


def can_be_changed(document: Document, registry: Registry, case: Case) -> bool:
    """Whether somebody enrolled now could put another document in force after this one.

    Args:
        document: the rules that would be in force.
        registry: who is there, with their roles.
        case: a change of policy under ``document``, for the conditions of its gates.
    """
    if _KIND not in document.opens:
        return False
    gates = [gate for gate in document.gates if gate.event == _KIND and _applies(gate, case)]
    if not _able(gates, document, registry):
        return False
    quorums = [
        item.approvals for gate in gates for item in gate.require if item.approvals is not None
    ]
    if not quorums:
        return True
    if not {ChangeProposed.kind, ChangeApproved.kind} <= set(document.opens):
        return False
    voting = [gate for gate in document.gates if gate.event == ChangeApproved.kind]
    proposing = [gate for gate in document.gates if gate.event == ChangeProposed.kind]
    voters = _able([gate for gate in voting if gate.when is None], document, registry)
    people = {one for one in voters if _is_person(registry, one)}
    return any(
        all(_fills(rule, people, one, registry) for rule in quorums)
        for one in _able([gate for gate in proposing if gate.when is None], document, registry)
    )


def _applies(gate: Gate, case: Case) -> bool:
    return gate.when is None or compile_condition(parse(gate.when))(case.fact) is not False


def _able(gates: Iterable[Gate], document: Document, registry: Registry) -> set[str]:
    """The actors whom every rule of these gates about who may do it lets through."""
    able = {holder for role in document.roles for holder in lasting(registry, role)}
    for gate in gates:
        for rule in (item.actor for item in gate.require if item.actor is not None):
            able = {
                one
                for one in able
                if (actor := registry.find(ActorState, one)) is not None
                and (not rule.types or actor.type in rule.types)
                and any(one in lasting(registry, role) for role in rule.any_role)
            }
    return able


def _is_person(registry: Registry, actor_id: str) -> bool:
    actor = registry.find(ActorState, actor_id)
    return actor is not None and actor.type == "person"


def _fills(rule: Approvals, people: Iterable[str], proposer: str, registry: Registry) -> bool:
    """Whether people could take every seat of a rule, where somebody proposed it."""
    own = set(registry.accounts(proposer)) if "proposer" in rule.not_by else set()
    counting = roles_of(rule)
    held: dict[str, frozenset[str]] = {}
    for one in sorted(set(people) - own):
        roles = frozenset(role for role in counting if one in lasting(registry, role))
        person = registry.actor(one).person
        held[person] = held.get(person, frozenset()) | roles
    return fills(rule, held)

"""What must hold for every change of policy, whatever the policy in force asks for.

A policy that nobody can read would stop every later decision, and one that nobody may change would
stand for ever, so these are not left to a document:
- the document is one, of the name and the digest that the event states;
- it opens ``policy.activated``, and under it somebody who is enrolled now could change it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.events.assurance import PolicyActivated
from ledger.events.decision import Result
from ledger.state.aggregates import ActorState
from policies.document import Document, document_digest, plain
from policies.errors import PolicyError

if TYPE_CHECKING:
    from ledger.state.registry import Registry
    from policies.document import ActorRule

_LONGEST_PROBLEM: Final = 300


def read_activation(event: PolicyActivated, registry: Registry) -> tuple[Document | None, Result]:
    """The document that an event would put in force, if it may be, and what to say of it."""
    try:
        document = Document.from_canonical(event.document)
    except PolicyError as error:
        return None, _unmet("E_POLICY_UNREADABLE", problem=error.bare[:_LONGEST_PROBLEM])
    if document_digest(document) != event.digest or plain(document.canonical()) != plain(
        event.document
    ):
        return None, _unmet("E_POLICY_DIGEST")
    if document.id != event.policy:
        return None, _unmet("E_POLICY_NAME", name=document.id)
    if not _can_be_changed(document, registry):
        return None, _unmet("E_POLICY_LOCKED")
    return document, Result(
        gate="policy", requirement="document", state="met", code="M_POLICY", params={}
    )


def _unmet(code: str, **params: str | int | list[str]) -> Result:
    return Result(gate="policy", requirement="document", state="unmet", code=code, params=params)


def _can_be_changed(document: Document, registry: Registry) -> bool:
    """Whether somebody enrolled now is let through by every rule about who changes the policy."""
    kind = PolicyActivated.kind
    if kind not in document.opens:
        return False
    rules = [
        requirement.actor
        for gate in document.gates
        if gate.event == kind and gate.when is None
        for requirement in gate.require
        if requirement.actor is not None
    ]
    holders = {
        holder for rule in rules for role in rule.any_role for holder in registry.holders(role)
    }
    return not rules or any(
        all(_lets_through(rule, registry.find(ActorState, holder)) for rule in rules)
        for holder in holders
    )


def _lets_through(rule: ActorRule, actor: ActorState | None) -> bool:
    if actor is None or (rule.types and actor.type not in rule.types):
        return False
    return any(actor.holds(role) for role in rule.any_role)

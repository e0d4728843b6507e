"""What must hold for every change of policy, whatever the policy in force asks for.

A policy that nobody can read would stop every later decision, and one that nobody may change would
stand for ever, so these are not left to a document:
- the document is one, of the name and the digest that the event states;
- it opens ``policy.activated``, and under it somebody who is enrolled now could change it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.events.actor import Actor
from ledger.events.decision import Result
from policies.document import Document, document_digest, plain
from policies.errors import PolicyError
from policies.facts import Case
from policies.filed import filed_in, whole
from policies.lockout import can_be_changed

if TYPE_CHECKING:
    from ledger.events.assurance import PolicyActivated
    from ledger.state.registry import Registry

_LONGEST_PROBLEM: Final = 300
# The question is who could change the rules at all, not who asks now.
_NOBODY: Final = Actor(id="0" * 32, type="service", via="service")


def read_activation(
    event: PolicyActivated, registry: Registry, now: str
) -> tuple[Document | None, Result]:
    """The document that an event would put in force, if it may be, and what to say of it."""
    try:
        fields = whole(event, filed_in(registry))
        document = Document.from_canonical(fields)
    except PolicyError as error:
        return None, _unmet("E_POLICY_UNREADABLE", problem=error.bare[:_LONGEST_PROBLEM])
    if document_digest(document) != event.digest or plain(document.canonical()) != plain(fields):
        return None, _unmet("E_POLICY_DIGEST")
    if document.id != event.policy:
        return None, _unmet("E_POLICY_NAME", name=document.id)
    if not can_be_changed(document, registry, Case(document, registry, event, _NOBODY, now)):
        return None, _unmet("E_POLICY_LOCKED")
    return document, Result(
        gate="policy", requirement="document", state="met", code="M_POLICY", params={}
    )


def _unmet(code: str, **params: str | int | list[str]) -> Result:
    return Result(gate="policy", requirement="document", state="unmet", code=code, params=params)

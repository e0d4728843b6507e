"""What a proposed policy means: rule by rule, for what is ill with it, and in what happened."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import orjson

from ledger.core.encoding import canonical
from ledger.events.names import format_instant
from policies import Document, PolicyError
from policies.diff import diff
from policies.doctor import examine
from policies.simulate import simulate
from webui.here import wired
from webui.wiring import policy_fields

if TYPE_CHECKING:
    from ledger.events.assurance import PolicyActivated
    from policies.simulation import Simulation
    from policies.staffing import Holders, Signers

MOST_SIMULATED: Final = 5_000
"""Entries that are looked at again while somebody waits for a page."""
MOST_SHOWN: Final = 50
_KEPT: Final = 16


def proposed_rules(event: PolicyActivated) -> dict[str, Any] | None:
    """As ``other_rules``, of an event in the ledger; None where its document can't be read."""
    try:
        document = Document.from_canonical(policy_fields(wired().reader, event))
    except PolicyError:
        return None
    return other_rules(event, document)


def other_rules(event: PolicyActivated, document: Document) -> dict[str, Any]:
    """Differences, findings and a simulation of a document that an event would put in force."""
    wiring = wired()
    state, _ = wiring.reader.policy()
    head = wiring.reader.head()
    found = None
    if head.size <= MOST_SIMULATED:
        found = _simulated(head.root, head.size, canonical(document.canonical()))
    return {
        "same_base": event.previous == state.digest,
        "differences": diff(wiring.policy(), document),
        "findings": examine(document, _holders(document), _signers()),
        "simulation": found,
        "changes": found.changes[:MOST_SHOWN] if found else [],
        "size": head.size,
    }


@lru_cache(maxsize=_KEPT)
def _simulated(root: bytes, size: int, document: bytes) -> Simulation:
    """Of these entries and this document, which never comes out otherwise."""
    del root
    wiring = wired()
    candidate = Document.from_canonical(orjson.loads(document))
    return simulate(wiring.reader.past(size), candidate, now=format_instant(wiring.now()))


def _signers() -> Signers:
    found: dict[str, bool] = {}
    for key in wired().reader.passkeys(status="in_force"):
        found[key.actor] = found.get(key.actor, False) or not key.backup_eligible
    return found


def _holders(document: Document) -> Holders:
    reader, now = wired().reader, format_instant(wired().now())
    return {
        role: {actor: reader.actor(actor).type for actor in reader.holding(role, now)}
        for role in document.roles
    }

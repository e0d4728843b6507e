"""What a proposed policy means: rule by rule, for what is ill with it, and in what happened."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ledger.core.encoding import canonical, read_own
from ledger.events.names import format_instant
from policies import Document, PolicyError
from policies.diff import diff
from policies.doctor import examine
from policies.simulate import simulate
from webui.here import wired

if TYPE_CHECKING:
    from ledger.events.assurance import PolicyActivated
    from policies.simulation import Simulation
    from policies.staffing import Holders, Signers

MOST_SIMULATED: Final = 5_000
"""Entries that are looked at again while somebody waits for a page."""
MOST_SHOWN: Final = 50
_KEPT: Final = 16


def other_rules(event: PolicyActivated) -> dict[str, Any] | None:
    """Differences, findings and a simulation; None where the document can't be read."""
    wiring = wired()
    try:
        document = Document.from_canonical(event.document)
    except PolicyError:
        return None
    state, _ = wiring.reader.policy()
    head = wiring.reader.head()
    found = None
    if head.size <= MOST_SIMULATED:
        found = _simulated(head.root, head.size, canonical(event.document))
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
    candidate = Document.from_canonical(read_own(document))
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

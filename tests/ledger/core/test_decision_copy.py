"""A decision keeps its canonical bytes, and a changed copy must not keep those of the original."""

from __future__ import annotations

from ledger.core.encoding import canonical
from ledger.events.decision import Decision


def test_a_changed_copy_has_bytes_of_its_own() -> None:
    decision = Decision(outcome="deny", policy="5e" * 32, engine=1)
    assert b"deny" in decision.canonical
    for copy in (decision.model_copy(update={"outcome": "allow"}), decision.but(outcome="allow")):
        assert copy.canonical == canonical({"engine": 1, "outcome": "allow", "policy": "5e" * 32})

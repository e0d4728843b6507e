"""The policy, as the ledger sees it: a function that is handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ledger.events.actor import Actor
    from ledger.events.decision import Decision
    from ledger.events.event import Event
    from ledger.events.proof import Proof
    from ledger.state.registry import Registry


class Decide(Protocol):
    """The policy, as the ledger sees it: a pure function of state, event, actor and time."""

    def __call__(
        self,
        registry: Registry,
        event: Event,
        actor: Actor,
        now: str,
        proof: Proof | None = None,
    ) -> Decision:
        """Decide whether ``actor`` may make ``event`` happen at the instant ``now`` (RFC 3339).

        ``proof`` is what the actor proved it with, where there is such a thing.
        """
        ...

"""The statement of a decision about a release, as things stand: written for whoever shall sign it.

Whoever checks a signed one writes it again, on the state before its entry, and compares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ledger.events.approval import ApprovalStatement, SignedHead
from ledger.state.aggregates import LogState
from ledger.state.pack import pack_of

if TYPE_CHECKING:
    from ledger.state.registry import Registry


def statement_of(
    registry: Registry,
    *,
    release: int,
    decision: Literal["approve", "reject"],
    actor: str,
    head: SignedHead,
    reason: str | None,
    expires: str,
    nonce: str,
) -> ApprovalStatement:
    """What an actor signs who decides so about a release now.

    Raises:
        UnknownSubjectError: the registry does not hold the release or the actor.
    """
    asked = registry.release(release)
    log = registry.find(LogState, "log")
    return ApprovalStatement(
        log=log.origin if log else "(no log)",
        decision=decision,
        release=release,
        actor=actor,
        roles=tuple(sorted(held.role for held in registry.actor(actor).roles)),
        model=asked.model,
        version=asked.version,
        environment=asked.environment,
        artifact=asked.artifact,
        pack=pack_of(registry, asked).digest(),
        policy=registry.policy_digest(),
        head=head,
        reason=reason,
        expires=expires,
        nonce=nonce,
    )

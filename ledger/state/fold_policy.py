"""The policy in force, and the parts of policies that are on file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical
from ledger.errors import ConflictError, InputError, UnknownSubjectError
from ledger.state.aggregates import Aggregate, PolicyState
from ledger.state.policy_parts import PolicyPart

if TYPE_CHECKING:
    from ledger.events.assurance import PolicyActivated, PolicyFiled
    from ledger.state.place import Place
    from ledger.state.registry import Registry

    Changes = tuple[Aggregate, ...]


def policy_activated(registry: Registry, event: PolicyActivated, place: Place) -> Changes:
    """The policy changes from the one it was made from, at this entry."""
    before = registry.policy()
    if event.previous != (before.digest if before else None):
        raise ConflictError(
            "Another policy is in force than the one this change was made from.",
            pointer="/event/previous",
            remedy="Make the change from the policy in force.",
        )
    if any(registry.find(PolicyPart, digest) is None for digest in event.parts or ()):
        raise UnknownSubjectError(
            "A part of this policy is not filed.",
            pointer="/event/parts",
            remedy="File it first, by policy.filed.",
        )
    return (
        PolicyState(
            since=place.sequence, policy=event.policy, digest=event.digest, previous=event.previous
        ),
    )


def policy_filed(registry: Registry, event: PolicyFiled, place: Place) -> Changes:
    """A part of a policy is on file, once, under the digest of its text."""
    text = canonical(event.part)
    if hex_digest(text) != event.digest:
        raise InputError(
            "This is not the digest of the part.",
            pointer="/event/digest",
            remedy="It is the SHA-256 of the part in canonical JSON.",
        )
    known = registry.find(PolicyPart, event.digest)
    if known is not None:
        raise ConflictError(
            f"This part is on file already, since entry {known.since}.",
            code="filed-already",
            pointer="/event/digest",
            remedy="Name it by its digest.",
        )
    return (PolicyPart(since=place.sequence, digest=event.digest, text=text.decode()),)

"""What happened, in words: one phrase per kind of event, to follow the name of who did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.events.event import Event

_PHRASES: Final[dict[str, Callable[[Any], str]]] = {
    "log.created": lambda e: f"began the ledger {e.origin}",
    "actor.enrolled": lambda e: f"enrolled a {e.actor_type} ({e.actor_id[:8]})",
    "role.granted": lambda e: f"gave {e.actor_id[:8]} the role {_plain(e.role)}",
    "role.revoked": lambda e: f"took the role {_plain(e.role)} from {e.actor_id[:8]}",
    "model.registered": lambda e: f"registered the model {e.model}",
    "version.registered": lambda e: f"registered {e.model} {e.version}",
    "evidence.attached": lambda e: f"attached {_a(e.type)} to {e.model} {e.version}",
    "metrics.observed": lambda e: (
        f"recorded {e.phase} metrics of {e.model} {e.version}: "
        + ", ".join(f"{item.name} {item.value}" for item in e.metrics[:4])
    ),
    "version.deprecated": lambda e: f"deprecated {e.model} {e.version} ({_plain(e.cause)})",
    "version.archived": lambda e: f"archived {e.model} {e.version}",
    "release.requested": lambda e: (
        f"asked for the release of {e.model} {e.version} to {e.environment}"
    ),
    "release.approved": lambda e: f"approved release {e.release}",
    "release.rejected": lambda e: f"rejected release {e.release}",
    "release.withdrawn": lambda e: f"withdrew release {e.release}",
    "approval.revoked": lambda e: f"took back an approval of release {e.release}",
    "release.granted": lambda e: (
        f"granted release {e.release}: {e.model} {e.version} may run in {e.environment}"
    ),
    "release.lapsed": lambda e: (
        f"let release {e.release} of {e.model} {e.version} lapse, because of entry {e.cause}"
    ),
    "deployment.recorded": lambda e: f"deployed {e.model} {e.version} to {e.environment}",
    "deployment.rolled_back": lambda e: (
        f"rolled {e.model} in {e.environment} back to {e.version} ({_plain(e.cause)})"
    ),
    "deployment.stopped": lambda e: f"stopped {e.model} in {e.environment}",
    "policy.activated": lambda e: f"put the policy {e.policy} in force",
    "access.denied": lambda e: f"was refused: {e.attempted}{_concerned(e)}",
    "report.issued": lambda e: (
        f"issued the report {e.report} for {e.period_from} to {e.period_until}"
    ),
}


def phrase(event: Event) -> str:
    """What happened, as a phrase without a subject and without a full stop."""
    return _PHRASES[event.kind](event)


def kinds_with_words() -> frozenset[str]:
    """The kinds that have a phrase."""
    return frozenset(_PHRASES)


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _a(word: str) -> str:
    article = "an" if word[:1] in "aeio" else "a"
    return f"{article} {_plain(word)}"


def _concerned(event: Any) -> str:
    parts = [part for part in (event.model, event.version) if part]
    where = f" in {event.environment}" if event.environment else ""
    return f" for {' '.join(parts)}{where}" if parts else ""

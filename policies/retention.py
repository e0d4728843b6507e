"""Until when what an entry holds must be kept, and why: the retention schedule of a policy.

A rule names kinds of event, for how long what belongs to them is kept, from when, and on what
basis. Each function is pure. A rule never erases anything; it keeps an erasure from happening
while its time runs.

- ``recorded``: from the day of the entry.
- ``last_in_use``: from the day on which the version that it is about ran last. While it runs, the
  time has not begun.
- ``placed``: from the day on which that version was last put into production (the nearest that a
  ledger knows of being placed on the market or put into service). Before that, from its entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.state.aggregates import DeploymentState, VersionState, number_key, version_key
from ledger.state.concerns import about
from policies.period import end_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.events.event import Event
    from ledger.state.registry import Registry
    from policies.document import Document, Keep

_PRODUCTION: Final = "production"


@dataclass(frozen=True)
class Held:
    """What is kept: the event and the day of its entry."""

    sequence: int
    event: Event
    day: str


@dataclass(frozen=True)
class Duty:
    """A rule that keeps an entry; ``until`` is the first day on which it no longer does.

    None while its time has not begun, because the version still runs.
    """

    rule: str
    basis: str
    entry: int
    until: str | None

    def over(self, today: str) -> bool:
        """Whether it no longer keeps anything on a day."""
        return self.until is not None and self.until <= today


def duties(document: Document, held: Iterable[Held], registry: Registry) -> list[Duty]:
    """Every rule that keeps one of these entries, or kept it, the longest first."""
    found = [
        Duty(rule.id, rule.basis, item.sequence, _until(rule, item, registry))
        for item in held
        for rule in document.retention or ()
        if item.event.kind in rule.events
    ]
    return sorted(found, key=lambda duty: (duty.until is None, duty.until or ""), reverse=True)


def _until(rule: Keep, item: Held, registry: Registry) -> str | None:
    begins: str | None = item.day
    if rule.since != "recorded":
        concerned = about(registry, item.event)
        key = version_key(concerned.model, concerned.version)
        version = registry.find(VersionState, key) if concerned.version else None
        if version is not None:
            begins = _begins(rule, item.day, registry, version)
    return None if begins is None else end_of(begins, rule.keep)


def _begins(rule: Keep, day: str, registry: Registry, version: VersionState) -> str | None:
    ran = [
        found
        for environment, entry in version.last_deployed.items()
        if rule.since == "last_in_use" or environment == _PRODUCTION
        if (found := registry.find(DeploymentState, number_key(entry))) is not None
    ]
    if rule.since == "placed":
        return max([day, *(one.at[:10] for one in ran)])
    if any(one.ended_at is None for one in ran):
        return None
    return max([day, *(one.ended_at[:10] for one in ran if one.ended_at is not None)])

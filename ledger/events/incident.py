"""Incidents: something went wrong with a model, and what was found out and done about it.

An incident is known by the entry that opened it. What happened and why is written by people and
stands in the vault; the times stand in the entry, because deadlines are counted from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ledger.events.event import Event, named
from ledger.events.names import Instant, ModelName, PrivateText, Sequence, Slug, VersionName

if TYPE_CHECKING:
    from collections.abc import Mapping

Severity = Literal["low", "medium", "high", "critical"]
Nature = Literal["quality", "security", "privacy", "safety", "rights", "availability", "other"]


class IncidentOpened(Event):
    """Something went wrong, as somebody became aware of at ``detected_at``.

    ``personal_data`` says that personal data was concerned, ``serious`` that the law which applies
    calls it serious.
    """

    kind: ClassVar[str] = "incident.opened"

    severity: Severity
    nature: Nature
    detected_at: Instant
    model: ModelName | None = None
    version: VersionName | None = None
    environment: Slug | None = None
    personal_data: bool = False
    serious: bool = False
    summary: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"incident:{self.detected_at}")


class IncidentClosed(Event):
    """The incident is over: its cause, what was done, and whom the law required to be told when.

    ``corrected_by`` is the entry that put things right, such as a roll-back; ``authority_told_at``
    and ``persons_told_at`` are when an authority and those concerned were told.
    """

    kind: ClassVar[str] = "incident.closed"

    incident: Sequence
    corrected_by: Sequence | None = None
    authority_told_at: Instant | None = None
    persons_told_at: Instant | None = None
    cause: PrivateText
    measures: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"incident:{self.incident}")

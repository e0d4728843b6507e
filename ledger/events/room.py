"""An outside auditor's room: opened for a time and a scope, closed; questions and answers in it.

What is asked and answered stands in the vault; the entries say of whom, when, and which reports and
entries were laid before the auditor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from ledger.events.event import Event, named
from ledger.events.names import ActorId, Day, Instant, ModelName, PrivateText, Sequence, Slug

if TYPE_CHECKING:
    from collections.abc import Mapping

Laid = Annotated[tuple[Sequence, ...], Field(max_length=100)]


class RoomOpened(Event):
    """Somebody from outside may read, and nothing else: these frameworks, period and models.

    It gives them the role of an outside auditor until a time, by which it ends by itself. No models
    means all of them.
    """

    kind: ClassVar[str] = "room.opened"

    auditor: ActorId
    frameworks: tuple[Slug, ...] = Field(min_length=1, max_length=20)
    period_from: Day
    period_until: Day
    models: tuple[ModelName, ...] = Field(default=(), max_length=100)
    until: Instant
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"actor:{self.auditor}")


class RoomClosed(Event):
    """A room ends before its time; its auditor reads nothing more."""

    kind: ClassVar[str] = "room.closed"

    room: Sequence
    reason: PrivateText | None = None

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"room:{self.room}")


class RoomAsked(Event):
    """The auditor of a room asks for something, by a day where one is named."""

    kind: ClassVar[str] = "room.asked"

    room: Sequence
    due: Day | None = None
    question: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"room:{self.room}")


class RoomAnswered(Event):
    """A question is answered, with reports and entries that belong to it, or can't be."""

    kind: ClassVar[str] = "room.answered"

    asked: Sequence
    status: Literal["answered", "not_available"]
    reports: Laid = ()
    entries: Laid = ()
    answer: PrivateText

    def subject_digests(self) -> Mapping[str, str]:
        return named(f"request:{self.asked}")

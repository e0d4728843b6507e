"""What an assessment looks at: a period in days of UTC, some models, and which environments count.

An entry belongs to a period by its ``recorded_at``. The state of a thing is that after the last
entry of the history, whatever the period.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.errors import InputError

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True)
class Period:
    """Whole days in UTC, both ends included."""

    start: date
    until: date

    def __post_init__(self) -> None:
        if self.until < self.start:
            raise InputError(
                "The period ends before it begins.",
                pointer="/to",
                remedy="Give a last day that is not before the first.",
                code="invalid-period",
            )

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.until - self.start).days + 1

    def holds(self, instant: str) -> bool:
        """Whether an RFC 3339 instant in UTC lies in the period."""
        return self.start.isoformat() <= instant[:10] <= self.until.isoformat()

    def overlaps(self, begin: str, end: str | None) -> bool:
        """Whether a stretch of time touches the period; ``end`` None is a stretch that goes on."""
        begins_in_time = begin[:10] <= self.until.isoformat()
        return begins_in_time and (end is None or end[:10] >= self.start.isoformat())


@dataclass(frozen=True)
class Scope:
    """Period, models (none named: all of them) and the environments that count as production.

    ``ahead``: what applies only from a day after the period is tested all the same, to prepare.
    """

    period: Period
    models: tuple[str, ...] = ()
    production: tuple[str, ...] = ("production",)
    ahead: bool = False

    def covers(self, model: str) -> bool:
        """Whether a model is in scope."""
        return not self.models or model in self.models

"""What the access log says of some days: volumes, outliers, silence, and what was reviewed.

An outlier is somebody who read on a day more than three times what they read on their other days,
and more than ``FEW`` requests. It asks for a look; it accuses nobody. A silence is a stretch in
which a recorder neither wrote nor said that it ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from ledger.events.names import parse_instant
from ledger.store.accesses import (
    AccessFilter,
    by_actor_and_day,
    by_day,
    recorder_words,
    volumes,
)
from ledger.store.database import reading
from policies.controls.primitives import intervals
from webui.recorder import BEAT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.state.access import ActivityReview
    from ledger.store.accesses import StoredAccess, Volume
    from webui.wiring import Wiring

WORKING_HOURS: Final = (7, 19)
FEW: Final = 50
_TIMES: Final = 3
_MOST_WORDS: Final = 10_000
_SILENT: Final = 2 * BEAT


@dataclass(frozen=True)
class Outlier:
    """A day on which somebody read far more than on their other days."""

    actor: str
    day: str
    many: int
    usual: int


@dataclass(frozen=True)
class Silence:
    """A stretch of which the log can't say that it is whole, and why."""

    since: str
    until: str
    why: str


@dataclass(frozen=True)
class Uncovered:
    """Days, both included, that nobody signed off."""

    first: str
    last: str


@dataclass(frozen=True)
class Activity:
    """The activity of some days."""

    first_day: str
    last_day: str
    volumes: tuple[Volume, ...]
    days: dict[str, int]
    outliers: tuple[Outlier, ...]
    silences: tuple[Silence, ...]
    reviews: tuple[ActivityReview, ...]
    uncovered: tuple[Uncovered, ...]

    @property
    def requests(self) -> int:
        """How many requests there were."""
        return sum(one.many for one in self.volumes)

    def of_kind(self, kind: str) -> int:
        """How many there were of a kind."""
        return sum(one.many for one in self.volumes if one.kind == kind)

    @property
    def after_hours(self) -> int:
        """How many were made outside working hours."""
        return sum(one.after_hours for one in self.volumes)


def read_activity(wiring: Wiring, first_day: str, last_day: str) -> Activity:
    """The activity of some days, both included."""
    wanted = AccessFilter(first_day, last_day)
    log_id = wiring.log.log_id
    with reading(wiring.engine) as connection:
        counted = volumes(connection, log_id, wanted, WORKING_HOURS)
        days = by_day(connection, log_id, wanted)
        reads = by_actor_and_day(connection, log_id, wanted)
        words = recorder_words(connection, log_id, wanted, _MOST_WORDS)
    reviews = tuple(wiring.reader.activity_reviews(limit=500))
    return Activity(
        first_day,
        last_day,
        tuple(counted),
        days,
        outliers(reads),
        silences(words, wiring.now().date().isoformat()),
        tuple(one for one in reviews if one.first_day <= last_day and one.last_day >= first_day),
        uncovered(first_day, last_day, reviews),
    )


def outliers(reads: dict[tuple[str, str], int]) -> tuple[Outlier, ...]:
    """Days on which somebody read far more than on their others."""
    found = []
    for (actor, day), many in reads.items():
        others = [count for (who, when), count in reads.items() if who == actor and when != day]
        usual = sum(others) // len(others) if others else 0
        if many > max(FEW, _TIMES * usual):
            found.append(Outlier(actor, day, many, usual))
    return tuple(sorted(found, key=lambda one: (-one.many, one.day, one.actor)))


def silences(words: Iterable[StoredAccess], today: str) -> tuple[Silence, ...]:
    """Records that were lost, and recorders that went silent without having ended."""
    heard: dict[str, str] = {}
    found = []
    for _, said, _ in words:
        if said.kind == "gap":
            lost = f"{said.many} records found no room and are lost"
            found.append(Silence(heard.get(said.recorder, said.at), said.at, lost))
        before = heard.get(said.recorder)
        if before is not None and parse_instant(said.at) - parse_instant(before) > _SILENT:
            found.append(Silence(before, said.at, "the recorder was silent"))
        if said.kind == "closed":
            heard.pop(said.recorder, None)
        else:
            heard[said.recorder] = said.at
    found += [
        Silence(at, "", "the recorder never said that it ended")
        for at in heard.values()
        if at[:10] < today
    ]
    return tuple(sorted(found, key=lambda one: (one.since, one.until)))


def uncovered(
    first_day: str, last_day: str, reviews: Iterable[ActivityReview]
) -> tuple[Uncovered, ...]:
    """The days of a period that no review covers, as ranges."""
    covered = [(one.first_day, one.last_day) for one in reviews]
    first, last = date.fromisoformat(first_day), date.fromisoformat(last_day)
    return tuple(Uncovered(*one) for one in intervals.uncovered(first, last, covered))

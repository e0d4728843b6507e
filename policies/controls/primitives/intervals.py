"""Whether something was repeated in time: the part of a period that counts, and the gaps in it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from policies.controls.finding import Deviation, many

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policies.controls.material import Material


def life(material: Material) -> tuple[date, date]:
    """The part of the period in which the ledger was there, up to its last entry."""
    first = date.fromisoformat(material.began[:10])
    last = date.fromisoformat(material.as_of[:10])
    start = max(material.scope.period.start, first)
    return start, max(start, min(material.scope.period.until, last))


def gaps(days: list[date], entries: tuple[int, ...], limit: int) -> tuple[Deviation, ...]:
    """Gaps longer than the limit; ``days`` has an end on either side of those of the entries."""
    found = []
    for index, (before, after) in enumerate(pairwise(days)):
        if (after - before).days > limit:
            near = entries[max(index - 1, 0) : index + 1]
            found.append(
                Deviation(
                    near,
                    f"None from {before.isoformat()} to {after.isoformat()} "
                    f"({many((after - before).days, 'day')}).",
                )
            )
    return tuple(found)


def uncovered(
    first: date, last: date, covered: Iterable[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """The days of a period that no stretch covers, as stretches; both ends are included."""
    found, at, one_day = [], first, timedelta(days=1)
    for begins, ends in sorted(covered):
        if date.fromisoformat(begins) > last:
            break
        if date.fromisoformat(begins) > at:
            found.append((at.isoformat(), (date.fromisoformat(begins) - one_day).isoformat()))
        at = max(at, date.fromisoformat(ends) + one_day)
    if at <= last:
        found.append((at.isoformat(), last.isoformat()))
    return tuple(found)

"""Whether activity was recorded every day, looked at, and kept long enough; what stands out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from ledger.events.access import AccessDigested
from ledger.events.assurance import AccessDenied
from ledger.state.access import ActivityReview
from policies.controls.finding import many
from policies.controls.primitives.intervals import uncovered
from webui.reports.assemble.words import ranges
from webui.reports.model import Callout, Column, KeyValue, KeyValues, Section, Table

if TYPE_CHECKING:
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block

_YEARS = 6
_DAYS_IN_A_YEAR = 365.25
_MOST_WHO = 50
_MOST_NAMED = 12


def activity_lead(basis: Basis) -> str:
    """How many days of the period nobody reviewed."""
    left = sum((date.fromisoformat(b) - date.fromisoformat(a)).days + 1 for a, b in _holes(basis))
    return f"{left} of {many(_days(basis), 'day')} of the period are covered by no review."


def days_and_coverage(basis: Basis) -> Section:
    """Days without a digest, days without a review, six years, refused attempts by person."""
    recorded = basis.material.history.recorded
    since = recorded[0].entry.recorded_at[:10]
    age = (_end(basis) - date.fromisoformat(since)).days / _DAYS_IN_A_YEAR
    silent = _silent(basis)
    blocks: list[Block] = [
        KeyValues(
            (
                KeyValue("Days of the period so far", str(_days(basis))),
                KeyValue("Days without a digest of the access log", _named(silent)),
                KeyValue("Days that no review covers", _spans(_holes(basis))),
                KeyValue(
                    "Six years",
                    f"this ledger reaches back to {since}"
                    + ("" if age >= _YEARS else "; what is older must be shown from elsewhere"),
                ),
            )
        )
    ]
    denied = basis.material.of_kind(AccessDenied.kind)
    if not denied:
        blocks.append(Callout("note", "No attempt was refused in the period."))
        return Section("Days, reviews and what stands out", tuple(blocks))
    counted: dict[str, list[int]] = {}
    for item in denied:
        counted.setdefault(item.entry.actor.id, []).append(item.entry.sequence)
    ordered = sorted(counted.items(), key=lambda pair: (-len(pair[1]), pair[1][0]))
    rows = tuple(
        (basis.name(actor), f"{len(numbers):,}", ranges(numbers))
        for actor, numbers in ordered[:_MOST_WHO]
    )
    columns = (Column("Who", 6), Column("Refused", 3, "right"), Column("Entries", 8))
    caption = f"{many(len(denied), 'refused attempt')} by {many(len(counted), 'actor')}"
    return Section("Days, reviews and what stands out", (*blocks, Table(columns, rows, caption)))


def _end(basis: Basis) -> date:
    return date.fromisoformat(basis.material.last_day)


def _days(basis: Basis) -> int:
    return max((_end(basis) - basis.scope.period.start).days + 1, 0)


def _holes(basis: Basis) -> list[tuple[str, str]]:
    reviews = basis.material.history.registry.all(ActivityReview)
    if not _days(basis):
        return []
    return list(
        uncovered(
            basis.scope.period.start,
            _end(basis),
            [(one.first_day, one.last_day) for one in reviews],
        )
    )


def _silent(basis: Basis) -> list[str]:
    """Days of the period, but for the last, that no digest covers."""
    covered = set()
    for item in basis.material.history.recorded:
        event = item.entry.event
        if isinstance(event, AccessDigested):
            day = date.fromisoformat(event.since)
            while day.isoformat() <= event.day:
                covered.add(day)
                day += timedelta(days=1)
    start = basis.scope.period.start
    every = (start + timedelta(days=n) for n in range(_days(basis) - 1))
    return [day.isoformat() for day in every if day not in covered]


def _named(days: list[str]) -> str:
    if not days:
        return "none"
    more = f" and {len(days) - _MOST_NAMED} more" if len(days) > _MOST_NAMED else ""
    return f"{len(days)}: {', '.join(days[:_MOST_NAMED])}{more}"


def _spans(spans: list[tuple[str, str]]) -> str:
    return "; ".join(a if a == b else f"{a} to {b}" for a, b in spans) or "none"

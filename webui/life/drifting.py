"""What monitoring sees of what runs, against what was measured when it was approved.

Rules:

- A row is one metric of one version that runs in one environment. At approval counts the worst
  held-out value of the version, whatever data set it was measured on; seen is the newest value of
  each data set of monitoring. Drift above 0 is worse, whichever direction is better; a metric that
  was never measured on held-out data has none.
- Whether it is too much says the policy: an observation over its thresholds owes a review, which is
  shown with its day and what came of it.
- The line is of the newest ``MOST_POINTS`` observations, oldest first; the first point is the value
  at approval.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ledger.events.model import MetricsObserved
from ledger.events.names import Instant, Sequence, Slug, Value
from ledger.store.entries import Filter
from policies.drift import worse_by
from webui.reports.points import Point, Points, history_scene

if TYPE_CHECKING:
    from ledger.query import Reader
    from ledger.state.aggregates import VersionState
    from webui.reports.scene import Scene

MOST_POINTS: Final = 40
_MOST_ENTRIES: Final = 200
_FEWEST: Final = 2


class Observation(Value):
    """A value that monitoring saw, and the entry that recorded it."""

    value: str
    at: Instant
    entry: Sequence


class ReviewOfDrift(Value):
    """A review that an observation owed."""

    entry: Sequence
    of: Sequence
    due: Instant
    status: str


class Drift(Value):
    """One metric of what runs; ``drift`` above 0 is worse, None where nothing can be compared."""

    version: str
    environment: Slug
    metric: str
    data_set: str
    higher_is_better: bool
    approved: str | None
    observed: tuple[Observation, ...]
    drift: str | None
    review: ReviewOfDrift | None


class Drifts(Value):
    """Every metric that monitoring sees of what runs of a model, the worst first."""

    model: str
    items: tuple[Drift, ...]


def drifts(reader: Reader, model: str) -> Drifts:
    """What monitoring sees of what runs.

    Raises:
        UnknownSubjectError: no such model.
    """
    reader.model(model)
    items: list[Drift] = []
    for running in reader.running(model):
        version = reader.version(model, running.version)
        items += _of_version(reader, version, running.environment)
    items.sort(key=lambda one: (-Decimal(one.drift or "-Infinity"), one.environment, one.metric))
    return Drifts(model=model, items=tuple(items))


def _of_version(reader: Reader, version: VersionState, environment: str) -> list[Drift]:
    wanted = Filter(
        model=version.model,
        version=version.version,
        environment=environment,
        kinds=(MetricsObserved.kind,),
    )
    seen: dict[tuple[str, str], list[Observation]] = {}
    better: dict[tuple[str, str], bool] = {}
    for row in reader.entries(wanted, limit=_MOST_ENTRIES):
        entry = reader.log.entry(row.sequence)
        event = entry.event
        if not isinstance(event, MetricsObserved) or event.phase != "monitoring":
            continue
        for metric in event.metrics:
            key = (metric.name, metric.data_set)
            better.setdefault(key, metric.higher_is_better)
            found = seen.setdefault(key, [])
            if len(found) < MOST_POINTS:
                found.append(
                    Observation(value=metric.value, at=entry.recorded_at, entry=row.sequence)
                )
    reviews = {
        one.of: ReviewOfDrift(entry=one.since, of=one.of, due=one.due, status=one.status)
        for one in reader.reviews(model=version.model, limit=_MOST_ENTRIES)
        if one.reviewed == MetricsObserved.kind and one.environment == environment
    }
    return [
        _one(version, environment, (*key, better[key]), found, reviews)
        for key, found in seen.items()
    ]


def _one(
    version: VersionState,
    environment: str,
    key: tuple[str, str, bool],
    found: list[Observation],
    reviews: dict[int, ReviewOfDrift],
) -> Drift:
    name, data_set, higher_is_better = key
    held = [
        Decimal(one.metric.value)
        for one in version.metrics
        if one.metric.held_out and one.metric.name == name
    ]
    approved = (min(held) if higher_is_better else max(held)) if held else None
    now = Decimal(found[0].value)
    drift = None
    if approved is not None:
        drift = worse_by((approved,), (now,), higher_is_better=higher_is_better)
    owed = [reviews[one.entry] for one in found if one.entry in reviews]
    return Drift(
        version=version.version,
        environment=environment,
        metric=name,
        data_set=data_set,
        higher_is_better=higher_is_better,
        approved=None if approved is None else format(approved, "f"),
        observed=tuple(reversed(found)),
        drift=None if drift is None else format(drift, "f"),
        review=owed[0] if owed else None,
    )


def drift_drawn(drift: Drift) -> Scene | None:
    """The value at approval, then what was seen, as a line; None where there is nothing to join."""
    points = [Point(one.at[:10], float(one.value), one.value) for one in drift.observed]
    if drift.approved is not None:
        points.insert(0, Point("at approval", float(drift.approved), drift.approved))
    if len(points) < _FEWEST:
        return None
    better = "higher" if drift.higher_is_better else "lower"
    title = f"{drift.metric} in {drift.environment} ({better} is better)"
    return history_scene(Points(title, tuple(points)))

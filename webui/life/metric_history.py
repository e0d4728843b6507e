"""A metric through the versions of a model: held-out values, in the order of registration.

A series is one metric on one data set; only versions that were measured on it stand in it, so that
no line joins what can't be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.events.names import Instant, Sequence, Value
from webui.reports.points import Point, Points, history_scene

if TYPE_CHECKING:
    from ledger.query import Reader
    from webui.reports.scene import Scene

MOST_VERSIONS: Final = 100
_FEWEST: Final = 2


class MetricPoint(Value):
    """The value in one version, and the entry that recorded it."""

    version: str
    value: str
    at: Instant
    entry: Sequence


class Series(Value):
    """One metric on one data set, oldest version first."""

    name: str
    data_set: str
    higher_is_better: bool
    points: tuple[MetricPoint, ...]


class MetricHistory(Value):
    """Every series of a model's newest versions; the longest first."""

    model: str
    series: tuple[Series, ...]


def metric_history(reader: Reader, model: str) -> MetricHistory:
    """The metrics of a model's newest versions.

    Raises:
        UnknownSubjectError: no such model.
    """
    reader.model(model)
    found: dict[tuple[str, str], list[MetricPoint]] = {}
    better: dict[tuple[str, str], bool] = {}
    for version in reversed(reader.versions(model, limit=MOST_VERSIONS)):
        for held in version.metrics:
            if held.metric.held_out:
                key = (held.metric.name, held.metric.data_set)
                better[key] = held.metric.higher_is_better
                found.setdefault(key, []).append(
                    MetricPoint(
                        version=version.version,
                        value=held.metric.value,
                        at=held.measured_at,
                        entry=held.entry,
                    )
                )
    series = tuple(
        Series(name=name, data_set=data, higher_is_better=better[name, data], points=tuple(points))
        for (name, data), points in sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))
    )
    return MetricHistory(model=model, series=series)


def history_drawn(series: Series) -> Scene | None:
    """A series as a line; None where there is nothing to join."""
    if len(series.points) < _FEWEST:
        return None
    better = "higher" if series.higher_is_better else "lower"
    points = tuple(Point(one.version, float(one.value), one.value) for one in series.points)
    return history_scene(Points(f"{series.name} on {series.data_set} ({better} is better)", points))

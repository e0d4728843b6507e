"""Two versions side by side: each metric of the one beside the same metric of the other.

Metrics are the same where name and data set are. Differences are decimal, as the values are.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ledger.events.model import Metric
    from ledger.state.aggregates import VersionState
    from ledger.state.pack import Looked


@dataclass(frozen=True)
class Compared:
    """A metric, its value in the other version (empty: not measured there), and the difference."""

    metric: Metric
    other: str
    difference: str
    verdict: Literal["better", "worse", "same", ""]


def compare(
    version: VersionState | Looked, other: VersionState | Looked | None
) -> tuple[Compared, ...]:
    """The metrics of ``version`` beside those of ``other``."""
    before = {
        (held.metric.name, held.metric.data_set): held.metric.value
        for held in (other.metrics if other else ())
    }
    return tuple(
        _compared(held.metric, before.get((held.metric.name, held.metric.data_set), ""))
        for held in version.metrics
    )


def _compared(metric: Metric, other: str) -> Compared:
    if not other:
        return Compared(metric, "", "", "")
    change = Decimal(metric.value) - Decimal(other)
    if change == 0:
        return Compared(metric, other, "0", "same")
    verdict: Literal["better", "worse"] = (
        "better" if (change > 0) == metric.higher_is_better else "worse"
    )
    return Compared(metric, other, f"{change:+f}".replace("-", "\N{MINUS SIGN}"), verdict)

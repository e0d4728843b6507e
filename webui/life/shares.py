"""Shares of a sample: how far one may be off, and whether two of them differ.

Rules:

- An interval is Wilson's score interval at 95 % (Wilson 1927); the interval of a difference is
  Newcombe's hybrid score interval, his method 10 (Newcombe 1998, Statistics in Medicine 17:873).
- Two shares differ significantly where the interval of their difference leaves out 0.
- The samples count as independent. Two versions measured on the same data set usually err alike,
  so the interval is rather too wide than too narrow.
- Only a metric that is a share of its sample can be judged by its sample size alone; of any other
  (area under a curve, mean error) it is said that this can't be told.
"""

from __future__ import annotations

from math import sqrt
from typing import Final, NamedTuple

SHARES: Final = frozenset(
    {"accuracy", "error_rate", "exact_match", "top_1_accuracy", "top_5_accuracy"}
)
"""Metrics that are a number of cases by the number of all cases."""

_Z: Final = 1.959963984540054


class Interval(NamedTuple):
    """From ``low`` to ``high``, at 95 %."""

    low: float
    high: float


def interval_of(share: float, size: int) -> Interval:
    """Wilson's score interval of a share of ``size`` cases.

    Raises:
        ValueError: it is no share, or of no cases.
    """
    if not (0 <= share <= 1 and size > 0):
        msg = "a share lies from 0 to 1 and is of at least one case"
        raise ValueError(msg)
    square = _Z * _Z
    middle = share + square / (2 * size)
    half = _Z * sqrt(share * (1 - share) / size + square / (4 * size * size))
    below = 1 + square / size
    return Interval(max(0.0, (middle - half) / below), min(1.0, (middle + half) / below))


def difference_of(share: float, size: int, before: float, before_size: int) -> Interval:
    """Newcombe's interval of ``share`` minus ``before``.

    Raises:
        ValueError: as ``interval_of``.
    """
    one, other = interval_of(share, size), interval_of(before, before_size)
    apart = share - before
    down = sqrt((share - one.low) ** 2 + (other.high - before) ** 2)
    up = sqrt((one.high - share) ** 2 + (before - other.low) ** 2)
    return Interval(apart - down, apart + up)

"""Periods for which something is kept, as policies write them: ISO 8601, years or days (P6Y)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator

_PERIOD: Final = re.compile(r"P([1-9][0-9]?)Y|P([1-9][0-9]{0,3})D", re.ASCII)


def _checked(text: str) -> str:
    if not _PERIOD.fullmatch(text):
        msg = "must be years (P6Y) or days (P180D)"
        raise ValueError(msg)
    return text


Period = Annotated[str, AfterValidator(_checked)]


def end_of(day: str, period: str) -> str:
    """The day so long after another; 29 February leads to 1 March where there is none.

    Raises:
        ValueError: it is no period, or past the year 9999.
    """
    match = _PERIOD.fullmatch(period)
    if match is None:
        msg = "must be years (P6Y) or days (P180D)"
        raise ValueError(msg)
    begun = date.fromisoformat(day)
    if match[2]:
        return (begun + timedelta(days=int(match[2]))).isoformat()
    year = begun.year + int(match[1])
    try:
        return begun.replace(year=year).isoformat()
    except ValueError:
        return date(year, 3, 1).isoformat()


def period_in_words(period: str) -> str:
    """P6Y as 6 years."""
    number, unit = period[1:-1], {"Y": "year", "D": "day"}[period[-1]]
    return f"{number} {unit}{'' if number == '1' else 's'}"

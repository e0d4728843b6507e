"""Durations as policies write them: ISO 8601, days or hours only (P14D, PT4H)."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator

_DURATION: Final = re.compile(r"P([1-9][0-9]{0,3})D|PT([1-9][0-9]{0,3})H", re.ASCII)


@lru_cache(maxsize=256)
def parse_duration(text: str) -> timedelta:
    """Read a duration.

    Raises:
        ValueError: it is not one of days or hours.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        msg = "must be days (P14D) or hours (PT4H)"
        raise ValueError(msg)
    return timedelta(days=int(match[1])) if match[1] else timedelta(hours=int(match[2]))


def duration_in_words(text: str) -> str:
    """P14D as 14 days, PT4H as 4 hours; what is no duration stays as it is."""
    if not _DURATION.fullmatch(text):
        return text
    number = text.strip("PTDH")
    unit = "day" if text.endswith("D") else "hour"
    return f"{number} {unit}{'' if number == '1' else 's'}"


def _checked(text: str) -> str:
    parse_duration(text)
    return text


Duration = Annotated[str, AfterValidator(_checked)]

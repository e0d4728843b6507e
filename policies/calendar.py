"""Freeze windows: stretches of local time in which something may not happen.

A window is one stretch between two dates, or one that comes again each week. Times are local to a
named zone of the IANA time zone database; where a clock is put back, both readings of an hour
belong to the window, so a window is never shorter than it reads. Windows are half open: at its end
it is over. Only the recorded time of a decision counts, never a client's clock.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from ledger.events.names import Slug

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK: Final = timedelta(days=7)
LONG: Final = timedelta(days=30)
_SEASONS: Final = (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 7, 6, tzinfo=UTC))
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", re.ASCII)
_OF_WEEK: Final = re.compile(r"(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name.

    Raises:
        ValueError: the zone database does not hold it. There is no fallback to UTC.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"there is no time zone {name[:60]!r}"
        raise ValueError(msg) from None


def _zone(text: str) -> str:
    zone_of(text)
    return text


def _moment(text: str) -> str:
    if not _MOMENT.fullmatch(text):
        msg = "must be a local time like 2026-12-18T18:00"
        raise ValueError(msg)
    datetime.fromisoformat(text)
    return text


def _of_week(text: str) -> str:
    if not _OF_WEEK.fullmatch(text):
        msg = 'must be a time of the week like "fri 16:00"'
        raise ValueError(msg)
    return text


Zone = Annotated[str, AfterValidator(_zone)]
Moment = Annotated[str, AfterValidator(_moment)]
TimeOfWeek = Annotated[str, AfterValidator(_of_week)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Weekly(_Part):
    """From one time of the week to the next occurrence of another."""

    starts: TimeOfWeek
    ends: TimeOfWeek

    @model_validator(mode="after")
    def _some_of_the_week_is_open(self) -> Self:
        if self.starts == self.ends:
            msg = "the window would never end; say when it does"
            raise ValueError(msg)
        return self


class Freeze(_Part):
    """A window with a name; either ``starts`` and ``ends``, or ``weekly``."""

    id: Slug
    title: str
    zone: Zone
    starts: Moment | None = None
    ends: Moment | None = None
    weekly: Weekly | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        once = self.starts is not None and self.ends is not None
        if once == (self.weekly is not None) or (self.starts is None) != (self.ends is None):
            msg = "give starts and ends, or weekly"
            raise ValueError(msg)
        if self.starts is not None and self.ends is not None:
            begins, ends = _span_once(self.starts, self.ends, self.zone)
            if ends <= begins:
                msg = "it ends before it starts"
                raise ValueError(msg)
        return self

    def closed_until(self, now: datetime) -> datetime | None:
        """When the window that holds ``now`` ends, in UTC; None where none holds it."""
        if self.starts is not None and self.ends is not None:
            begins, ends = _span_once(self.starts, self.ends, self.zone)
            return ends if begins <= now < ends else None
        assert self.weekly is not None  # noqa: S101 (one form is given)
        return _weekly(self.weekly, self.zone, now)


def closed_for_long(windows: Sequence[Freeze]) -> datetime | None:
    """From when these windows together leave no open moment in 30 days, if they ever do.

    Looked at are a week of winter, one of summer, and the start of each window between two dates.
    """
    once = (one for one in windows if one.starts is not None and one.ends is not None)
    starts = (_span_once(one.starts or "", one.ends or "", one.zone)[0] for one in once)
    found = (begins for begins in (*_SEASONS, *starts) if _closed_from(begins, windows))
    return next(found, None)


def _closed_from(now: datetime, windows: Sequence[Freeze]) -> bool:
    until = now + LONG
    while now < until:
        ends = [end for one in windows if (end := one.closed_until(now)) is not None]
        if not ends:
            return False
        now = max(ends)
    return True


@lru_cache(maxsize=256)
def _span_once(starts: str, ends: str, zone: str) -> tuple[datetime, datetime]:
    return _first(datetime.fromisoformat(starts), zone), _last(datetime.fromisoformat(ends), zone)


def _weekly(window: Weekly, zone: str, now: datetime) -> datetime | None:
    here = now.astimezone(zone_of(zone)).replace(tzinfo=None)
    monday = here.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(here.weekday())
    starts, ends = _offset(window.starts), _offset(window.ends)
    length = (ends - starts) % _WEEK
    for week in (monday + _WEEK, monday, monday - _WEEK):
        begins = week + starts
        over = _last(begins + length, zone)
        if _first(begins, zone) <= now < over:
            return over
    return None


def _offset(text: str) -> timedelta:
    found: Any = _OF_WEEK.fullmatch(text)
    return timedelta(days=_DAYS.index(found[1]), hours=int(found[2]), minutes=int(found[3]))


def _first(local: datetime, zone: str) -> datetime:
    """The first instant that a clock on the wall reads so."""
    return _either(local, zone)[0]


def _last(local: datetime, zone: str) -> datetime:
    """The last instant that a clock on the wall reads so."""
    return _either(local, zone)[-1]


def _either(local: datetime, zone: str) -> list[datetime]:
    there = zone_of(zone)
    readings = (local.replace(tzinfo=there, fold=fold) for fold in (0, 1))
    return sorted(reading.astimezone(UTC) for reading in readings)

"""When to try again: growing waits with chance in them, and what the server itself asks for.

Source: RFC 9110 section 10.2.3 (Retry-After, in seconds or as a date).
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from webui.client.wire import Reply

TRY_AGAIN: Final = frozenset({429, 502, 503, 504})
"""Statuses after which the same request may succeed."""
_LONGEST_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to try, how long the first wait is, how long one may be, how long all may take."""

    attempts: int = 5
    first: float = 0.5
    longest: float = 30.0
    altogether: float = 120.0


def wait_before(
    attempt: int,
    patience: Patience,
    reply: Reply | None,
    now: datetime,
    chance: Callable[[], float],
) -> float:
    """Seconds to wait before attempt number ``attempt`` + 1; attempts count from 1.

    A wait that the server asks for is kept, up to the longest; else half of a doubling wait is sure
    and half is chance (0 to 1), so that many who were turned away do not come back together.
    """
    asked = None if reply is None else retry_after(reply.headers.get("retry-after", ""), now)
    if asked is not None:
        return min(asked, patience.longest)
    whole = min(patience.first * 2.0 ** (attempt - 1), patience.longest)
    return whole * (0.5 + 0.5 * chance())


def retry_after(value: str, now: datetime) -> float | None:
    """The wait that a server asks for, or None where it asks for none that can be read."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value) if len(value) <= _LONGEST_DIGITS else float(10**_LONGEST_DIGITS)
    try:
        at = parsedate_to_datetime(value)
        return max((at - now).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None

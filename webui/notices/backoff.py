"""How long a message waits before it is tried again: longer each time, and never all at once.

The wait doubles from half a minute to six hours, less a chance part of up to half, so that what
failed together does not come back together. After twelve attempts (half a day) it is given up,
until a person has it sent again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

TRIES: Final = 12
FIRST: Final = timedelta(seconds=30)
LONGEST: Final = timedelta(hours=6)
_LEAST_PART: Final = 0.5


def wait_after(attempts: int, chance: float) -> timedelta | None:
    """The wait after so many failed attempts; None where it is given up.

    ``chance`` is a number from 0 to 1.
    """
    if attempts >= TRIES:
        return None
    whole = min(FIRST * (1 << max(0, attempts - 1)), LONGEST)
    return whole * (_LEAST_PART + (1 - _LEAST_PART) * chance)

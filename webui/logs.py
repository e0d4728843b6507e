"""What the server writes to its own log: one line a record, in UTC, nothing in it that acts.

A path, a header or a message may hold line ends or escape sequences that somebody sent. In a file
they would look like records of their own, in a terminal they would do something; so they are
written as escapes. A traceback keeps its lines, each set in, so that none can be taken for a
record.

Source: OWASP ASVS 5.0, 16.2 and 16.4.1.
"""

from __future__ import annotations

import logging
import time
from typing import Final

FORM: Final = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s"
_DAY: Final = "%Y-%m-%dT%H:%M:%S"


def escaped(text: str) -> str:
    """A text in which whatever does not print stands as an escape."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text
    )


class Lines(logging.Formatter):
    """Records as lines."""

    def __init__(self) -> None:
        super().__init__(FORM, _DAY)

    @staticmethod
    def converter(seconds: float | None) -> time.struct_time:
        """Times are those of UTC."""
        return time.gmtime(seconds)

    def format(self, record: logging.LogRecord) -> str:
        """The record; how another handler wrote its traceback is not taken over."""
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        """The line itself."""
        return escaped(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 (logging's name)
        """A traceback, set in."""
        told = super().formatException(ei)  # type: ignore[arg-type]
        return "\n".join(f"    {escaped(line)}" for line in told.splitlines())


def write_to_stderr() -> None:
    """Let everything from warnings on be written to the standard error stream."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])

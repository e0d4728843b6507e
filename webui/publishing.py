"""The threads beside a server that publish its log and have it time-stamped."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ledger.publish import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webui.wiring import Wiring


@contextmanager
def publishing(wiring: Wiring) -> Iterator[None]:
    """Publish the log for the length of a block."""
    publisher = Publisher(wiring.log, now=wiring.now)
    publisher.start()
    try:
        yield
    finally:
        publisher.close()

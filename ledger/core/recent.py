"""The roots of the newest trees of a log that is being read: RFC 6962 section 2.1.

Kept are the hashes of so many leaves, a page at a time, each with the frontier before it; so a root
is worked out where somebody speaks of it, and nowhere else.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.core.merkle import Frontier


class RecentRoots:
    """Roots of trees that end in one of the last ``most`` leaves, or in their page."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pages: deque[tuple[Frontier, Sequence[bytes]]] = deque()
        self._kept = 0

    def add(self, before: Frontier, leaves: Sequence[bytes]) -> None:
        """A page of leaf hashes that stands behind a frontier."""
        self._pages.append((before, leaves))
        self._kept += len(leaves)
        while self._kept - len(self._pages[0][1]) > self._most:
            self._kept -= len(self._pages.popleft()[1])

    def at(self, size: int) -> bytes | None:
        """The root of the first ``size`` leaves; None where that is not known here."""
        for before, leaves in reversed(self._pages):
            if before.size <= size <= before.size + len(leaves):
                return before.extend(list(leaves[: size - before.size])).root()
        return None

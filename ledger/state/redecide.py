"""Deciding again, as the ledger sees it: a function that is handed in, as ``decide`` is.

An audit asks it about each decided entry, in order from the first, on the registry as it stood
before that entry. What comes out must be what was recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from ledger.events.entry import Entry
    from ledger.state.registry import Registry

DIFFERS: Final = "decision-not-reproducible"
"""Something else comes out."""
IMPOSSIBLE: Final = "decision-not-replayable"
"""It can't be told, because this program lacks what decided, or the policy can't be read."""
NOT_KEPT: Final = "command-not-kept"
"""A refusal whose command stands in the entry by its digest alone."""


@dataclass(frozen=True)
class Redecided:
    """What became of deciding an entry again; ``code`` is empty where the same came out."""

    code: str = ""
    sentence: str = ""


class Redecide(Protocol):
    """Decides entries again. Keeps what it needs of those it was asked about: the policies."""

    def __call__(self, registry: Registry, entry: Entry) -> Redecided | None:
        """Decide ``entry`` on the registry before it; None if nobody decided it."""
        ...

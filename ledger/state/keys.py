"""The log's own keys over time: which key may sign what, at which place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.events.log import LogCreated

if TYPE_CHECKING:
    from ledger.events.event import Event


KEY_KINDS: Final = frozenset({LogCreated.kind})


@dataclass(frozen=True)
class KeyHistory:
    """The keys by use, folded from the entries."""

    keys: tuple[tuple[str, bytes], ...] = ()

    def after(self, event: Event, sequence: int) -> KeyHistory:
        """The history after an entry."""
        del sequence
        if not isinstance(event, LogCreated):
            return self
        return KeyHistory(tuple((key.use, bytes.fromhex(key.public)) for key in event.keys))

    def at(self, use: str, sequence: int) -> bytes | None:
        """The public key that may sign for a use at a place."""
        del sequence
        return dict(self.keys).get(use)

"""The receipt: what a submitter keeps, and can prove with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.events.decision import Decision


@dataclass(frozen=True)
class Receipt:
    """What a submitter keeps.

    ``outcome`` is ``allow`` or ``deny``; ``consequences`` are further entries that the command
    brought about, as (sequence, kind); ``checkpoint`` is the signed note that covers them all.
    ``replayed`` is True where the same command was recorded before under the same key.
    """

    outcome: str
    sequence: int
    kind: str
    recorded_at: str
    leaf_hash: bytes
    decision: Decision | None
    consequences: tuple[tuple[int, str], ...]
    checkpoint: bytes
    replayed: bool

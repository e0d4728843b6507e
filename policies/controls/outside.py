"""What a test may know beside the entries: how the ledger was verified.

These facts are handed in; nothing here goes and looks.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Anchor:
    """Somebody or something outside the ledger that holds its root at ``size`` entries.

    For instance a witness's cosignature, a timestamp, or a guard in a second store.
    """

    name: str
    size: int


@dataclass(frozen=True)
class Integrity:
    """The result of verifying the ledger.

    ``verified_size`` entries had their hashes, links, signatures and tree checked; ``problems`` is
    a sentence for each thing that did not verify.
    """

    verified_size: int
    problems: tuple[str, ...] = ()
    anchors: tuple[Anchor, ...] = ()

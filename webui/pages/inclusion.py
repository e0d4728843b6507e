"""An inclusion proof as rows that a person can follow, from the leaf up to the root.

Each row joins the hash so far with its sibling: SHA-256(0x01, left, right). Which of the two stands
left follows from the leaf's number (RFC 9162 section 2.1.3.2). Showing, not checking:
``ledger.recheck`` does that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ledger.core.merkle import node_hash

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Joined:
    """One step upwards: where the sibling stands, its hash, and the hash of both."""

    side: Literal["left", "right"]
    sibling: str
    result: str


def climb(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> tuple[Joined, ...]:
    """The steps from leaf ``index`` of a tree of ``size`` leaves to its root."""
    number, last, node = index, size - 1, leaf
    found = []
    for sibling in proof:
        left = bool(number & 1) or number == last
        node = node_hash(sibling, node) if left else node_hash(node, sibling)
        found.append(Joined("left" if left else "right", sibling.hex(), node.hex()))
        while left and not number & 1 and number:
            number >>= 1
            last >>= 1
        number >>= 1
        last >>= 1
    return tuple(found)

"""An inclusion proof as rows that a person can follow, from the leaf up to the root.

Each row joins the hash so far with its sibling: SHA-256(0x01, left, right). Which of the two stands
left follows from the leaf's number (RFC 9162 section 2.1.3.2). Showing, not checking:
``ledger.recheck`` does that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from ledger.core.merkle import node_hash

if TYPE_CHECKING:
    from collections.abc import Sequence


class Covers(NamedTuple):
    """The entries below a node: from ``first`` to ``last``, both included."""

    first: int
    last: int


@dataclass(frozen=True)
class Joined:
    """One step upwards: where the sibling stands, its hash, and the hash of both.

    ``covers`` are the entries below the hash of both, ``sibling_covers`` those below the sibling.
    """

    side: Literal["left", "right"]
    sibling: str
    result: str
    sibling_covers: Covers
    covers: Covers


def climb(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> tuple[Joined, ...]:
    """The steps from leaf ``index`` of a tree of ``size`` leaves to its root."""
    number, last, node = index, size - 1, leaf
    found = []
    for sibling, (beside, both) in zip(proof, _spans(index, size), strict=True):
        left = bool(number & 1) or number == last
        node = node_hash(sibling, node) if left else node_hash(node, sibling)
        side: Literal["left", "right"] = "left" if left else "right"
        found.append(Joined(side, sibling.hex(), node.hex(), beside, both))
        while left and not number & 1 and number:
            number >>= 1
            last >>= 1
        number >>= 1
        last >>= 1
    return tuple(found)


def _spans(index: int, size: int) -> list[tuple[Covers, Covers]]:
    """What siblings and joined nodes cover, from the leaf upwards (RFC 6962 section 2.1)."""
    start, stop, found = 0, size, []
    while stop - start > 1:
        middle = start + (1 << (stop - start - 1).bit_length() - 1)
        whole = Covers(start, stop - 1)
        if index < middle:
            found.append((Covers(middle, stop - 1), whole))
            stop = middle
        else:
            found.append((Covers(start, middle - 1), whole))
            start = middle
    return found[::-1]

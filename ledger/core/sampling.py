"""How a sample is drawn: nothing but SHA-256 and HMAC, so that anybody can draw it again.

``seed = HMAC-SHA256(nonce, root)`` with the 32 bytes of the auditor's nonce as the key and the 32
bytes of the root of the frozen tree as the message. Every row of the population, named by its entry
number in decimal digits, gets the rank ``HMAC-SHA256(seed, row)``; the rows of the lowest ranks are
the sample. No row is favoured, none is drawn twice, and the order of the population does not
matter.

Why neither side can choose: the nonce is bound by its SHA-256 before the tree exists whose root it
is used with, and the root covers the entry that binds it. See docs/sampling.md.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from ledger.core.digest import hex_digest

if TYPE_CHECKING:
    from collections.abc import Iterable

LEAST: Final = 3
MOST_BY_TABLE: Final = 30
_SHARE: Final = 10


def commitment_to(nonce: bytes) -> str:
    """What an auditor hands in before the draw: SHA-256 of the nonce, in hexadecimal."""
    return hex_digest(nonce)


def seed_of(nonce: bytes, root: bytes) -> bytes:
    """The 32 bytes that decide a draw."""
    return hmac.digest(nonce, root, "sha256")


def drawn(rows: Iterable[int], seed: bytes, size: int) -> tuple[int, ...]:
    """The ``size`` rows of the lowest ranks, ascending; all rows where there are no more."""
    ranked = sorted(set(rows), key=lambda row: hmac.digest(seed, b"%d" % row, "sha256"))
    return tuple(sorted(ranked[:size]))


def size_by_table(population: int) -> int:
    """A tenth of the population, at least 3 and at most 30; no body prescribes a size."""
    return min(population, MOST_BY_TABLE, max(LEAST, -(-population // _SHARE)))


def rows_digest(rows: Iterable[int]) -> str:
    """SHA-256 of a population: its rows ascending, in decimal digits, a line feed after each."""
    return hex_digest(b"".join(b"%d\n" % row for row in sorted(set(rows))))

"""Checkpoints (C2SP tlog-checkpoint): the text of a tree head, which a signed note carries.

Three lines, each ended by a newline: the origin (which log), the size in decimal digits, the root
in base64. Extension lines are refused: no monitor can audit them, and we write none.

A log is known by its pinned origin *and* key; nothing else in a checkpoint says whose it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ledger.core.digest import SHA256_BYTES
from ledger.core.merkle import EMPTY_ROOT, MAX_SIZE
from ledger.core.rfc4648 import from_base64, to_base64
from ledger.errors import CheckpointError, EncodingError

_LINES: Final = 3
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL: Final = re.compile(r"[\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: whose tree, how many leaves, and the 32 bytes of its root."""

    origin: str
    size: int
    root: bytes


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint; the inverse of ``format_checkpoint``.

    Raises:
        CheckpointError: ``malformed-checkpoint``, also for an empty tree whose root is not the one
            of the empty tree.
    """
    lines = text.split("\n")
    if len(lines) != _LINES + 1 or lines[_LINES]:
        raise _malformed("it has not exactly three lines, each ended by a newline")
    origin, size, root = lines[:_LINES]
    try:
        hash_bytes = from_base64(root)
    except EncodingError:
        raise _malformed("the root is not base64") from None
    number = parse_decimal(size)
    if number is None:
        raise _malformed("the size is not a decimal number in its shortest form")
    checkpoint = Checkpoint(origin, number, hash_bytes)
    _check(checkpoint)
    return checkpoint


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The text to sign; the inverse of ``parse_checkpoint``.

    Raises:
        CheckpointError: ``malformed-checkpoint`` for an origin, a size or a root that can't be one.
    """
    _check(checkpoint)
    return f"{checkpoint.origin}\n{checkpoint.size}\n{to_base64(checkpoint.root)}\n"


def parse_decimal(text: str) -> int | None:
    """A number from 0 to 2**63 in its shortest ASCII digits; None for every other text."""
    if _DECIMAL.fullmatch(text) is None:
        return None
    number = int(text)
    return number if number <= MAX_SIZE else None


def _check(checkpoint: Checkpoint) -> None:
    if not checkpoint.origin or _CONTROL.search(checkpoint.origin):
        raise _malformed("the origin is empty or has control characters")
    if not 0 <= checkpoint.size <= MAX_SIZE:
        raise _malformed("the size is out of range")
    if len(checkpoint.root) != SHA256_BYTES:
        raise _malformed("the root has not 32 bytes")
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise _malformed("the empty tree has another root")


def _malformed(reason: str) -> CheckpointError:
    return CheckpointError(f"The checkpoint is malformed: {reason}.", code="malformed-checkpoint")

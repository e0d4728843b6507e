"""The guard: the last checkpoint, in a second store outside the database and its backups.

A database that is put back to yesterday's copy is consistent in itself; only something that was not
put back with it can tell. The guard is moved by compare-and-swap after each commit; a database
behind its guard is opened read-only. The guard's store must not be in the same backup set.

What every back-end promises, and `tests/ledger/store/test_guards.py` holds each of them to:

* ``swap`` is atomic: of any number of processes that swap from the same tree head, one succeeds;
* what was swapped in is durable when ``swap`` returns True, and the next ``read`` of any process
  gives it;
* only size and root of ``old`` are compared, its ``checkpoint`` may be empty;
* a store that can't be reached is an ``OutsideError`` ``guard-failed``, after a bounded time. After
  it nobody knows whether a swap happened: whoever wants to know reads;
* content that is no tree head of the asked log is an ``IntegrityError`` ``guard-damaged``, never
  None: damage must not look like a guard that was never begun.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from ledger.core.checkpoint import parse_checkpoint
from ledger.core.note import parse_note
from ledger.errors import IntegrityError, LedgerError, OutsideError

if TYPE_CHECKING:
    from ledger.core.checkpoint import Checkpoint

GUARD_FAILED: Final = "guard-failed"
# A checkpoint is some hundred bytes; a note with every witness's lines would still fit.
LARGEST: Final = 256 * 1024


@dataclass(frozen=True)
class Guarded:
    """A tree head that was promised: ``checkpoint`` is its signed note."""

    size: int
    root: bytes
    checkpoint: str

    def same_tree(self, other: Guarded | None) -> bool:
        """Whether both promise the same entries."""
        return other is not None and (self.size, self.root) == (other.size, other.root)


class Guard(Protocol):
    """The last tree head of each log, by origin. Safe from several threads."""

    def prepare(self) -> None:
        """Make the place where a guard is about to begin; nothing where it is there already.

        Raises:
            OutsideError: ``guard-failed``.
        """

    def read(self, origin: str) -> Guarded | None:
        """The last promised tree head, or None for a log that was never guarded.

        Raises:
            OutsideError: ``guard-failed``.
            IntegrityError: ``guard-damaged``.
        """

    def swap(self, origin: str, old: Guarded | None, new: Guarded) -> bool:
        """Replace exactly ``old`` (None: nothing) by ``new``; False when something else is there.

        Raises:
            OutsideError: ``guard-failed``; whether it was replaced is not known.
            IntegrityError: ``guard-damaged``; nothing was replaced.
        """

    def close(self) -> None:
        """Give back connections."""


def guarded_note(origin: str, note: bytes) -> Guarded:
    """What a back-end that keeps the signed note itself has kept.

    Raises:
        IntegrityError: ``guard-damaged``: it is no checkpoint, or one of another log.
    """
    try:
        tree: Checkpoint = parse_checkpoint(parse_note(note).text)
    except LedgerError as error:
        raise guard_damaged("no checkpoint can be read from it") from error
    if tree.origin != origin:
        raise guard_damaged("its checkpoint is of another log")
    return Guarded(tree.size, tree.root, note.decode("utf-8"))


def guard_failed(what: str, remedy: str = "") -> OutsideError:
    """The store of the guard could not do what it was asked."""
    return OutsideError(
        f"The guard can't be reached: {what}.",
        code=GUARD_FAILED,
        remedy=remedy
        or "Bring its store back (COUNTERSEAL_GUARD_URL); the ledger goes on by itself.",
    )


def guard_damaged(what: str) -> IntegrityError:
    """The store of the guard holds something that the guard never wrote."""
    return IntegrityError(
        f"The guard is damaged: {what}.",
        code="guard-damaged",
        remedy="Keep what is there as evidence, put the genuine guard back, and run `counterseal "
        "verify`. docs/guard.md says what to do when there is none.",
    )

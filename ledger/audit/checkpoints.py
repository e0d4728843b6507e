"""Checkpoints held against the tree: who signed, what they say, and the root at their size."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from ledger.core.checkpoint import parse_checkpoint
from ledger.core.note import ED25519, Vkey, parse_note
from ledger.errors import LedgerError
from ledger.store.database import reading
from ledger.store.entries import read_checkpoints

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ledger.audit.found import Audit
    from ledger.audit.signatures import Signatures
    from ledger.core.checkpoint import Checkpoint
    from ledger.core.note import Note
    from ledger.core.signature import Signed
    from ledger.log import Log
    from ledger.state.keys import KeyHistory

PAGE: Final = 1_000


class StoredCheckpoints:
    """The stored checkpoints of a log in order of size, a page in memory at a time."""

    def __init__(self, log: Log, after: int, head: int) -> None:
        self._notes = self._read(log, after, head)
        self._next = next(self._notes, None)

    def until(self, size: int) -> list[tuple[int, bytes]]:
        """Those up to a size that were not given yet."""
        found = []
        while self._next is not None and self._next[0] <= size:
            found.append(self._next)
            self._next = next(self._notes, None)
        return found

    @staticmethod
    def _read(log: Log, after: int, head: int) -> Iterator[tuple[int, bytes]]:
        while True:
            with reading(log.engine) as connection:
                page = read_checkpoints(connection, log.log_id, after, PAGE)
            inside = [one for one in page if one[0] <= head]
            yield from inside
            if len(inside) < PAGE:
                return
            after = inside[-1][0]


class CheckpointCheck:
    """Checks checkpoints as a walk comes by their sizes, and remembers which were good."""

    def __init__(self, found: Audit, signatures: Signatures) -> None:
        self.good_sizes = array("q")
        self.mismatch = False
        self._found = found
        self._signatures = signatures

    def check(
        self, notes: Sequence[tuple[int, bytes]], roots: Mapping[int, bytes], keys: KeyHistory
    ) -> None:
        """Check notes by size; ``roots`` is empty where the tree could not be rebuilt."""
        signed: list[Signed] = []
        sizes: list[int] = []
        for size, data in notes:
            self._found.counts.checkpoints += 1
            try:
                note = parse_note(data)
                tree = parse_checkpoint(note.text)
            except LedgerError as error:
                self._bad(size, error.code, error.sentence)
                continue
            if self._sign(size, note, keys, signed):
                sizes.append(size)
                self._compare(size, tree, roots)
        self._signatures.check(signed, lambda wrong: self._unsigned(wrong, sizes))

    def trusted(self) -> int:
        """The largest size whose checkpoint verified and below which nothing was found."""
        wrong = self._found.first_wrong
        sizes = (size for size in reversed(self.good_sizes) if wrong is None or size <= wrong)
        return next(sizes, 0)

    def _sign(self, size: int, note: Note, keys: KeyHistory, signed: list[Signed]) -> bool:
        """Leave the signature of the log's key to the workers; False if there is none."""
        public = keys.at("checkpoints", size - 1) or b""
        key = Vkey(self._found.origin, ED25519, public)
        for line in note.signatures:
            if (line.name, line.key_id) == (key.name, key.key_id):
                signed.append((public, line.signature, note.text.encode()))
                return True
        self._bad(size, "unknown-signers", "The log's key for checkpoints has not signed it.")
        return False

    def _compare(self, size: int, tree: Checkpoint, roots: Mapping[int, bytes]) -> None:
        if (tree.origin, tree.size) != (self._found.origin, size):
            self._bad(size, "misplaced", "It speaks of another.")
        elif tree.root == roots.get(size):
            self.good_sizes.append(size)
        elif size in roots and not self.mismatch:
            # Told once: where one root differs, every later one differs too.
            self.mismatch = True
            sentence = f"The first {size} entries do not hash to the root that was signed."
            self._found.note("checkpoint", size - 1, "root-mismatch", sentence)

    def _unsigned(self, wrong: list[int], sizes: list[int]) -> None:
        for place in wrong:
            self._bad(sizes[place], "signature-failed", "Its signature does not verify.")

    def _bad(self, size: int, code: str, sentence: str) -> None:
        self._found.note("checkpoint", size - 1, code, f"Size {size}: {sentence}")

"""What an audit found: how much was checked, and every damage by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ledger.state.keys import ROOT

if TYPE_CHECKING:
    from ledger.state.keys import KeyHistory

MOST_OF_A_KIND: Final = 20
_OF_THE_TREE: Final = {"entry", "tile", "checkpoint"}


@dataclass(frozen=True)
class Problem:
    """Something that does not verify: in which table, at which entry (or -1), and what."""

    table: str
    sequence: int
    code: str
    sentence: str


@dataclass
class Counts:
    """How much was checked."""

    entries: int = 0
    signatures: int = 0
    decisions: int = 0
    proofs: int = 0
    tiles: int = 0
    checkpoints: int = 0
    publications: int = 0
    cosignatures: int = 0
    timestamps: int = 0
    rows: int = 0
    private_texts: int = 0
    erased_texts: int = 0
    accesses: int = 0


@dataclass
class Audit:
    """The result: no problem means that everything that was counted verified.

    ``since`` entries were not read again, because they are the start of the tree by a checkpoint
    that the verifier had kept. ``trusted_size`` is the size of the largest checkpoint below which
    nothing was found: what it covers still stands. ``skipped`` says what was not looked at, and
    ``warnings`` what verified but protects less than it should.
    """

    origin: str
    size: int = 0
    root: bytes = b""
    checkpoint: bytes = b""
    since: int = 0
    trusted_size: int = 0
    counts: Counts = field(default_factory=Counts)
    problems: list[Problem] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    more: int = 0
    first_wrong: int | None = None
    _told: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.problems

    def note(self, table: str, sequence: int, code: str, sentence: str) -> None:
        """Add a damage; of many of a kind only the first are kept, and the rest counted."""
        if sequence >= 0 and table in _OF_THE_TREE:
            known = self.first_wrong
            self.first_wrong = sequence if known is None else min(known, sequence)
        self._told[table, code] = number = self._told.get((table, code), 0) + 1
        if number <= MOST_OF_A_KIND:
            self.problems.append(Problem(table, sequence, code, sentence))
        else:
            self.more += 1

    def hold_root(self, history: KeyHistory, root: bytes | None) -> None:
        """The log's keys are certified by the root that the auditor gave, if one was given."""
        if root is None:
            return
        if all(span.public != root for span in history.of(ROOT)):
            sentence = f"The log's keys are not certified by the root {root.hex()}."
            self.note("keys", -1, "root-unknown", sentence)
        elif history.now(ROOT) != root:
            self.warnings.append("the root key that was given has been replaced since, by its word")

    def as_object(self) -> dict[str, Any]:
        """The same as plain JSON."""
        return {
            "origin": self.origin,
            "size": self.size,
            "root": self.root.hex(),
            "since": self.since,
            "verified": self.sound,
            "trusted_size": self.trusted_size,
            "counts": vars(self.counts),
            "problems": [vars(one) for one in self.problems],
            "more_problems": self.more,
            "skipped": self.skipped,
            "warnings": self.warnings,
        }

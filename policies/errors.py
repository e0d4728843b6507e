"""What can be wrong with a policy document: where it is, and what was probably meant."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from ledger.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterable


class PolicyError(LedgerError):
    """A document or an expression is wrong; ``line`` counts from 1, 0 where it is not known."""

    code = "invalid-policy"

    def __init__(
        self, sentence: str, *, name: str = "", line: int = 0, code: str = "", remedy: str = ""
    ) -> None:
        place = f"{name or 'policy'}:{line}: " if line else (f"{name}: " if name else "")
        super().__init__(place + sentence, code=code or self.code, remedy=remedy, line=line)
        self.bare = sentence
        self.line = line


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that offers the nearest known word, or nothing."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else ""

"""What can be wrong with a policy document: where it is, and what was probably meant."""

from __future__ import annotations

from ledger.errors import LedgerError, did_you_mean

__all__ = ["PolicyError", "did_you_mean"]


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

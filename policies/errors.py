"""What can be wrong with a policy document: where it is, and what was probably meant."""

from __future__ import annotations

from ledger.errors import LedgerError, did_you_mean

__all__ = ["PolicyError", "did_you_mean"]


class PolicyError(LedgerError):
    """A document or an expression is wrong.

    ``line`` and ``column`` count from 1 and are 0 where they are not known; ``bare`` is the
    sentence without its place.
    """

    code = "invalid-policy"

    def __init__(
        self,
        sentence: str,
        *,
        name: str = "",
        line: int = 0,
        column: int = 0,
        code: str = "",
        remedy: str = "",
    ) -> None:
        where = [name or "policy"] if name or line else []
        where += [str(number) for number in (line, column) if number]
        place = f"{':'.join(where)}: " if where else ""
        super().__init__(
            place + sentence, code=code or self.code, remedy=remedy, line=line, column=column
        )
        self.bare = sentence
        self.line = line
        self.column = column

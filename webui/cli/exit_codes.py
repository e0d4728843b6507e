"""What the command's exit codes mean, and which error gives which. The one table.

Scripts may rely on them; a number is never given another meaning.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from ledger.errors import LedgerError


class ExitCode(IntEnum):
    """The exit codes, each with its meaning."""

    meaning: str

    def __new__(cls, number: int, meaning: str) -> Self:
        """A number that knows what it means."""
        member = int.__new__(cls, number)
        member._value_ = number
        member.meaning = meaning
        return member

    DONE = 0, "It was done; what was to be verified verifies."
    NOT_VERIFIED = 1, "Something does not verify, or the ledger is read-only because of it."
    WRONG_INPUT = 2, "The command was used wrongly, or names something that is not there."
    REFUSED = 3, "The policy in force refused it; the refusal is an entry."
    OUTSIDE = 4, "Something outside failed: no installation, database, disk, port or tool."
    UNFORESEEN = 70, "A fault of the program; COUNTERSEAL_DEBUG=1 shows where."
    INTERRUPTED = 130, "It was interrupted."


def exit_code_of(error: LedgerError) -> ExitCode:
    """The exit code of an error, by its nearest class in the table."""
    from ledger import errors
    from policies import PolicyError
    from webui.identity.errors import AdministratorError, IdentityError

    if error.code in {"log-missing", "key-damaged"}:
        return ExitCode.OUTSIDE
    table: dict[type[LedgerError], ExitCode] = {
        errors.InputError: ExitCode.WRONG_INPUT,
        errors.ConflictError: ExitCode.WRONG_INPUT,
        PolicyError: ExitCode.WRONG_INPUT,
        errors.RefusedError: ExitCode.REFUSED,
        errors.ProofError: ExitCode.NOT_VERIFIED,
        errors.IntegrityError: ExitCode.NOT_VERIFIED,
        errors.BusyError: ExitCode.OUTSIDE,
        errors.LimitError: ExitCode.OUTSIDE,
        errors.OutsideError: ExitCode.OUTSIDE,
        AdministratorError: ExitCode.REFUSED,
        IdentityError: ExitCode.WRONG_INPUT,
        errors.LedgerError: ExitCode.UNFORESEEN,
    }
    return next(table[kind] for kind in type(error).__mro__ if kind in table)

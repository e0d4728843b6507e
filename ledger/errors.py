"""Every error the ledger raises on purpose.

::

    LedgerError                    code, sentence, remedy, pointer, numbers
    |- InputError                  the asker can mend it
    |  |- EncodingError            not JSON, not canonical, duplicate key, too deep, a float
    |  |- UnknownKindError         no such kind of event
    |  |- UnknownSubjectError      no such model, version, release, actor
    |- RefusedError                the policy said no; carries the entry that records it
    |- ConflictError               the state says no: exists already, decided already, key reused
    |- ProofError                  something offered as proof does not prove it
    |  |- SignatureError, InclusionError, ConsistencyError, CheckpointError, SourceError
    |- IntegrityError              our own store contradicts itself: stop, never repair silently
    |- BusyError                   too much waits already; try again
    |- LimitError                  an actor asked for too much in an hour; ``numbers["seconds"]``
    |- OutsideError                a database, disk or service that we depend on failed
    |  |- InDoubtError             ... and whether it was recorded is not known: ask again

A ``code`` is stable and tests compare it; the sentence may change. No error repeats the input it
refuses, and none carries a secret.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class LedgerError(Exception):
    """The root of the tree.

    ``code`` is a stable lower-case name with hyphens, ``sentence`` says what is wrong and where,
    ``remedy`` what would be right, ``pointer`` is an RFC 6901 JSON pointer into the input (empty
    for the whole of it).
    """

    code = "ledger-error"

    def __init__(
        self,
        sentence: str,
        *,
        code: str | None = None,
        remedy: str = "",
        pointer: str = "",
        **numbers: int | str,
    ) -> None:
        super().__init__(sentence)
        if code is not None:
            self.code = code
        self.sentence = sentence
        self.remedy = remedy
        self.pointer = pointer
        self.numbers = numbers

    def __str__(self) -> str:
        where = f" (at {self.pointer})" if self.pointer else ""
        what_to_do = f" {self.remedy}" if self.remedy else ""
        return f"{self.sentence}{where}{what_to_do}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that offers the nearest known word, or nothing."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else ""


class InputError(LedgerError):
    """What was asked is malformed; the asker can mend it."""

    code = "invalid-input"


class EncodingError(InputError):
    """Bytes that are not the JSON we accept: duplicate keys, floats, depth, size, UTF-8."""

    code = "invalid-encoding"


class UnknownKindError(InputError):
    """No such kind of event."""

    code = "unknown-kind"


class UnknownSubjectError(InputError):
    """No such model, version, release, deployment or actor."""

    code = "unknown-subject"


class RefusedError(LedgerError):
    """The policy in force said no."""

    code = "refused"


class ConflictError(LedgerError):
    """The state of the registry says no, or an idempotency key was used for another command."""

    code = "conflict"


class ProofError(LedgerError):
    """What was offered as proof does not prove it."""

    code = "proof-failed"


class SignatureError(ProofError):
    """A signature does not verify under the key it names."""

    code = "signature-failed"


class InclusionError(ProofError):
    """An inclusion proof does not lead to the root."""

    code = "inclusion-failed"


class ConsistencyError(ProofError):
    """Two tree heads are not one history."""

    code = "consistency-failed"


class CheckpointError(ProofError):
    """A checkpoint or signed note is malformed or signed by nobody we know."""

    code = "checkpoint-failed"


class SourceError(ProofError):
    """A copy of a log lacks or mangles what its checkpoint promises."""

    code = "source-failed"


class IntegrityError(LedgerError):
    """Our own store contradicts itself; nothing is accepted until a person has looked."""

    code = "integrity-failed"


class BusyError(LedgerError):
    """Too many commands wait already."""

    code = "busy"


class LimitError(LedgerError):
    """An actor asked for too much in an hour; ``numbers["seconds"]`` says how long to wait."""

    code = "too-many"


class OutsideError(LedgerError):
    """A database, disk, signer or service that we depend on failed."""

    code = "outside-failed"


class InDoubtError(OutsideError):
    """Whether the command was recorded is not known; the same idempotency key finds out."""

    code = "outcome-unknown"

"""Every error that the client raises on purpose.

::

    ClientError                    sentence, code, remedy; exit code 4 unless it says another
    |- SettingError           2    no address, no token, a key that is none
    |- CaptureError           2    a file that is not what its name says, or is hostile
    |- SpoolError             4    the spool can't be read or written
    |- UnreachableError       4    no connection, no trust in the certificate, no answer in time
    |- AnswerError            4    an answer that no server of ours gives
    |- ProofError             1    a receipt, proof or checkpoint that does not verify
    |- UndecidedError         2    it was not decided in time
    |- ProblemError                the server says what is wrong (RFC 9457): status, code, entry
    |  |- DeniedError         3    the policy refused; the sentences say why
    |  |- NotAllowedError     3    401 or 403: the token does not reach this far
    |  |- InvalidError        2    400, 404, 409, 413, 415, 422: the asker can mend it
    |  |- BusyError           4    429, 502, 503, 504: try again

No error repeats a token, and none repeats what was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class ClientError(Exception):
    """The root of the tree."""

    code = "client-error"
    exit_code = 4

    def __init__(self, sentence: str, *, code: str = "", remedy: str = "") -> None:
        super().__init__(sentence)
        self.code = code or self.code
        self.sentence = sentence
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}".rstrip()


class SettingError(ClientError):
    """What the client needs to know is missing or wrong."""

    code = "setting-invalid"
    exit_code = 2


class CaptureError(ClientError):
    """A file can't be taken for what it says it is; nothing was registered."""

    code = "capture-failed"
    exit_code = 2


class SpoolError(ClientError):
    """The spool can't be read or written."""

    code = "spool-failed"


class UnreachableError(ClientError):
    """No answer: no connection, no trusted certificate, or not in time."""

    code = "unreachable"


class AnswerError(ClientError):
    """What answered is not a Counterseal server that this client understands."""

    code = "answer-not-understood"


class ProofError(ClientError):
    """A receipt, proof or checkpoint does not verify."""

    code = "proof-failed"
    exit_code = 1


class UndecidedError(ClientError):
    """It was not decided in time."""

    code = "undecided"
    exit_code = 2


class ProblemError(ClientError):
    """The server says what is wrong; ``pointer`` is a place in what was sent, if it names one."""

    code = "problem"
    exit_code = 4

    def __init__(
        self,
        sentence: str,
        *,
        code: str,
        status: int,
        remedy: str = "",
        pointer: str = "",
        entry: int | None = None,
        sentences: Sequence[str] = (),
    ) -> None:
        super().__init__(sentence, code=code, remedy=remedy)
        self.status = status
        self.pointer = pointer
        self.entry = entry
        self.sentences = tuple(sentences)

    def __str__(self) -> str:
        where = f" (at {self.pointer})" if self.pointer else ""
        return f"{self.sentence}{where} {self.remedy}".rstrip()


class DeniedError(ProblemError):
    """The policy in force refused; entry ``entry`` records it."""

    exit_code = 3

    def __str__(self) -> str:
        reasons = "; ".join(self.sentences)
        return f"The policy in force refuses this (entry {self.entry}): {reasons}."


class NotAllowedError(ProblemError):
    """The token is not known, or does not reach this far."""

    exit_code = 3


class InvalidError(ProblemError):
    """What was asked can't be; the asker can mend it."""

    exit_code = 2


class BusyError(ProblemError):
    """The server has too much to do, or something behind it is away."""

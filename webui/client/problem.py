"""From an answer that is not a success to the error that it tells of (RFC 9457)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from webui.client.errors import (
    AnswerError,
    BusyError,
    ClientError,
    DeniedError,
    InvalidError,
    NotAllowedError,
    ProblemError,
)
from webui.client.plain import number, object_of, read_object, text, texts

if TYPE_CHECKING:
    from webui.client.wire import Reply

PROBLEM: Final = "application/problem+json"
_KINDS: Final[dict[int, type[ProblemError]]] = {
    401: NotAllowedError,
    403: NotAllowedError,
    429: BusyError,
    502: BusyError,
    503: BusyError,
    504: BusyError,
}
_CLIENT: Final = range(400, 500)
_PROXY: Final = frozenset({502, 503, 504})


def problem_of(reply: Reply) -> ClientError:
    """The error; an answer that is no problem of ours is an ``AnswerError``."""
    if not reply.headers.get("content-type", "").startswith(PROBLEM):
        if reply.status in _PROXY:
            return BusyError(
                "Something before the server says that it is away.", code="away",
                status=reply.status,
            )  # fmt: skip
        return AnswerError(
            f"The answer has the status {reply.status} and is not one of ours.",
            remedy="Is this the right address?",
        )
    try:
        return _read(read_object(reply.body), reply.status)
    except AnswerError as error:
        return error


def _read(plain: dict[str, Any], status: int) -> ProblemError:
    if number(plain, "status") != status:
        raise AnswerError("The answer contradicts its own status.")
    code, detail = text(plain, "code"), text(plain, "detail")
    if code == "policy-denied":
        return DeniedError(
            detail,
            code=code,
            status=status,
            entry=number(plain, "entry"),
            sentences=texts(plain, "sentences"),
        )
    kind = _KINDS.get(status, InvalidError if status in _CLIENT else ProblemError)
    remedy = plain.get("remedy")
    return kind(
        detail,
        code=code,
        status=status,
        remedy=remedy if isinstance(remedy, str) else "",
        pointer=_pointer(plain),
        sentences=_of_lines(plain),
    )


def _pointer(plain: dict[str, Any]) -> str:
    errors = plain.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return str(errors[0].get("pointer", ""))
    return ""


def _of_lines(plain: dict[str, Any]) -> tuple[str, ...]:
    """What a batch that was refused says of its lines."""
    lines = plain.get("lines")
    if not isinstance(lines, list):
        return ()
    return tuple(
        f"line {number(line, 'line')}: {text(object_of(line, 'problem'), 'detail')}"
        for line in lines
        if isinstance(line, dict) and line.get("status") == "invalid"
    )

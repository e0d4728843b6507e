"""The one table from an error to what a browser or a program is answered.

Programs get ``application/problem+json`` (RFC 9457) with ``type``, ``title``, ``status``,
``detail``, ``code``, and where they apply ``remedy`` and ``errors`` (each a JSON pointer into what
was sent, and what is wrong there). People get a page that says the same. Neither repeats what was
sent, and an error that nobody foresaw says nothing about the inside; the log does. Identity
providers get errors in the form of SCIM.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from ledger.errors import (
    BusyError,
    ConflictError,
    EncodingError,
    InDoubtError,
    InputError,
    IntegrityError,
    LedgerError,
    LimitError,
    OutsideError,
    ProofError,
    RefusedError,
    SourceError,
    UnknownKindError,
    UnknownSubjectError,
)
from policies.errors import PolicyError
from webui.identity.errors import (
    AdministratorError,
    CodeNeededError,
    ConfirmError,
    ForgeryError,
    HostError,
    IdentityError,
    IdTokenError,
    IssuerError,
    LinkError,
    NotAdmittedError,
    ReaderError,
    ScopeError,
    SignInError,
    ThrottledError,
    TokenError,
)

if TYPE_CHECKING:
    from flask import Flask

PROBLEM_JSON: Final = "application/problem+json"
PROBLEM_BASE: Final = "https://counterseal.dev/problems/"
API: Final = "/api/"
TLOG: Final = "tlog"
SCIM: Final = "/scim/"
SCIM_JSON: Final = "application/scim+json"
_SCIM_ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:Error"
# What RFC 7644 (3.12) has a word for.
_SCIM_TYPES: Final = {
    "scim-taken": "uniqueness",
    "scim-too-many": "tooMany",
    "not-json": "invalidSyntax",
    "duplicate-key": "invalidSyntax",
    "wrong-content-type": "invalidSyntax",
}
BUSY_SECONDS: Final = 1

STATUS: Final[dict[type[LedgerError], HTTPStatus]] = {
    EncodingError: HTTPStatus.BAD_REQUEST,
    UnknownKindError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnknownSubjectError: HTTPStatus.NOT_FOUND,
    InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    RefusedError: HTTPStatus.FORBIDDEN,
    ConflictError: HTTPStatus.CONFLICT,
    ProofError: HTTPStatus.UNPROCESSABLE_ENTITY,
    SourceError: HTTPStatus.SERVICE_UNAVAILABLE,
    PolicyError: HTTPStatus.UNPROCESSABLE_ENTITY,
    IntegrityError: HTTPStatus.SERVICE_UNAVAILABLE,
    BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    LimitError: HTTPStatus.TOO_MANY_REQUESTS,
    InDoubtError: HTTPStatus.SERVICE_UNAVAILABLE,
    OutsideError: HTTPStatus.SERVICE_UNAVAILABLE,
    SignInError: HTTPStatus.UNAUTHORIZED,
    CodeNeededError: HTTPStatus.UNAUTHORIZED,
    TokenError: HTTPStatus.UNAUTHORIZED,
    IdTokenError: HTTPStatus.UNAUTHORIZED,
    NotAdmittedError: HTTPStatus.FORBIDDEN,
    LinkError: HTTPStatus.GONE,
    ConfirmError: HTTPStatus.FORBIDDEN,
    ScopeError: HTTPStatus.FORBIDDEN,
    AdministratorError: HTTPStatus.FORBIDDEN,
    ReaderError: HTTPStatus.FORBIDDEN,
    ForgeryError: HTTPStatus.FORBIDDEN,
    HostError: HTTPStatus.BAD_REQUEST,
    ThrottledError: HTTPStatus.TOO_MANY_REQUESTS,
    IdentityError: HTTPStatus.BAD_REQUEST,
    LedgerError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
# Codes whose status differs from that of their class.
STATUS_OF_CODE: Final[dict[str, HTTPStatus]] = {
    "artifact-missing": HTTPStatus.NOT_FOUND,
    "artifacts-unset": HTTPStatus.NOT_FOUND,
    "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "wrong-content-type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "scim-too-many": HTTPStatus.BAD_REQUEST,
    "idempotency-key-missing": HTTPStatus.BAD_REQUEST,
    "idempotency-key-invalid": HTTPStatus.BAD_REQUEST,
    "precondition-missing": HTTPStatus.PRECONDITION_REQUIRED,
    "precondition-failed": HTTPStatus.PRECONDITION_FAILED,
    "id-token-malformed": HTTPStatus.BAD_REQUEST,
    "id-token-too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}

_log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Answer every error of ``app`` by the table."""
    app.register_error_handler(LedgerError, _ledger_error)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unforeseen)


def status_of(error: LedgerError) -> HTTPStatus:
    """The status of an error: that of its code, else of the nearest class in the table."""
    if error.code in STATUS_OF_CODE:
        return STATUS_OF_CODE[error.code]
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem_of(error: LedgerError) -> dict[str, Any]:
    """The members of an RFC 9457 problem."""
    status = status_of(error)
    found: dict[str, Any] = {
        "type": f"{PROBLEM_BASE}{error.code}",
        "title": status.phrase,
        "status": int(status),
        "detail": error.sentence,
        "code": error.code,
    }
    if error.remedy:
        found["remedy"] = error.remedy
    if error.pointer:
        found["errors"] = [{"pointer": error.pointer, "detail": error.sentence}]
    if "entry" in error.numbers:
        found["entry"] = error.numbers["entry"]
    return found


def problem_response(problem: dict[str, Any]) -> Response:
    """An answer of type ``application/problem+json``."""
    return Response(orjson.dumps(problem), problem["status"], content_type=PROBLEM_JSON)


def scim_response(status: int, detail: str, scim_type: str = "") -> Response:
    """An error in the form of SCIM (RFC 7644, 3.12)."""
    told = {"schemas": [_SCIM_ERROR], "status": str(status), "detail": detail}
    if scim_type:
        told["scimType"] = scim_type
    return Response(orjson.dumps(told), status, content_type=SCIM_JSON)


def _ledger_error(error: LedgerError) -> Response:
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s %r: %s %s", request.method, request.path, error.code, error)
    response = _answer(problem_of(error))
    if isinstance(error, BusyError | InDoubtError):
        response.headers["Retry-After"] = str(BUSY_SECONDS)
    if isinstance(error, ThrottledError | LimitError | IssuerError):
        response.headers["Retry-After"] = str(error.numbers.get("seconds", BUSY_SECONDS))
    if isinstance(error, TokenError | IdTokenError):
        response.headers["WWW-Authenticate"] = 'Bearer realm="counterseal"'
    return response


def _form_expired(error: CSRFError) -> Response:
    """A form without its token, or with an old one."""
    del error
    return _ledger_error(
        ForgeryError(
            "This form is too old, or cookies are switched off.",
            code="form-expired",
            remedy="Open the page again and repeat it.",
        )
    )


def _http_error(error: HTTPException) -> Response:
    """What Flask itself refuses: no such page, wrong method, too much, forged form."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if status < HTTPStatus.BAD_REQUEST:
        return make_response(error)
    code = "too-large" if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else _slug(status.phrase)
    response = _answer(
        {
            "type": f"{PROBLEM_BASE}{code}",
            "title": status.phrase,
            "status": int(status),
            "detail": _SENTENCES.get(status, f"{status.description or status.phrase}."),
            "code": code,
        }
    )
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or ())
    return response


_SENTENCES: Final = {
    HTTPStatus.BAD_REQUEST: "The request can't be understood.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this method.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is larger than is read here.",
}


def _unforeseen(error: Exception) -> Response:
    _log.error("%s %r failed", request.method, request.path, exc_info=error)
    return _answer(
        {
            "type": f"{PROBLEM_BASE}unexpected",
            "title": HTTPStatus.INTERNAL_SERVER_ERROR.phrase,
            "status": int(HTTPStatus.INTERNAL_SERVER_ERROR),
            "detail": "Something went wrong on our side.",
            "code": "unexpected",
            "remedy": "Try again; if it stays, the operator finds the cause in the service's log.",
        }
    )


def _answer(problem: dict[str, Any]) -> Response:
    if request.path.startswith(SCIM):
        detail = " ".join(filter(None, (problem["detail"], problem.get("remedy", ""))))
        status, word = problem["status"], _SCIM_TYPES.get(problem["code"], "")
        if status == HTTPStatus.UNPROCESSABLE_ENTITY:
            status, word = HTTPStatus.BAD_REQUEST, word or "invalidValue"
        return scim_response(int(status), detail, word)
    if request.path.startswith(API) or request.blueprint == TLOG:
        return problem_response(problem)
    return make_response(render_template("error.html", problem=problem), problem["status"])


def _slug(phrase: str) -> str:
    return phrase.lower().replace(" ", "-")

"""What a request says, read strictly: media type, size, JSON, fields, parameters, path.

Rules: what is not declared is refused; nothing is converted silently; a parameter stands once; the
refusal names the place by a JSON pointer and never repeats what was sent.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ledger.core.encoding import parse_json
from ledger.errors import EncodingError, InputError, UnknownSubjectError
from ledger.events.names import LARGEST_INTEGER, ModelName, VersionName

Shape = TypeVar("Shape", bound=BaseModel)

LARGEST_BODY: Final = 262_144
LONGEST_KEY: Final = 200
KEY_HEADER: Final = "Idempotency-Key"
PREFER_HEADER: Final = "Prefer"
RESPOND_ASYNC: Final = "respond-async"
_KEY: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_MODEL: Final[TypeAdapter[str]] = TypeAdapter(ModelName)
_VERSION: Final[TypeAdapter[str]] = TypeAdapter(VersionName)


class Query(BaseModel):
    """The root of the parameters that a URL may carry. They are text, so numbers are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def body_bytes(media: str, most: int) -> bytes:
    """The request's body.

    Raises:
        InputError: ``wrong-content-type``.
        EncodingError: ``too-large``.
    """
    if request.mimetype != media or request.content_encoding:
        raise InputError(
            "The body is of another type than is read here.",
            code="wrong-content-type",
            remedy=f"Send it as {media}, in UTF-8 and not compressed.",
        )
    # A body of unknown length is cut off where reading stops, so a byte more is let through.
    request.max_content_length = most + 1
    fits = (request.content_length or 0) <= most
    data = request.get_data(cache=False) if fits else b""
    if not fits or len(data) > most:
        raise EncodingError(
            f"The body is larger than {most} bytes.",
            code="too-large",
            remedy="Keep large material outside and refer to it by its SHA-256.",
        )
    return data


def body_fields(shape: type[Shape]) -> Shape:
    """The request's body as one JSON object of this shape.

    Raises:
        EncodingError, InputError: it is not.
    """
    return read_fields(
        shape, parse_json(body_bytes("application/json", LARGEST_BODY), max_bytes=LARGEST_BODY)
    )


def read_fields(shape: type[Shape], fields: object, pointer: str = "") -> Shape:
    """Plain JSON data as a value of this shape.

    Raises:
        InputError: a member is missing, unknown or wrong.
    """
    if not isinstance(fields, dict):
        raise InputError("This must be a JSON object.", pointer=pointer)
    try:
        return shape.model_validate(_tuples(fields))
    except ValidationError as error:
        raise _input_error(shape, error, pointer) from None


def read_query(shape: type[Shape]) -> Shape:
    """The URL's parameters.

    Raises:
        InputError: one is unknown, wrong or stands twice.
    """
    found: dict[str, Any] = {}
    for name, values in request.args.lists():
        field = shape.model_fields.get(name)
        if field is not None and field.default == ():
            found[name] = tuple(values)
        elif len(values) == 1:
            found[name] = values[0]
        else:
            raise InputError(
                "A parameter stands twice.", pointer=_step(name), code="parameter-twice"
            )
    return read_fields(shape, found)


def prefers_to_wait() -> bool:
    """Whether the request would rather be answered before it is done (RFC 7240, 4.1).

    A preference that is not known is passed over, as that standard says.
    """
    said = ",".join(request.headers.getlist(PREFER_HEADER)).split(",")
    return any(one.split(";")[0].strip().lower() == RESPOND_ASYNC for one in said)


def optional_key() -> str:
    """The request's ``Idempotency-Key``, or nothing where there is none.

    Raises:
        InputError: it is not a key.
    """
    return idempotency_key() if KEY_HEADER in request.headers else ""


def idempotency_key() -> str:
    """The request's ``Idempotency-Key``.

    Raises:
        InputError: it is missing or is none.
    """
    key = request.headers.get(KEY_HEADER)
    if not key:
        raise InputError(
            f"The header {KEY_HEADER} is missing.",
            code="idempotency-key-missing",
            remedy=f"Send {KEY_HEADER} with a text of your own for each command, such as a random "
            "UUID, and the same one again when you repeat the command.",
        )
    if not _KEY.fullmatch(key):
        raise InputError(
            f"The header {KEY_HEADER} is not a key.",
            code="idempotency-key-invalid",
            remedy=f"Send 1 to {LONGEST_KEY} printable ASCII characters.",
        )
    return key


def number(text: str, word: str) -> int:
    """A sequence number from a path.

    Raises:
        UnknownSubjectError: nothing has such a number.
    """
    if not _NUMBER.fullmatch(text) or int(text) > LARGEST_INTEGER:
        raise _nothing(word)
    return int(text)


def model_name(text: str) -> str:
    """A model's name from a path, or UnknownSubjectError."""
    return _named(_MODEL, text, "model")


def version_name(text: str) -> str:
    """A version from a path, or UnknownSubjectError."""
    return _named(_VERSION, text, "version")


def _named(kind: TypeAdapter[str], text: str, word: str) -> str:
    try:
        return kind.validate_python(text)
    except ValidationError:
        raise _nothing(word) from None


def _nothing(word: str) -> UnknownSubjectError:
    return UnknownSubjectError(f"There is no such {word}.", pointer=f"/{word}")


def _tuples(value: Any) -> Any:
    """JSON has lists, strict frozen models have tuples."""
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value


def _input_error(shape: type[BaseModel], error: ValidationError, pointer: str) -> InputError:
    first = error.errors(include_input=False, include_url=False)[0]
    names = [field.alias or name for name, field in shape.model_fields.items()]
    remedy = ""
    if first["type"] == "missing":
        remedy = "This field is required."
    elif first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
        remedy = f"Known fields are: {', '.join(names)}." if names else "There are none."
    return InputError(
        f"{first['msg'].removeprefix('Value error, ')}.",
        pointer=pointer + "".join(_step(str(part)) for part in first["loc"]),
        remedy=remedy,
        code=f"invalid-{first['type'].replace('_', '-')}",
    )


def _step(part: str) -> str:
    """One step of a JSON pointer; a name that is long or does not print is not repeated."""
    if len(part) > LONGEST_KEY or not part.isprintable():
        return ""
    return "/" + part.replace("~", "~0").replace("/", "~1")

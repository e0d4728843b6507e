"""Canonical JSON: the one way in which the ledger writes an object (RFC 8785, JCS).

The profile is narrower than RFC 8785, so that the fast writer and every other implementation give
the same bytes:

* text, integers below 2**53 in size, true, false, null, lists (or tuples) and dictionaries;
* no floats: metrics and thresholds are decimal strings;
* names are printable ASCII, where the order of UTF-16 code units is the order of the bytes;
* no NUL and no half of a surrogate pair in any text, and at most 32 levels: whatever is written
  here, ``parse_json`` reads.

Verification hashes the bytes that are stored; it never writes them again to hash the result.
``parse_json`` is the way in for bytes from outside, ``parse_canonical`` for bytes of our own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

import orjson

from ledger.core.strict_json import DEEPEST, MAX_INTEGER, pointer_token, read_strictly, showable
from ledger.errors import EncodingError

if TYPE_CHECKING:
    Container = dict[str, Any] | list[Any] | tuple[Any, ...]

MAX_BYTES: Final = 65_535
MAX_DEPTH: Final = 32
MAX_DIGITS: Final = 16

_MIN_INTEGER: Final = -MAX_INTEGER
_NONE_TYPE: Final = type(None)


def canonical(value: object) -> bytes:
    """The RFC 8785 form of plain JSON data.

    Raises:
        EncodingError: ``float``, ``number-too-large``, ``not-utf8`` (a lone surrogate),
            ``nul-character``, ``name-not-ascii``, ``too-deep`` or ``not-json`` (a type that JSON
            does not have, subclasses of the plain types included), with the place.
    """
    _check_shape(value, MAX_DEPTH)
    try:
        data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        _check_texts(value)
        _refuse("not-json", "A name or a text is not one that JSON can carry.")
    if b"\\u0000" in data:
        _check_texts(value)
    return data


def parse_canonical(data: bytes) -> object:
    """Read bytes that must be exactly what ``canonical`` writes, at most 65,535 of them.

    Raises:
        EncodingError: as ``parse_json``, as ``canonical``, or ``not-canonical``.
    """
    # Bytes that the fast reader takes and canonical gives back are strict: a duplicate, a float or
    # a huge integer would not come back. Whatever fails is read again for the reason and the place.
    if len(data) <= MAX_BYTES:
        try:
            value: object = orjson.loads(data)
            if canonical(value) == data:
                return value
        except (orjson.JSONDecodeError, EncodingError):
            pass
    canonical(parse_json(data))
    raise EncodingError(
        "The JSON is not in canonical form.",
        code="not-canonical",
        remedy="Write it as RFC 8785 says: sorted names, no spaces, shortest escapes.",
    )


def read_own(data: bytes) -> Any:
    """What bytes of our own making say, or None where ``parse_canonical`` must be asked.

    Much faster, and exact in all but two things that the types of whoever asks must refuse: floats
    and integers of 2**53 or more. Only plain ASCII is read.
    """
    if len(data) > MAX_BYTES or not data.isascii() or b"\x7f" in data:
        return None
    # One byte is searched for much faster than two.
    if b"\\" in data and b"\\u" in data:
        return None
    try:
        value: object = orjson.loads(data)
        return value if orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == data else None
    except (orjson.JSONDecodeError, TypeError):
        return None


def plain(value: object) -> bytes:
    """The bytes of a value that ``read_own`` gave, or a part of it: a key to remember it by."""
    return orjson.dumps(value)


def parse_json(
    data: bytes,
    *,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
    max_digits: int = MAX_DIGITS,
) -> object:
    """Read one JSON value from foreign bytes, by the rules of ``strict_json``.

    Args:
        data: the bytes as they arrived.
        max_bytes: how many bytes are read at all.
        max_depth: how many arrays and objects may contain each other, at most 128.
        max_digits: how many digits an integer may have.

    Raises:
        EncodingError: with the code ``too-large``, ``not-utf8``, ``not-json``, ``duplicate-key``,
            ``float``, ``number-too-large``, ``too-deep`` or ``nul-character``, and the place.
    """
    if len(data) <= max_bytes and max_digits == MAX_DIGITS:
        try:
            value: object = orjson.loads(data)
            _check_shape(value, min(max_depth, DEEPEST))
            if _no_duplicates(value, data):
                return value
        except (orjson.JSONDecodeError, EncodingError):
            pass
    return read_strictly(data, max_bytes=max_bytes, max_depth=max_depth, max_digits=max_digits)


def _no_duplicates(value: object, data: bytes) -> bool:
    r"""Whether a value is all that its bytes said; False may also mean that it isn't known.

    The fast reader drops all but the last of equal names, and with each a colon. A colon inside a
    text is kept, and without \u escapes it was written as one: so the colons tell.
    """
    return b"\\u" not in data and orjson.dumps(value).count(b":") == data.count(b":")


def _check_shape(value: object, room: int) -> None:
    """Refuse types, integers, names and depth that the profile does not have; texts come later.

    ``room`` is how many levels may still open.
    """
    if isinstance(value, dict | list | tuple):
        _check_container(value, room)
    else:
        _check_scalar(value)


def _check_container(value: Container, room: int) -> None:
    if room == 0:
        _refuse("too-deep", "The value is nested too deep.", f"At most {MAX_DEPTH} levels.")
    kind = type(value)
    if kind is dict:
        _check_names(value)  # type: ignore[arg-type]
        items = value.values()  # type: ignore[union-attr]
    elif kind is list or kind is tuple:
        items = value
    else:
        _refuse_type(kind)
    at = 0
    try:
        for item in items:
            kind = type(item)
            if kind is dict or kind is list or kind is tuple:
                _check_container(item, room - 1)
            elif kind is not str:
                _check_scalar(item)
            at += 1
    except EncodingError as error:
        error.pointer = _pointer_from(value, at, error.pointer)
        raise


def _check_scalar(value: object) -> None:
    kind: type = type(value)
    if kind is int:
        if not _MIN_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]
            _refuse("number-too-large", "An integer is 2**53 or more.", "Write it as a string.")
    elif kind is float:
        _refuse("float", "A float has no canonical form here.", "Write it as a decimal string.")
    elif kind is not str and kind is not bool and kind is not _NONE_TYPE:
        _refuse_type(kind)


def _check_names(members: dict[str, object]) -> None:
    try:
        names = "".join(members)
    except TypeError:
        _refuse("not-json", "A name is not text.")
    if not (names.isascii() and names.isprintable()):
        _refuse("name-not-ascii", "A name is not printable ASCII.")


def _check_texts(value: object) -> None:
    """Refuse texts that can't be written; the shape is known to be good."""
    if isinstance(value, str):
        if "\x00" in value:
            _refuse("nul-character", "A text contains the NUL character.")
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            _refuse("not-utf8", "A text contains half of a surrogate pair.")
    elif isinstance(value, dict | list | tuple):
        for at, item in enumerate(value.values() if isinstance(value, dict) else value):
            try:
                _check_texts(item)
            except EncodingError as error:
                error.pointer = _pointer_from(value, at, error.pointer)
                raise


def _pointer_from(container: Container, at: int, rest: str) -> str:
    """The pointer one level further out; below a name that is not shown it ends."""
    name = list(container)[at] if isinstance(container, dict) else str(at)
    return pointer_token(name) + rest if showable(name) else ""


def _refuse_type(kind: type) -> NoReturn:
    _refuse("not-json", f"JSON has no {kind.__name__}.", "Use plain types, not subclasses.")


def _refuse(code: str, sentence: str, remedy: str = "") -> NoReturn:
    raise EncodingError(sentence, code=code, remedy=remedy)

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

from typing import Final, NoReturn

import orjson

from ledger.core.strict_json import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_INTEGER,
    parse_json,
    pointer_token,
    showable,
)
from ledger.errors import EncodingError

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_INTEGER", "canonical", "parse_canonical", "parse_json"]

_MIN_INTEGER: Final = -MAX_INTEGER
_NONE_TYPE: Final = type(None)


def canonical(value: object) -> bytes:
    """The RFC 8785 form of plain JSON data.

    Raises:
        EncodingError: ``float``, ``number-too-large``, ``not-utf8`` (a lone surrogate),
            ``nul-character``, ``name-not-ascii``, ``too-deep`` or ``not-json`` (a type that JSON
            does not have, subclasses of the plain types included), with the place.
    """
    _check(value, MAX_DEPTH)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


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


def _check(value: object, room: int) -> None:
    """Refuse what the profile does not have; ``room`` is how many levels may still open."""
    kind = type(value)
    if kind is str:
        _check_text(value)  # type: ignore[arg-type]
    elif kind is int:
        if not _MIN_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]
            _refuse("number-too-large", "An integer is 2**53 or more.", "Write it as a string.")
    elif kind is dict:
        _check_members(value, room)  # type: ignore[arg-type]
    elif kind is list or kind is tuple:
        _check_items(value, room)  # type: ignore[arg-type]
    elif kind is float:
        _refuse("float", "A float has no canonical form here.", "Write it as a decimal string.")
    elif kind is not bool and kind is not _NONE_TYPE:
        _refuse("not-json", f"JSON has no {kind.__name__}.", "Use plain types, not subclasses.")


def _check_members(members: dict[object, object], room: int) -> None:
    if room == 0:
        _refuse_depth()
    for name, item in members.items():
        if type(name) is not str:
            _refuse("not-json", "A name is not text.")
        if not (name.isascii() and name.isprintable()):
            _refuse("name-not-ascii", "A name is not printable ASCII.")
        kind = type(item)
        if kind is str and item.isascii() and "\x00" not in item:  # type: ignore[attr-defined,operator]
            continue
        try:
            _check(item, room - 1)
        except EncodingError as error:
            error.pointer = _longer(name, error.pointer)
            raise


def _check_items(items: list[object] | tuple[object, ...], room: int) -> None:
    if room == 0:
        _refuse_depth()
    for index, item in enumerate(items):
        try:
            _check(item, room - 1)
        except EncodingError as error:
            error.pointer = _longer(str(index), error.pointer)
            raise


def _check_text(text: str) -> None:
    if "\x00" in text:
        _refuse("nul-character", "A text contains the NUL character.")
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        _refuse("not-utf8", "A text contains half of a surrogate pair.")


def _longer(name: str, rest: str) -> str:
    """The pointer one level further out; below a name that can't be shown nothing is."""
    return pointer_token(name) + rest if showable(name) else ""


def _refuse_depth() -> NoReturn:
    _refuse("too-deep", f"The value is nested deeper than {MAX_DEPTH} levels.")


def _refuse(code: str, sentence: str, remedy: str = "") -> NoReturn:
    raise EncodingError(sentence, code=code, remedy=remedy)

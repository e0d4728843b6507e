"""The strict reader of JSON from outside (RFC 8259, narrowed as RFC 7493 advises).

Rules:

* UTF-8 without a byte order mark, at most ``max_bytes``, one value and nothing after it;
* a name stands once in an object;
* no fractions and no exponents: such numbers travel as decimal strings, because two programs do not
  agree on their digits;
* integers of at most ``max_digits`` digits and within 2**53 - 1, refused before they are converted;
* no NUL in any text, no half of a surrogate pair;
* at most ``max_depth`` arrays and objects inside each other, so that recursion is bounded.

A refusal names the place as an RFC 6901 pointer and never repeats a value.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

import orjson

from ledger.errors import EncodingError

MAX_INTEGER: Final = 2**53 - 1
DEEPEST: Final = 128

_LONGEST_NAME_SHOWN: Final = 128
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

# Possessive quantifiers: no input makes these patterns look at a character twice.
_SPACE: Final = re.compile(r"[ \t\n\r]*+")
_STRING: Final = re.compile(
    r'"(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+"',
)
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]*+)")
_WORD: Final = re.compile(r"true|false|null")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}


def read_strictly(data: bytes, *, max_bytes: int, max_depth: int, max_digits: int) -> object:
    """Read one JSON value from foreign bytes; see ``encoding.parse_json``.

    Raises:
        EncodingError: with the code ``too-large``, ``not-utf8``, ``not-json``, ``duplicate-key``,
            ``float``, ``number-too-large``, ``too-deep`` or ``nul-character``.
    """
    if len(data) > max_bytes:
        raise EncodingError(
            f"The JSON has {len(data)} bytes; at most {max_bytes} are read.",
            code="too-large",
            remedy="Keep large material outside and refer to it by its SHA-256.",
        )
    if data.startswith(_BYTE_ORDER_MARK):
        raise EncodingError(
            "The JSON starts with a byte order mark.", code="not-json", remedy="Leave it out."
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EncodingError(
            f"The bytes are not UTF-8 from byte {error.start} on.", code="not-utf8"
        ) from None
    return _Reader(text, min(max_depth, DEEPEST), max_digits).document()


def pointer_token(name: str) -> str:
    """One step of an RFC 6901 pointer."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def showable(name: str) -> bool:
    """Whether a name may appear in an error: short, and of characters that print."""
    return len(name) <= _LONGEST_NAME_SHOWN and name.isprintable()


class _Reader:
    """One reading of one text; ``_at`` is the next character, ``_path`` the place it belongs to."""

    def __init__(self, text: str, max_depth: int, max_digits: int) -> None:
        self._text = text
        self._at = 0
        self._room = max_depth
        self._max_depth = max_depth
        self._max_digits = max_digits
        self._path: list[str | int] = []

    def document(self) -> object:
        """The one value, with nothing after it."""
        value = self._value()
        if self._next():
            self._refuse_syntax("there is something after the value")
        return value

    def _value(self) -> object:
        first = self._next()
        if first == '"':
            return self._string()
        if first == "{":
            return self._object()
        if first == "[":
            return self._array()
        if first == "-" or first.isdigit():
            return self._integer()
        word = _WORD.match(self._text, self._at)
        if word is None:
            self._refuse_syntax("a value is missing or is none that JSON knows")
        self._at = word.end()
        return _WORDS[word.group()]

    def _next(self) -> str:
        """The next character that is not white space; empty at the end. It is not consumed."""
        space = _SPACE.match(self._text, self._at)
        if space is not None:
            self._at = space.end()
        return self._text[self._at : self._at + 1]

    def _object(self) -> dict[str, object]:
        self._enter()
        members: dict[str, object] = {}
        if self._next() == "}":
            self._leave()
            return members
        while True:
            if self._next() != '"':
                self._refuse_syntax("a name in double quotes is missing")
            name = self._string()
            if name in members:
                self._refuse_duplicate(name)
            if self._next() != ":":
                self._refuse_syntax("a colon is missing after a name")
            self._at += 1
            self._path.append(name)
            members[name] = self._value()
            self._path.pop()
            if self._ends("}"):
                self._leave()
                return members

    def _array(self) -> list[object]:
        self._enter()
        items: list[object] = []
        if self._next() == "]":
            self._leave()
            return items
        while True:
            self._path.append(len(items))
            items.append(self._value())
            self._path.pop()
            if self._ends("]"):
                self._leave()
                return items

    def _enter(self) -> None:
        if self._room == 0:
            self._refuse("too-deep", f"The JSON is nested deeper than {self._max_depth} levels.")
        self._room -= 1
        self._at += 1

    def _leave(self) -> None:
        self._room += 1
        self._at += 1

    def _ends(self, closing: str) -> bool:
        """Whether the container ends here (not consumed); a comma is consumed."""
        found = self._next()
        if found == closing:
            return True
        if found != ",":
            self._refuse_syntax(f"a comma or {closing} is missing")
        self._at += 1
        return False

    def _string(self) -> str:
        found = _STRING.match(self._text, self._at)
        if found is None:
            self._refuse_syntax("a text is not closed, or has a bad escape or a control character")
        token = found.group()
        self._at = found.end()
        value = token[1:-1] if "\\" not in token else self._unescape(token)
        if "\x00" in value:
            self._refuse("nul-character", "A text contains the NUL character.")
        return value

    def _unescape(self, token: str) -> str:
        try:
            value: str = orjson.loads(token)
        except orjson.JSONDecodeError:
            self._refuse("not-utf8", "A text contains half of a surrogate pair.")
        return value

    def _integer(self) -> int:
        found = _INTEGER.match(self._text, self._at)
        if found is None:
            self._refuse_syntax("a minus sign stands alone or a digit is none of 0 to 9")
        after = self._text[found.end() : found.end() + 1]
        if after and after in ".eE":
            self._refuse(
                "float",
                "A number has a fraction or an exponent.",
                'Write it as a decimal string, for example "0.95".',
            )
        digits = found.group().removeprefix("-")
        if len(digits) > self._max_digits or int(digits) > MAX_INTEGER:
            self._refuse(
                "number-too-large",
                f"An integer is beyond {MAX_INTEGER}.",
                "Write it as a decimal string.",
            )
        self._at = found.end()
        return int(found.group())

    def _pointer(self) -> str:
        pointer = ""
        for step in self._path:
            name = str(step)
            if not showable(name):
                break
            pointer += pointer_token(name)
        return pointer

    def _refuse_duplicate(self, name: str) -> NoReturn:
        self._path.append(name)
        self._refuse("duplicate-key", "A name stands twice in one object.", "Keep one of them.")

    def _refuse_syntax(self, reason: str) -> NoReturn:
        self._refuse("not-json", f"This is not JSON: {reason}, at character {self._at}.")

    def _refuse(self, code: str, sentence: str, remedy: str = "") -> NoReturn:
        raise EncodingError(sentence, code=code, remedy=remedy, pointer=self._pointer())

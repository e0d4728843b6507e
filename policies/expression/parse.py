"""Text to tree: the grammar of conditions, with CEL's precedence.

::

    or       = and ("||" and)*
    and      = relation ("&&" relation)*
    relation = unary (("==" | "!=" | "<" | "<=" | ">" | ">=" | "in") unary)?
    unary    = "!" unary | primary
    primary  = "(" or ")" | list | text | number | instant | "true" | "false" | call | field
    instant  = "timestamp" "(" text ")"
    call     = ("has" | "size") "(" field ")"

A condition is printable ASCII: facts are, so that a look-alike letter could only ever make a
condition silently false.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ledger.events.names import parse_instant
from policies.errors import PolicyError

if TYPE_CHECKING:
    from datetime import datetime

MOST_CHARACTERS: Final = 2_000
MOST_NODES: Final = 200
DEEPEST: Final = 24

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?)(?![\w.])"
    r"|(?P<text>\"[^\"\\\n]*\"|'[^'\\\n]*')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<sign>\|\||&&|==|!=|<=|>=|<|>|!|\(|\)|\[|\]|,))",
    re.ASCII,
)
_NOT_ASCII: Final = re.compile(r"[^\x20-\x7e]")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", re.ASCII)
_RELATIONS: Final = {"==", "!=", "<", "<=", ">", ">=", "in"}


@dataclass(frozen=True)
class Literal:
    """Text, a number, an instant or a truth value as written."""

    value: str | Decimal | bool | datetime
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Items:
    """A list of literals."""

    items: tuple[Literal, ...]


@dataclass(frozen=True)
class Field:
    """A declared fact, by its dotted path; ``at`` is its character, counted from 1."""

    path: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Call:
    """``has(field)`` or ``size(field)``."""

    name: str
    field: Field


@dataclass(frozen=True)
class Not:
    """``!`` something."""

    part: Node


@dataclass(frozen=True)
class Both:
    """``&&``."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Either:
    """``||``."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Relation:
    """A comparison."""

    sign: str
    left: Node
    right: Node
    at: int = field(default=0, compare=False)


Node = Literal | Items | Field | Call | Not | Both | Either | Relation


def parse(text: str) -> Node:
    """Read a condition.

    Raises:
        PolicyError: it is not one; the sentence names the character, counted from 1.
    """
    if len(text) > MOST_CHARACTERS:
        raise PolicyError(f"A condition has at most {MOST_CHARACTERS} characters.")
    strange = _NOT_ASCII.search(text)
    if strange is not None:
        raise PolicyError(
            f"Character {strange.start() + 1} of the condition is not printable ASCII.",
            code="not-ascii",
            remedy="Facts are ASCII; a letter that only looks like one would never be equal to it.",
        )
    parser = _Parser(_tokens(text))
    node = parser.either(0)
    parser.expect_end()
    return node


def _tokens(text: str) -> list[tuple[str, str, int]]:
    found = []
    place = 0
    stripped = text.rstrip()
    while place < len(stripped):
        match = _TOKEN.match(stripped, place)
        if match is None or match.lastgroup is None:
            raise PolicyError(f"Character {place + 1} of the condition can't be read.")
        found.append((match.lastgroup, match[match.lastgroup], match.start(match.lastgroup) + 1))
        place = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str, int]]) -> None:
        self._tokens = tokens
        self._place = 0
        self._nodes = 0

    def either(self, depth: int) -> Node:
        parts = [self._both(depth)]
        while self._taken("||"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def expect_end(self) -> None:
        if self._place < len(self._tokens):
            raise self._wrong("this is too much")

    def _both(self, depth: int) -> Node:
        parts = [self._relation(depth)]
        while self._taken("&&"):
            parts.append(self._relation(depth))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _relation(self, depth: int) -> Node:
        left = self._unary(depth)
        _, word, place = self._peek()
        if word not in _RELATIONS:
            return left
        self._place += 1
        right = self._unary(depth)
        if self._peek()[1] in _RELATIONS:
            raise self._wrong("comparisons can't be chained")
        return Relation(word, left, right, place)

    def _unary(self, depth: int) -> Node:
        self._count(depth)
        if self._taken("!"):
            return Not(self._unary(depth + 1))
        if self._taken("("):
            inner = self.either(depth + 1)
            self._expect(")")
            return inner
        if self._taken("["):
            return self._items()
        return self._primary()

    def _items(self) -> Node:
        found: list[Literal] = []
        while not self._taken("]"):
            if found:
                self._expect(",")
            item = self._primary()
            if not isinstance(item, Literal):
                raise self._wrong("a list holds only literals")
            found.append(item)
        return Items(tuple(found))

    def _primary(self) -> Node:
        self._count(0)
        group, word, place = self._peek()
        self._place += 1
        if group == "number":
            return Literal(Decimal(word), place)
        if group == "text":
            return Literal(word[1:-1], place)
        if group == "name" and word in {"true", "false"}:
            return Literal(word == "true", place)
        if group == "name" and self._peek()[1] == "(" and word in {"has", "size", "timestamp"}:
            return self._called(word, place)
        if group == "name" and word != "in":
            return Field(word, place)
        self._place -= 1
        raise self._wrong("a value was expected")

    def _called(self, word: str, place: int) -> Node:
        self._expect("(")
        group, inner, at = self._peek()
        wanted = "text" if word == "timestamp" else "name"
        if group != wanted:
            raise self._wrong(f"{'a text' if wanted == 'text' else 'a field'} was expected")
        found: Node = (
            Literal(self._instant(inner[1:-1]), place)
            if wanted == "text"
            else Call(word, Field(inner, at))
        )
        self._place += 1
        self._expect(")")
        return found

    def _instant(self, text: str) -> datetime:
        try:
            if _INSTANT.fullmatch(text):
                return parse_instant(text)
        except ValueError:
            pass
        raise self._wrong("an instant like 2026-11-23T09:00:00Z was expected")

    def _peek(self) -> tuple[str, str, int]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("end", "", 0)

    def _taken(self, sign: str) -> bool:
        group, word, _ = self._peek()
        taken = group == "sign" and word == sign
        self._place += taken
        return taken

    def _expect(self, sign: str) -> None:
        if not self._taken(sign):
            raise self._wrong(f"{sign!r} was expected")

    def _count(self, depth: int) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise PolicyError(f"A condition has at most {MOST_NODES} parts.")
        if depth > DEEPEST:
            raise PolicyError(f"A condition is nested at most {DEEPEST} deep.")

    def _wrong(self, what: str) -> PolicyError:
        group, _, place = self._peek()
        where = "At the end" if group == "end" else f"At character {place}"
        return PolicyError(f"{where} of the condition {what}.")

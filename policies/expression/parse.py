"""Text to tree: the grammar of conditions, with CEL's precedence.

::

    or       = and ("||" and)*
    and      = relation ("&&" relation)*
    relation = unary (("==" | "!=" | "<" | "<=" | ">" | ">=" | "in") unary)?
    unary    = "!" unary | primary
    primary  = "(" or ")" | list | text | number | "true" | "false" | call | field
    call     = ("has" | "size") "(" field ")"
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from policies.errors import PolicyError

MOST_CHARACTERS: Final = 2_000
MOST_NODES: Final = 200
DEEPEST: Final = 24

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?)(?![\w.])"
    r"|(?P<text>\"[^\"\\\n]*\"|'[^'\\\n]*')"
    r"|(?P<name>[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*)"
    r"|(?P<sign>\|\||&&|==|!=|<=|>=|<|>|!|\(|\)|\[|\]|,))",
    re.ASCII,
)
_RELATIONS: Final = {"==", "!=", "<", "<=", ">", ">=", "in"}


@dataclass(frozen=True)
class Literal:
    """Text, a number or a truth value as written."""

    value: str | Decimal | bool


@dataclass(frozen=True)
class Items:
    """A list of literals."""

    items: tuple[Literal, ...]


@dataclass(frozen=True)
class Field:
    """A declared fact, by its dotted path."""

    path: str


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


Node = Literal | Items | Field | Call | Not | Both | Either | Relation


def parse(text: str) -> Node:
    """Read a condition.

    Raises:
        PolicyError: it is not one; the sentence names the character, counted from 1.
    """
    if len(text) > MOST_CHARACTERS:
        raise PolicyError(f"A condition has at most {MOST_CHARACTERS} characters.")
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
        _, word, _ = self._peek()
        if word not in _RELATIONS:
            return left
        self._place += 1
        right = self._unary(depth)
        if self._peek()[1] in _RELATIONS:
            raise self._wrong("comparisons can't be chained")
        return Relation(word, left, right)

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
        group, word, _ = self._peek()
        self._place += 1
        if group == "number":
            return Literal(Decimal(word))
        if group == "text":
            return Literal(word[1:-1])
        if group == "name" and word in {"true", "false"}:
            return Literal(word == "true")
        if group == "name" and word in {"has", "size"} and self._peek()[1] == "(":
            self._expect("(")
            group, path, _ = self._peek()
            if group != "name":
                raise self._wrong("a field was expected")
            self._place += 1
            self._expect(")")
            return Call(word, Field(path))
        if group == "name" and word != "in":
            return Field(word)
        self._place -= 1
        raise self._wrong("a value was expected")

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

"""Random conditions in our writing and in that of Google's CEL, with random facts for both.

Where the two writings differ: CEL wants numbers with a point where they are doubles; a dotted
variable can't be asked for by ``has``, so that a truth of its own stands for it. Numbers are
multiples of an eighth, which decimals and doubles hold alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random  # noqa: TID251 (no secret)
from typing import TYPE_CHECKING, Any, Final

from cel_expr_python import cel

from policies.errors import PolicyError
from policies.expression.check import check_condition
from policies.expression.parse import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from policies.expression.check import Type
    from policies.expression.evaluate import Condition, Value
    from policies.expression.parse import Node

FIELDS: Final[dict[str, Type]] = {
    "m.one": "number", "m.two": "number", "m.three": "number",
    "t.one": "text", "t.two": "text", "t.three": "text",
    "b.one": "truth", "b.two": "truth",
    "l.one": "texts", "l.two": "texts",
    "i.one": "instant", "i.two": "instant",
}  # fmt: skip
TYPES: Final = ("number", "text", "truth", "texts", "instant")
WORDS: Final = ("red", "green", "blue", "a b", "it's", "")
START: Final = datetime(2026, 11, 20, 9, tzinfo=UTC)
RELATIONS: Final = ("==", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Written:
    """A condition in both writings."""

    ours: str
    cels: str


@cache
def environment() -> Any:
    """CEL's declarations of the same fields, and of whether each is known."""
    kinds = {
        "number": cel.Type.DOUBLE,
        "text": cel.Type.STRING,
        "truth": cel.Type.BOOL,
        "texts": cel.Type.List(cel.Type.STRING),
        "instant": cel.Type.TIMESTAMP,
    }
    variables = {path: kinds[kind] for path, kind in FIELDS.items()}
    variables |= {f"known.{path}": cel.Type.BOOL for path in FIELDS}
    return cel.NewEnv(variables=variables)


class Conditions:
    """Random conditions; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def condition(self, depth: int = 4) -> Written:
        """A well-typed condition."""
        chance = self.random.random()
        if depth and chance < 0.55:
            sign = self.random.choice(("&&", "||"))
            parts = [self.condition(depth - 1) for _ in range(self.random.choice((2, 2, 2, 3)))]
            return self._together(sign, parts)
        if depth and chance < 0.7:
            part = self.condition(depth - 1)
            while "has(" in part.ours:  # refused by ours: what is recorded must never do harm
                part = self.condition(depth - 1)
            return Written(f"!({part.ours})", f"!({part.cels})")
        return self._leaf()

    def wrong(self) -> Written:
        """A condition in which one thing has a type that does not fit."""
        leaf = self._wrong_leaf()
        for _ in range(self.random.randrange(3)):
            other = self.condition(1)
            leaf = self._together(self.random.choice(("&&", "||")), [leaf, other])
        return leaf

    def facts(self) -> dict[str, Value]:
        """Some facts; about a third is not known."""
        known = {path: kind for path, kind in FIELDS.items() if self.random.random() < 0.66}
        return {path: self._value(kind) for path, kind in known.items()}

    def _together(self, sign: str, parts: list[Written]) -> Written:
        ours = f" {sign} ".join(f"({part.ours})" for part in parts)
        return Written(ours, f" {sign} ".join(f"({part.cels})" for part in parts))

    def _leaf(self) -> Written:
        made: Callable[[], Written] = self.random.choice(
            (self._compared, self._compared, self._equal, self._among, self._within, self._truth,
             self._has, self._size)
        )  # fmt: skip
        return made()

    def _field(self, kind: str) -> str:
        return self.random.choice([path for path, found in FIELDS.items() if found == kind])

    def _literal(self, kind: str) -> Written:
        value = self._value(kind)
        return Written(_ours(value), _cels(value))

    def _value(self, kind: str) -> Any:
        if kind == "number":
            return Decimal(self.random.randrange(-16, 17)) / 8
        if kind == "text":
            return self.random.choice(WORDS)
        if kind == "truth":
            return self.random.random() < 0.5
        if kind == "texts":
            return tuple(self.random.sample(WORDS, self.random.randrange(4)))
        return START + timedelta(hours=self.random.randrange(-3, 4))

    def _compared(self) -> Written:
        kind = self.random.choice(("number", "number", "instant"))
        sign = self.random.choice(RELATIONS)
        left = self._field(kind)
        if self.random.random() < 0.3:
            right = self._field(kind)
            return Written(f"{left} {sign} {right}", f"{left} {sign} {right}")
        right_literal = self._literal(kind)
        return Written(f"{left} {sign} {right_literal.ours}", f"{left} {sign} {right_literal.cels}")

    def _equal(self) -> Written:
        kind = self.random.choice(("text", "text", "truth"))
        left, sign, right = self._field(kind), self.random.choice(("==", "!=")), self._literal(kind)
        return Written(f"{left} {sign} {right.ours}", f"{left} {sign} {right.cels}")

    def _among(self) -> Written:
        words = self.random.sample(WORDS, self.random.randrange(1, 4))
        ours = f"{self._field('text')} in [{', '.join(map(_ours, words))}]"
        return Written(
            ours, f"{ours.split(' in ', maxsplit=1)[0]} in [{', '.join(map(_cels, words))}]"
        )

    def _within(self) -> Written:
        word, field = self.random.choice(WORDS), self._field("texts")
        return Written(f"{_ours(word)} in {field}", f"{_cels(word)} in {field}")

    def _truth(self) -> Written:
        field = self._field("truth")
        return Written(field, field)

    def _has(self) -> Written:
        field = self.random.choice(list(FIELDS))
        return Written(f"has({field})", f"known.{field}")

    def _size(self) -> Written:
        text = (
            f"size({self._field('texts')}) {self.random.choice(RELATIONS)}"
            f" {self.random.randrange(4)}"
        )
        return Written(text, text)

    def _wrong_leaf(self) -> Written:
        one, other = self.random.sample(TYPES, 2)
        left, right = self._field(one), self._field(other)
        literal = self._literal(self.random.choice([k for k in ("number", "text") if k != one]))
        return self.random.choice(
            (
                Written(f"{left} == {right}", f"{left} == {right}"),
                Written(f"{left} < {literal.ours}", f"{left} < {literal.cels}"),
                Written(f"!{self._field('number')}", f"!{self._field('number')}"),
                Written(f"{self._field('text')} && true", f"{self._field('text')} && true"),
                Written(f"size({self._field('number')}) > 1", f"size({self._field('number')}) > 1"),
                Written(f"1 in {self._field('texts')}", f"1.0 in {self._field('texts')}"),
                Written("m.four > 1", "m.four > 1.0"),
                Written(f"{self._field('number')} in ['a']", f"{self._field('number')} in ['a']"),
            )
        )


def checked(text: str) -> Node | None:
    """Our reading of a condition; None where it is refused."""
    try:
        node = parse(text)
        check_condition(node, FIELDS)
    except PolicyError:
        return None
    return node


def compiled_by_cel(text: str) -> Any:
    """CEL's reading; None where it is refused, or is no truth."""
    try:
        found = environment().compile(text)
    except RuntimeError:
        return None
    return found if found.return_type().name() == "BOOL" else None


def answer_of_cel(program: Any, facts: dict[str, Value]) -> bool | None:
    """True, false, or None: an error of CEL is a value whose text would be true."""
    data = {path: _python(value) for path, value in facts.items()}
    data |= {f"known.{path}": path in facts for path in FIELDS}
    found = program.eval(data=data)
    return found.value() if found.type() == cel.Type.BOOL else None


def disagreements(seed: int, number: int, compile_ours: Callable[[Node], Condition]) -> list[str]:
    """The conditions, of so many, about which the two differ; each is asked three times."""
    conditions, found = Conditions(seed), []
    for _ in range(number // 3):
        written = conditions.condition()
        node, program = checked(written.ours), compiled_by_cel(written.cels)
        if node is None or program is None:
            found.append(f"refused: {written.ours}")
            continue
        ours = compile_ours(node)
        for _ in range(3):
            facts = conditions.facts()
            if ours(facts.get) is not answer_of_cel(program, facts):
                found.append(f"{written.ours} with {facts}")
    return found


def _python(value: Value) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return list(value) if isinstance(value, tuple) else value


def _ours(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"timestamp('{value:%Y-%m-%dT%H:%M:%SZ}')"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _cels(value: Any) -> str:
    return str(float(value)) if isinstance(value, Decimal) else _ours(value)

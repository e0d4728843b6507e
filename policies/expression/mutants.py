"""Conditions with one thing changed: what a test of them must be able to tell apart.

Each comparison takes the other side of its boundary, each number moves by one in its last place,
each part of an ``&&`` or ``||`` and each item of a list is left out, each ``!`` is dropped, and
each plain truth is turned round.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.expression.parse import Both, Call, Either, Field, Items, Literal, Not, Relation
from policies.expression.write import write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policies.expression.parse import Node

    Mutant = tuple[str, Node]

_FLIPPED: Final = {">=": ">", ">": ">=", "<=": "<", "<": "<=", "==": "!=", "!=": "=="}


def mutants(node: Node) -> Iterator[Mutant]:
    """Every mutant of a condition, with what was changed."""
    if isinstance(node, Field):
        yield f"{node.path} turned round", Not(node)
    elif isinstance(node, Not):
        yield f"! left out before {write(node.part)}", node.part
        for what, part in _inner(node.part):
            yield what, Not(part)
    elif isinstance(node, (Both, Either)):
        yield from _parts(node)
    elif isinstance(node, Relation):
        yield from _relation(node)
    elif isinstance(node, Call):
        yield f"{write(node)} turned round", Not(node)


def _inner(node: Node) -> Iterator[Mutant]:
    """Below a ``!``: what turns the whole round was done by dropping it."""
    if not isinstance(node, (Field, Call)):
        yield from mutants(node)


def _parts(node: Both | Either) -> Iterator[Mutant]:
    made = type(node)
    for at, part in enumerate(node.parts):
        rest = (*node.parts[:at], *node.parts[at + 1 :])
        yield f"{write(part)} left out", rest[0] if len(rest) == 1 else made(rest)
        for what, other in mutants(part):
            yield what, made((*node.parts[:at], other, *node.parts[at + 1 :]))


def _relation(node: Relation) -> Iterator[Mutant]:
    text = write(node)
    if node.sign == "in":
        yield f"{text} turned round", Not(node)
    else:
        other = _FLIPPED[node.sign]
        yield f"{text} with {other}", replace(node, sign=other)
    for what, left in _values(text, node.left):
        yield what, replace(node, left=left)
    for what, right in _values(text, node.right):
        yield what, replace(node, right=right)


def _values(text: str, value: Node) -> Iterator[Mutant]:
    """One side of a comparison: a number moved, an item of a list left out."""
    if isinstance(value, Literal) and isinstance(value.value, Decimal):
        for moved in _moved(value.value):
            yield f"{text} with {moved:f}", Literal(moved, value.at)
    elif isinstance(value, Items) and len(value.items) > 1:
        for at, item in enumerate(value.items):
            fewer = Items((*value.items[:at], *value.items[at + 1 :]))
            yield f"{item.value} left out of the list", fewer


def _moved(value: Decimal) -> tuple[Decimal, Decimal]:
    exponent = value.as_tuple().exponent
    unit = Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(1)
    return value + unit, value - unit

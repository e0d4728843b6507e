"""Worlds: every combination of facts that a set of conditions can tell apart.

A condition compares facts with what is written in it, so finitely many values of each fact stand
for all of them: each written value, one beside it, and one between every two. What is true in every
world is true always; what is true in none can never be.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import combinations, product
from math import prod
from typing import TYPE_CHECKING, Any, Final

from policies.expression.parse import Call, Field, Items, Literal, Not, Relation
from policies.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from policies.expression.check import Type
    from policies.expression.evaluate import Value
    from policies.expression.parse import Node

    World = dict[str, Value]

MOST: Final = 20_000
COUNTS: Final = frozenset(
    {
        "delegation.days",
        "directory.administrators",
        "evaluation.age_days",
        "exception.minutes",
        "exception.review_days",
        "exception.uses",
        "grant.days",
        "reviews.access_overdue",
        "reviews.overdue",
        "reviews.overdue_here",
    }
)
"""Facts that are whole numbers from 0 on."""
_OTHER: Final = "something-else"
_MOST_TEXTS: Final = 4
_LONGEST: Final = 12


class TooManyError(Exception):
    """There are more worlds than can be looked through."""


def worlds(
    nodes: Iterable[Node],
    types: Mapping[str, Type],
    values: Mapping[str, Collection[str]],
    *,
    unknown: bool = False,
) -> list[World]:
    """Every world that the conditions can tell apart; with ``unknown``, also of unknown facts.

    Raises:
        TooManyError: more than ``MOST``.
    """
    written: dict[str, set[Any]] = {}
    sizes: dict[str, set[int]] = {}
    for node in nodes:
        _collect(node, written, sizes)
    choices = {
        path: _values(path, types[path], found, sizes.get(path, set()), values.get(path))
        for path, found in written.items()
    }
    if unknown:
        choices = {path: [*found, None] for path, found in choices.items()}
    if prod(len(found) for found in choices.values()) > MOST:
        raise TooManyError
    return [dict(zip(choices, chosen, strict=True)) for chosen in product(*choices.values())]


def _collect(node: Node, written: dict[str, set[Any]], sizes: dict[str, set[int]]) -> None:
    if isinstance(node, Field):
        written.setdefault(node.path, set())
    elif isinstance(node, Call):
        written.setdefault(node.field.path, set())
    elif isinstance(node, Not):
        _collect(node.part, written, sizes)
    elif isinstance(node, Relation):
        _collect(node.left, written, sizes)
        _collect(node.right, written, sizes)
        _compared(node.left, node.right, written, sizes)
        _compared(node.right, node.left, written, sizes)
    elif not isinstance(node, (Literal, Items)):
        for part in node.parts:
            _collect(part, written, sizes)


def _compared(
    one: Node, other: Node, written: dict[str, set[Any]], sizes: dict[str, set[int]]
) -> None:
    said = {item.value for item in other.items} if isinstance(other, Items) else set()
    if isinstance(other, Literal):
        said = {other.value}
    if isinstance(one, Field):
        written[one.path] |= said
        if isinstance(other, Field):
            shared = written[one.path] | written[other.path]
            written[one.path], written[other.path] = set(shared), set(shared)
    elif isinstance(one, Call) and one.name == "size":
        numbers = {int(item) for item in said if isinstance(item, Decimal)}
        sizes.setdefault(one.field.path, set()).update(numbers)


def _values(
    path: str, kind: Type, written: set[Any], sizes: set[int], known: Collection[str] | None
) -> list[Value]:
    if kind == "truth":
        return [True, False]
    if kind == "number":
        numbers = _numbers(sorted(written))
        return [one for one in numbers if path not in COUNTS or _is_count(one)]
    if kind == "instant":
        return list(_instants(sorted(written)))
    if kind == "text":
        open_ended = not known or (path in FIELDS and FIELDS[path].holds_roles)
        texts = [*sorted(known or written), *([_OTHER] if open_ended else [])]
        return [*texts, *("x" * size for size in sorted(_near(sizes)))]
    return list(_lists(sorted(written), sizes))


def _is_count(value: Decimal) -> bool:
    return value >= 0 and value == value.to_integral_value()


def _numbers(written: list[Decimal]) -> Iterator[Decimal]:
    if not written:
        yield from (Decimal(0), Decimal(1))
        return
    yield written[0] - 1
    for number, one in enumerate(written):
        yield one
        yield (one + written[number + 1]) / 2 if number + 1 < len(written) else one + 1


def _instants(written: list[datetime]) -> Iterator[Value]:
    if not written:
        yield datetime.fromisoformat("2026-01-01T00:00:00+00:00")
        return
    for one in written:
        yield from (one - timedelta(seconds=1), one, one + timedelta(seconds=1))


def _near(sizes: set[int]) -> set[int]:
    near = {size + by for size in sizes for by in (-1, 0, 1)}
    return {size for size in near if 0 <= size <= _LONGEST}


def _lists(written: list[str], sizes: set[int]) -> Iterator[Value]:
    """Every choice of the written texts, filled up to every length that matters."""
    if len(written) > _MOST_TEXTS:
        raise TooManyError
    for number in range(len(written) + 1):
        for chosen in combinations(written, number):
            for length in sorted({number, number + 1} | _near(sizes)):
                if length >= number:
                    fillers = (f"{_OTHER}-{at}" for at in range(length - number))
                    yield (*chosen, *fillers)

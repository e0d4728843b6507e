"""Three-valued evaluation: true, false, or None for not known.

A condition is compiled once into nested functions of the facts. ``facts(path)`` gives a value or
None where it is not known. Not known never makes a check true; it spreads except where the other
side settles the answer (false && unknown is false, true || unknown is true).
"""

from __future__ import annotations

from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any, Final

from policies.expression.parse import (
    Both,
    Call,
    Either,
    Field,
    Items,
    Literal,
    Node,
    Not,
    Relation,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    Value = str | Decimal | bool | datetime | tuple[str, ...] | None
    Facts = Callable[[str], Value]
    Condition = Callable[[Facts], bool | None]
    Term = Callable[[Facts], Any]

_SIGNS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "in": lambda left, right: left in right,
}


def compile_condition(node: Node) -> Condition:
    """A function of the facts that answers a checked condition."""
    return _term(node)


def _term(node: Node) -> Term:  # noqa: PLR0911 (one return per kind of node)
    if isinstance(node, Field):
        path = node.path
        return lambda facts: facts(path)
    if isinstance(node, Call):
        return _call(node)
    if isinstance(node, Relation):
        return _relation(node)
    if isinstance(node, Not):
        return _negation(_term(node.part))
    if isinstance(node, Both):
        return _settled_by(False, [_term(part) for part in node.parts])
    if isinstance(node, Either):
        return _settled_by(True, [_term(part) for part in node.parts])
    value = _written(node)

    def constant(facts: Facts) -> Any:
        del facts
        return value

    return constant


def _written(node: Items | Literal) -> Any:
    """What stands in the policy."""
    if isinstance(node, Items):
        return tuple(item.value for item in node.items)
    return node.value


def _call(node: Call) -> Term:
    path = node.field.path
    if node.name == "has":
        return lambda facts: facts(path) is not None

    def size(facts: Facts) -> Decimal | None:
        value = facts(path)
        return Decimal(len(value)) if isinstance(value, (str, tuple)) else None

    return size


def _relation(node: Relation) -> Term:
    compare = _SIGNS[node.sign]
    if isinstance(node.left, Field) and isinstance(node.right, (Items, Literal)):
        return _compared(node.left.path, compare, _written(node.right))
    left, right = _term(node.left), _term(node.right)

    def answer(facts: Facts) -> bool | None:
        one, other = left(facts), right(facts)
        return None if one is None or other is None else bool(compare(one, other))

    return answer


# Nearly every relation is one of these, and each gate asks several.
def _compared(path: str, compare: Callable[[Any, Any], bool], value: Any) -> Term:
    """A fact compared with what stands in the policy; the two usual signs without a call."""
    if compare is eq:
        return lambda facts: None if (found := facts(path)) is None else bool(found == value)
    if compare is _SIGNS["in"]:
        return lambda facts: None if (found := facts(path)) is None else found in value

    def answer(facts: Facts) -> bool | None:
        found = facts(path)
        return None if found is None else bool(compare(found, value))

    return answer


def _negation(part: Term) -> Term:
    def answer(facts: Facts) -> bool | None:
        found = part(facts)
        return None if found is None else not bool(found)

    return answer


def _settled_by(settling: bool, parts: list[Term]) -> Term:
    def answer(facts: Facts) -> bool | None:
        known = True
        for part in parts:
            found = part(facts)
            if found is None:
                known = False
            elif bool(found) is settling:
                return settling
        return not settling if known else None

    return answer

"""What a plain comparison measured, so that a refusal can name the number and the limit.

A check is plain where it is a comparison of one field with a number, or several of these joined by
``&&``. What is more involved is explained by its own sentence only.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Final

from policies.expression.parse import Both, Field, Literal, Relation
from policies.fields import DIFFERENCE_PREFIX, DRIFT_PREFIX, FIELDS, METRIC_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from policies.expression.evaluate import Facts
    from policies.expression.parse import Node

_TURNED: Final = {">=": "<=", ">": "<", "<=": ">=", "<": ">"}
_SIGNS: Final[dict[str, Callable[[Decimal, Decimal], bool]]] = {
    ">=": ge,
    ">": gt,
    "<=": le,
    "<": lt,
}


@dataclass(frozen=True)
class Limit:
    """``path`` must be at least, more than, at most or less than ``need``."""

    path: str
    sign: str
    need: Decimal

    @property
    def code(self) -> str:
        """The code of a result that breaks the limit."""
        return "E_BELOW" if self.sign in {">=", ">"} else "E_ABOVE"

    def broken_by(self, facts: Facts) -> Decimal | None:
        """The value, where it is known and breaks the limit."""
        value = facts(self.path)
        if not isinstance(value, Decimal) or _SIGNS[self.sign](value, self.need):
            return None
        return value


def limits_of(node: Node) -> tuple[Limit, ...]:
    """The limits of a plain check; none where it is not plain."""
    parts = node.parts if isinstance(node, Both) else (node,)
    found = [_limit(part) for part in parts]
    known = tuple(limit for limit in found if limit is not None)
    return known if len(known) == len(found) else ()


def shown(value: Decimal) -> str:
    """A number without an exponent."""
    return format(value, "f")


def label(path: str) -> str:
    """How a sentence calls a field: a metric by its name, any other fact by its path."""
    if path.startswith(DIFFERENCE_PREFIX):
        return f"the difference in {path.removeprefix(DIFFERENCE_PREFIX)} from what runs now"
    if path.startswith(DRIFT_PREFIX):
        return f"the drift of {path.removeprefix(DRIFT_PREFIX)} since approval"
    return path if path in FIELDS else path.removeprefix(METRIC_PREFIX)


def _limit(node: Node) -> Limit | None:
    if not isinstance(node, Relation) or node.sign not in _SIGNS:
        return None
    left, right, sign = node.left, node.right, node.sign
    if isinstance(left, Literal):
        left, right, sign = right, left, _TURNED[sign]
    if not isinstance(left, Field) or not isinstance(right, Literal):
        return None
    return Limit(left.path, sign, right.value) if isinstance(right.value, Decimal) else None

"""Types of conditions: every field is declared, and only like is compared with like.

A field that can hold only certain texts (a task, a risk tier, a role) is compared with these only,
so that a misspelt one is refused instead of never being equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from policies.errors import PolicyError, did_you_mean
from policies.expression.parse import Both, Call, Either, Field, Items, Node, Not, Relation
from policies.expression.parse import Literal as Written

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from decimal import Decimal

Type = Literal["text", "number", "truth", "texts", "instant"]
_ORDERED: frozenset[Type] = frozenset({"number", "instant"})


def check_condition(
    node: Node,
    fields: Mapping[str, Type],
    values: Mapping[str, Collection[str]] | None = None,
) -> None:
    """Check that a condition is true or false, over declared fields.

    ``values`` holds, for some of the fields, the only texts that they can hold.

    Raises:
        PolicyError: an unknown field or text, or types that don't fit.
    """
    _Checker(fields, values or {}).check(node)


@dataclass(frozen=True)
class _Checker:
    fields: Mapping[str, Type]
    values: Mapping[str, Collection[str]] = field(default_factory=dict)

    def check(self, node: Node) -> None:
        if self._type(node) != "truth":
            raise PolicyError("A condition must be true or false.", code="wrong-type")

    def _type(self, node: Node) -> Type:  # noqa: PLR0911 (one return per kind of node)
        if isinstance(node, Field):
            return self._field(node)
        if isinstance(node, Call):
            return self._call(node)
        if isinstance(node, Relation):
            return self._relation(node)
        if isinstance(node, Not):
            return self._negation(node)
        if isinstance(node, (Both, Either)):
            for part in node.parts:
                self._must_be_truth(part)
            return "truth"
        if isinstance(node, Items):
            return _items(node)
        return _literal(node.value)

    def _field(self, node: Field) -> Type:
        found = self.fields.get(node.path)
        if found is None:
            raise PolicyError(
                f"There is no field {node.path} (character {node.at}).",
                code="unknown-field",
                remedy=did_you_mean(node.path, self.fields),
            )
        return found

    def _call(self, node: Call) -> Type:
        kind = self._field(node.field)
        if node.name == "has":
            return "truth"
        if kind not in {"text", "texts"}:
            raise PolicyError(
                f"size() takes text or a list; {node.field.path} is a {kind}.", code="wrong-type"
            )
        return "number"

    def _negation(self, node: Not) -> Type:
        if isinstance(node.part, Call) and node.part.name == "has":
            raise PolicyError(
                "!has() would be met by forgetting to record something.",
                remedy="Ask for what must be there.",
            )
        self._must_be_truth(node.part)
        return "truth"

    def _relation(self, node: Relation) -> Type:
        left, right = self._type(node.left), self._type(node.right)
        if node.sign == "in":
            fits = left == "text" and right == "texts"
        elif node.sign in {"==", "!="}:
            fits = left == right and left != "texts"
        else:
            fits = left == right and left in _ORDERED
        if not fits:
            raise PolicyError(
                f"{left} {node.sign} {right} can't be compared (character {node.at}).",
                code="wrong-type",
            )
        self._must_be_possible(node.left, node.right)
        self._must_be_possible(node.right, node.left)
        return "truth"

    def _must_be_possible(self, one: Node, other: Node) -> None:
        """Refuse a text that the field it is compared with can never hold."""
        known = self.values.get(one.path) if isinstance(one, Field) else None
        if known is None or not isinstance(one, Field):
            return
        for written in other.items if isinstance(other, Items) else (other,):
            if isinstance(written, Written) and written.value not in known:
                raise PolicyError(
                    f"{one.path} is never {str(written.value)!r} (character {written.at}).",
                    code="unknown-value",
                    remedy=did_you_mean(str(written.value), known)
                    or f"It is one of: {', '.join(sorted(known))}.",
                )

    def _must_be_truth(self, node: Node) -> None:
        if self._type(node) != "truth":
            raise PolicyError("!, && and || take conditions.", code="wrong-type")


def _literal(value: str | Decimal | bool | datetime) -> Type:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, datetime):
        return "instant"
    return "text" if isinstance(value, str) else "number"


def _items(node: Items) -> Type:
    if not node.items or any(not isinstance(item.value, str) for item in node.items):
        raise PolicyError("A list in a condition holds texts, at least one.", code="wrong-type")
    return "texts"

"""Types of conditions: every field is declared, and only like is compared with like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from policies.errors import PolicyError, did_you_mean
from policies.expression.parse import Both, Call, Either, Field, Items, Node, Not, Relation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

Type = Literal["text", "number", "truth", "texts"]


def check_condition(node: Node, fields: Mapping[str, Type]) -> None:
    """Check that a condition is true or false, over declared fields.

    Raises:
        PolicyError: an unknown field, or types that don't fit.
    """
    if _type(node, fields) != "truth":
        raise PolicyError("A condition must be true or false.")


def _type(  # noqa: PLR0911 (one return per kind of node)
    node: Node, fields: Mapping[str, Type]
) -> Type:
    if isinstance(node, Field):
        return _field(node, fields)
    if isinstance(node, Call):
        return _call(node, fields)
    if isinstance(node, Relation):
        return _relation(node, fields)
    if isinstance(node, Not):
        if isinstance(node.part, Call) and node.part.name == "has":
            raise PolicyError(
                "!has() would be met by forgetting to record something.",
                remedy="Ask for what must be there.",
            )
        _must_be_truth(node.part, fields)
        return "truth"
    if isinstance(node, (Both, Either)):
        for part in node.parts:
            _must_be_truth(part, fields)
        return "truth"
    if isinstance(node, Items):
        return _items(node)
    return _literal(node.value)


def _literal(value: str | Decimal | bool) -> Type:
    if isinstance(value, bool):
        return "truth"
    return "text" if isinstance(value, str) else "number"


def _items(node: Items) -> Type:
    if not node.items or any(not isinstance(item.value, str) for item in node.items):
        raise PolicyError("A list in a condition holds texts, at least one.")
    return "texts"


def _field(node: Field, fields: Mapping[str, Type]) -> Type:
    found = fields.get(node.path)
    if found is None:
        raise PolicyError(
            f"There is no field {node.path}.",
            code="unknown-field",
            remedy=did_you_mean(node.path, fields),
        )
    return found


def _call(node: Call, fields: Mapping[str, Type]) -> Type:
    kind = _field(node.field, fields)
    if node.name == "has":
        return "truth"
    if kind not in {"text", "texts"}:
        raise PolicyError(f"size() takes text or a list; {node.field.path} is a {kind}.")
    return "number"


def _relation(node: Relation, fields: Mapping[str, Type]) -> Type:
    left, right = _type(node.left, fields), _type(node.right, fields)
    if node.sign == "in":
        fits = left == "text" and right == "texts"
    elif node.sign in {"==", "!="}:
        fits = left == right and left != "texts"
    else:
        fits = left == right == "number"
    if not fits:
        raise PolicyError(f"{left} {node.sign} {right} can't be compared.", code="wrong-type")
    return "truth"


def _must_be_truth(node: Node, fields: Mapping[str, Type]) -> None:
    if _type(node, fields) != "truth":
        raise PolicyError("!, && and || take conditions.", code="wrong-type")

"""Tree to text: a condition written out again, so that reading it gives the same tree."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ledger.events.names import format_instant
from policies.expression.parse import Both, Call, Either, Field, Items, Literal, Not, Relation

if TYPE_CHECKING:
    from policies.expression.parse import Node


def write(node: Node) -> str:  # noqa: PLR0911 (one return per kind of node)
    """The text of a condition."""
    if isinstance(node, Field):
        return node.path
    if isinstance(node, Call):
        return f"{node.name}({node.field.path})"
    if isinstance(node, Not):
        return f"!({write(node.part)})"
    if isinstance(node, Both):
        return " && ".join(_grouped(part) for part in node.parts)
    if isinstance(node, Either):
        return " || ".join(_grouped(part) for part in node.parts)
    if isinstance(node, Relation):
        return f"{_grouped(node.left)} {node.sign} {_grouped(node.right)}"
    if isinstance(node, Items):
        return f"[{', '.join(_literal(item) for item in node.items)}]"
    return _literal(node)


def _grouped(node: Node) -> str:
    text = write(node)
    return f"({text})" if isinstance(node, (Both, Either, Relation)) else text


def _literal(literal: Literal) -> str:
    value = literal.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return f'timestamp("{format_instant(value)}")'
    return f"'{value}'" if '"' in value else f'"{value}"'

"""Which entries to find, as conditions on columns, each with the index that serves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from ledger.store.tables import HAS_ENVIRONMENT, HAS_VERSION, REFUSED, entry

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement

    from ledger.store.entries import Filter


@dataclass(frozen=True)
class Condition:
    """What some columns must be, by an index of its own or by none.

    ``narrow`` are the words of an index that holds a part of the entries: it is used only where the
    query itself says that it wants no others.
    """

    equal: tuple[tuple[Column[Any], str], ...]
    narrow: tuple[ColumnElement[bool], ...] = ()
    indexed: bool = True

    def by_index(self) -> list[ColumnElement[bool]]:
        """As an index may serve it."""
        return [*(column == value for column, value in self.equal), *self.narrow]

    def by_row(self) -> list[ColumnElement[bool]]:
        """As SQLite serves it from the rows that another index gives: a plus hides the column."""
        return [_plus(column) == value for column, value in self.equal]


def conditions_of(wanted: Filter, kind: str = "") -> list[Condition]:
    """What the columns must be, what is likely to be rare first; times are asked for apart."""
    of = entry.c
    found = []
    if wanted.version:
        model = ((of.model, wanted.model),) if wanted.model else ()
        found.append(Condition((*model, (of.version, wanted.version)), (HAS_VERSION,)))
    elif wanted.model:
        found.append(Condition(((of.model, wanted.model),)))
    if wanted.outcome:
        refused = wanted.outcome == "deny"
        narrow = (REFUSED,) if refused else ()
        found.append(Condition(((of.outcome, wanted.outcome),), narrow, indexed=refused))
    if kind:
        found.append(Condition(((of.kind, kind),)))
    if wanted.actor:
        found.append(Condition(((of.actor, wanted.actor),)))
    if wanted.environment:
        found.append(Condition(((of.environment, wanted.environment),), (HAS_ENVIRONMENT,)))
    return found


def _plus(column: Column[Any]) -> ColumnElement[Any]:
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)

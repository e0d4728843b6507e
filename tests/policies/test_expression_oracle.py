"""Conditions against Google's CEL: the same answers and the same refusals; broken twins are caught.

``COUNTERSEAL_ORACLE_CASES`` asks for more than the 21,000 of every run.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from policies.expression import evaluate
from policies.expression.evaluate import compile_condition
from policies.expression.parse import Both, Relation
from tests.policies.cel import Conditions, checked, compiled_by_cel, disagreements

if TYPE_CHECKING:
    from policies.expression.parse import Node

CASES = int(os.environ.get("COUNTERSEAL_ORACLE_CASES", "21000"))
WRONG = 3_000


def test_every_condition_is_answered_as_cel_answers_it() -> None:
    assert disagreements(1, CASES, compile_condition)[:5] == []


def test_what_does_not_fit_is_refused_by_both() -> None:
    conditions = Conditions(2)
    differ = []
    for _ in range(WRONG):
        written = conditions.wrong()
        if checked(written.ours) is not None or compiled_by_cel(written.cels) is not None:
            differ.append(written)
    assert differ[:5] == []


def twin_of_and(node: Node) -> Any:
    """And that gives up as soon as something is not known, though another part is false."""
    if not isinstance(node, Both):
        return None
    parts = [compile_condition(part) for part in node.parts]

    def answer(facts: Any) -> bool | None:
        found = [part(facts) for part in parts]
        return None if None in found else all(found)

    return answer


def twin_of_less(node: Node) -> Any:
    """Less that takes equal for less."""
    if not isinstance(node, Relation) or node.sign != "<":
        return None
    return compile_condition(Relation("<=", node.left, node.right))


def twin_of_in(node: Node) -> Any:
    """In that takes what is not known for not among them."""
    if not isinstance(node, Relation) or node.sign != "in":
        return None
    right = compile_condition(node)
    return lambda facts: bool(right(facts))


@pytest.mark.parametrize("twin", [twin_of_and, twin_of_less, twin_of_in])
def test_a_broken_twin_is_caught(twin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    term = evaluate._term

    def broken(node: Node) -> Any:
        monkeypatch.setattr(evaluate, "_term", term)
        try:
            found = twin(node)
        finally:
            monkeypatch.setattr(evaluate, "_term", broken)
        return found or term(node)

    monkeypatch.setattr(evaluate, "_term", broken)
    assert len(disagreements(3, 3_000, compile_condition)) > 10

"""Conditions: their grammar, their types, and their three values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import PolicyError
from policies.expression.check import check_condition
from policies.expression.evaluate import compile_condition
from policies.expression.parse import parse

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
FIELDS = {
    "at": "instant",
    "n": "number",
    "m.x": "number",
    "t": "text",
    "l": "texts",
    "b": "truth",
    "c": "truth",
}


def answer(text: str, **facts: object):  # noqa: ANN201
    node = parse(text)
    check_condition(node, FIELDS)
    return compile_condition(node)({key.replace("_", "."): v for key, v in facts.items()}.get)


@pytest.mark.parametrize(
    ("text", "facts", "expected"),
    [
        ("n >= 0.90", {"n": Decimal("0.9")}, True),
        ("n >= -1.5", {"n": Decimal("-1.5")}, True),
        ("n > 0.1 && n < 0.3", {"n": Decimal("0.2")}, True),
        ("t == \"a\" || t == 'b'", {"t": "b"}, True),
        ('t in ["a", "b"]', {"t": "c"}, False),
        ('"x" in l', {"l": ("x", "y")}, True),
        ("size(l) == 2", {"l": ("x", "y")}, True),
        ("!(b && c)", {"b": True, "c": False}, True),
        ("has(n)", {}, False),
        ("n >= 1", {}, None),
        ("!(n >= 1)", {}, None),
        ("b && n >= 1", {"b": False}, False),
        ("n >= 1 && b", {"b": False}, False),
        ("n >= 1 || b", {"b": True}, True),
        ("n >= 1 || b", {"b": False}, None),
        ("b == c", {"b": True, "c": True}, True),
        ("m.x != 1", {"m_x": Decimal(2)}, True),
        ('at < timestamp("2026-11-23T09:00:00Z")', {"at": NINE - timedelta(seconds=1)}, True),
        ('at < timestamp("2026-11-23T09:00:00.000000Z")', {"at": NINE}, False),
        ('at >= timestamp("2026-11-23T09:00:00Z")', {}, None),
    ],
)
def test_conditions_answer(text: str, facts: dict[str, object], expected: bool | None) -> None:
    assert answer(text, **facts) is expected


@pytest.mark.parametrize(
    "text",
    [
        "", "n", "n >=", "n >= 1 >= 2", "n > t", "t > 't'", "1 == true", "unknown > 1", "n + 1 > 2",
        "n > 1e5", "n > 01", "n > .5", "n > 1.", "b = c", "b & c", "(b", "b)", "[b]", "[] == []",
        "size(n) > 1", "size(b) > 1", "has(b && c)", "t in 'abc'", "n in [1, 2]", "!has(n)", "!n",
        "__import__('os')", "t.upper() == 'A'", "b && ", "'unclosed", "b \x00", "b; c", "[n] == [1]",
        "(" * 30 + "b" + ")" * 30, " && ".join(["b"] * 300), "b || " * 600 + "b",
        "at > '2026-11-23T09:00:00Z'", "at > 5", "at > timestamp('2026-11-23')", "at == b",
        "at > timestamp('2026-13-23T09:00:00Z')", "at > timestamp(t)", "timestamp(at) > at",
        "at > timestamp('2026-11-23T09:00:00+01:00')", "t == 'caf\u00e9'", "b\n&& c",
        '"' + "x" * 3000 + '" == t', "NaN > n", "n > 1" + "0" * 40,
    ],
)  # fmt: skip
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        check_condition(parse(text), FIELDS)


@given(st.text(alphabet="bcnt()[]!&|=<>'\". 019hasize,", max_size=60))
def test_no_text_crashes_the_parser(text: str) -> None:
    try:
        node = parse(text)
        check_condition(node, FIELDS)
    except PolicyError:
        return
    assert compile_condition(node)({}.get) in {True, False, None}


truths = st.recursive(
    st.sampled_from(["b", "c", "n >= 1", "t == 'x'", "has(n)", "true", "false"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"({p[0]} && {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} || {p[1]})"),
        inner.filter(lambda p: not p.startswith("has")).map(lambda p: f"!({p})"),
    ),
    max_leaves=8,
)


def by_hand(text: str, facts: dict[str, object]):  # noqa: ANN201
    """An independent reading: Python's own parser, with Kleene's logic."""
    import ast

    def value(node: ast.AST):  # noqa: ANN202
        if isinstance(node, ast.BoolOp):
            parts = [value(part) for part in node.values]
            settling = isinstance(node.op, ast.Or)
            if settling in parts:
                return settling
            return None if None in parts else not settling
        if isinstance(node, ast.UnaryOp):
            inner = value(node.operand)
            return None if inner is None else not inner
        if isinstance(node, ast.Compare):
            left, right = value(node.left), value(node.comparators[0])
            if left is None or right is None:
                return None
            return left >= right if isinstance(node.ops[0], ast.GtE) else left == right
        if isinstance(node, ast.Call):
            return facts.get(node.args[0].id) is not None
        return facts.get(node.id) if isinstance(node, ast.Name) else node.value

    python = text.replace("&&", " and ").replace("||", " or ").replace("!", " not ")
    python = python.replace("true", "True").replace("false", "False")
    return value(ast.parse(python.strip(), mode="eval").body)


@given(
    truths,
    st.fixed_dictionaries(
        {},
        optional={
            "b": st.booleans(),
            "c": st.booleans(),
            "n": st.integers(0, 2).map(Decimal),
            "t": st.sampled_from(["x", "y"]),
        },
    ),
)
def test_evaluation_agrees_with_an_independent_reading(text: str, facts: dict[str, object]) -> None:
    node = parse(text)
    check_condition(node, FIELDS)
    assert compile_condition(node)(facts.get) is by_hand(text, facts)

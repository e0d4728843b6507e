from __future__ import annotations

import json
from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.encoding import canonical, parse_canonical, parse_json
from ledger.core.rfc4648 import from_base64, to_base64
from ledger.core.strict_json import read_strictly
from ledger.errors import EncodingError

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
NAMES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=30,
)


class Pairs(list[tuple[str, Any]]):
    """An object whose names may stand twice."""


PAIRED = st.recursive(
    st.integers(-3, 3) | st.sampled_from([":", "a:b", "\\u003a", "\x00", "\ud800", "é", '"', "\\"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(st.tuples(st.sampled_from(["a", "b", ":", "é"]), inner), max_size=3).map(Pairs)
    ),
    max_leaves=12,
)


def write_pairs(value: object, *, ascii_only: bool) -> str:
    if isinstance(value, Pairs):
        members = (
            f"{json.dumps(name, ensure_ascii=ascii_only)}: {write_pairs(item, ascii_only=ascii_only)}"
            for name, item in value
        )
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(write_pairs(item, ascii_only=ascii_only) for item in value) + "]"
    return json.dumps(value, ensure_ascii=ascii_only)


@given(VALUES)
def test_canonical_is_what_the_reference_implementation_writes(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(VALUES)
def test_canonical_bytes_read_back_to_the_value_by_both_readers(value: Any) -> None:
    data = canonical(value)
    assert parse_canonical(data) == value
    assert parse_json(data) == value
    assert read_strictly(data, max_bytes=10**6, max_depth=32, max_digits=16) == value


@given(VALUES, st.booleans(), st.integers(0, 4))
def test_every_way_to_write_a_value_reads_to_the_value(
    value: Any, ascii_only: bool, indent: int
) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only, indent=indent or None).encode()
    assert parse_json(data, max_bytes=10**6) == value


@given(PAIRED, st.booleans())
def test_the_fast_way_in_takes_and_refuses_exactly_what_the_strict_reader_does(
    value: object, ascii_only: bool
) -> None:
    data = write_pairs(value, ascii_only=ascii_only).encode("utf-8", "surrogatepass")
    limits = {"max_bytes": 10**6, "max_depth": 4, "max_digits": 16}
    assert outcome(parse_json, data, limits) == outcome(read_strictly, data, limits)


@given(st.binary(max_size=40) | st.text('{}[]",:\\u0eE.-19tn ', max_size=30).map(str.encode))
def test_any_bytes_are_read_alike_or_refused_alike(data: bytes) -> None:
    limits = {"max_bytes": 10**6, "max_depth": 32, "max_digits": 16}
    assert outcome(parse_json, data, limits) == outcome(read_strictly, data, limits)


def outcome(read: Any, data: bytes, limits: dict[str, int]) -> object:
    try:
        return ("read", read(data, **limits))
    except EncodingError as error:
        return ("refused", error.code, error.pointer)


@given(st.binary(max_size=40) | st.text('{}[]",:\\u0-19tn ', max_size=30).map(str.encode))
def test_whatever_is_read_as_canonical_writes_back_to_its_bytes(data: bytes) -> None:
    try:
        value = parse_canonical(data)
    except EncodingError:
        return
    assert canonical(value) == data


@given(st.binary(max_size=100))
def test_base64_reads_back(data: bytes) -> None:
    assert from_base64(to_base64(data)) == data


@given(st.text("ABgw+/=-_ \né", max_size=12))
def test_base64_that_is_read_has_one_form(text: str) -> None:
    try:
        data = from_base64(text)
    except EncodingError:
        return
    assert to_base64(data) == text

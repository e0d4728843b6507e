from __future__ import annotations

import math

import pytest

from ledger.core.encoding import canonical, parse_canonical, parse_json
from ledger.core.strict_json import read_strictly
from ledger.errors import EncodingError


class Shouting(str):
    __slots__ = ()


class Tally(dict[str, int]):
    pass


def refusal_of(data: bytes, **limits: int) -> EncodingError:
    with pytest.raises(EncodingError) as caught:
        parse_json(data, **limits)
    return caught.value


def writing_refusal(value: object) -> EncodingError:
    with pytest.raises(EncodingError) as caught:
        canonical(value)
    return caught.value


def test_names_are_sorted_and_nothing_is_padded() -> None:
    value = {"b": [1, True, None], "a": {"z": "ü", "y": ()}, "": "\n\x1f\x7f"}
    assert canonical(value) == (
        b'{"":"\\n\\u001f\x7f","a":{"y":[],"z":"\xc3\xbc"},"b":[1,true,null]}'
    )


@pytest.mark.parametrize(
    ("value", "code", "pointer"),
    [
        ({"metrics": [{"auc": 0.95}]}, "float", "/metrics/0/auc"),
        ({"a": math.nan}, "float", "/a"),
        ([1, 2**53], "number-too-large", "/1"),
        ([1, -(2**53)], "number-too-large", "/1"),
        ({"a/b": {"c~d": "\ud800"}}, "not-utf8", "/a~1b/c~0d"),
        ({"a": ["x", "y\x00z"]}, "nul-character", "/a/1"),
        ({"a": {1: "x"}}, "not-json", "/a"),
        ({"a": {"naïve": 1}}, "name-not-ascii", "/a"),
        ({"a": {"tab\t": 1}}, "name-not-ascii", "/a"),
        ({"a": b"bytes"}, "not-json", "/a"),
        ({"a": {1, 2}}, "not-json", "/a"),
        ({"a": Tally(b=1)}, "not-json", "/a"),
        ({"a": Shouting("b")}, "not-json", "/a"),
        (Shouting("b"), "not-json", ""),
        ({Shouting("a"): 1}, "not-json", ""),
        ("\udfff", "not-utf8", ""),
        ("\x00", "nul-character", ""),
        (1.0, "float", ""),
    ],
)
def test_what_has_no_single_form_is_refused_at_its_place(
    value: object, code: str, pointer: str
) -> None:
    error = writing_refusal(value)
    assert (error.code, error.pointer) == (code, pointer)


def test_a_text_that_only_looks_like_an_escaped_nul_is_written() -> None:
    assert canonical(["\\u0000"]) == b'["\\\\u0000"]'


def test_the_largest_integers_that_every_program_agrees_on_are_written() -> None:
    assert canonical([2**53 - 1, -(2**53) + 1]) == b"[9007199254740991,-9007199254740991]"


def nested(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


def test_thirty_two_levels_are_written_and_read_and_thirty_three_are_not() -> None:
    assert parse_json(canonical(nested(32))) == nested(32)
    assert writing_refusal(nested(33)).code == "too-deep"
    assert refusal_of(b"[" * 33 + b"]" * 33).code == "too-deep"


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert writing_refusal(loop).code == "too-deep"


@pytest.mark.parametrize(
    ("data", "code", "pointer"),
    [
        (b'{"a":{"b":1,"b":2}}', "duplicate-key", "/a/b"),
        (b'{"a":1,"\\u0061":1}', "duplicate-key", "/a"),
        (b'{"":1,"":1}', "duplicate-key", "/"),
        (b'{"a":"\\u003a","a":":"}', "duplicate-key", "/a"),
        (b'{"a":1.5}', "float", "/a"),
        (b'{"a":[1,2e3]}', "float", "/a/1"),
        (b'{"a":1E400}', "float", "/a"),
        (b"0.12345678901234567890", "float", ""),
        (b'{"a":9007199254740992}', "number-too-large", "/a"),
        (b'{"a":-9007199254740992}', "number-too-large", "/a"),
        (b'{"a":12345678901234567890123}', "number-too-large", "/a"),
        (b'{"a":["x","y\\u0000"]}', "nul-character", "/a/1"),
        (b'{"a\\u0000":1}', "nul-character", ""),
        (b'{"a":"\\ud800"}', "not-utf8", "/a"),
        (b'{"a":"\\udc00\\ud800"}', "not-utf8", "/a"),
        (b'"\xff"', "not-utf8", ""),
        (b'"\xed\xa0\x80"', "not-utf8", ""),
        (b'"\xc0\x80"', "not-utf8", ""),
        (b"\xef\xbb\xbf1", "not-json", ""),
        (b'{"a":NaN}', "not-json", "/a"),
        (b"Infinity", "not-json", ""),
        (b"-Infinity", "not-json", ""),
        (b"-", "not-json", ""),
        (b"01", "not-json", ""),
        (b"+1", "not-json", ""),
        (b".5", "not-json", ""),
        ("٣".encode(), "not-json", ""),
        (b"1 2", "not-json", ""),
        (b"{}x", "not-json", ""),
        (b"[1,]", "not-json", "/1"),
        (b"[1 2]", "not-json", ""),
        (b'{"a":1,}', "not-json", ""),
        (b'{"a" 1}', "not-json", ""),
        (b"{'a':1}", "not-json", ""),
        (b"{1:1}", "not-json", ""),
        (b'{"a":1', "not-json", ""),
        (b'"a', "not-json", ""),
        (b'"\t"', "not-json", ""),
        (b'"\\x41"', "not-json", ""),
        (b'"\\u12g4"', "not-json", ""),
        (b"truefalse", "not-json", ""),
        (b"tru", "not-json", ""),
        (b"", "not-json", ""),
        (b" ", "not-json", ""),
        (b"/* no */1", "not-json", ""),
    ],
)
def test_foreign_bytes_are_refused_for_the_right_reason_at_the_right_place(
    data: bytes, code: str, pointer: str
) -> None:
    error = refusal_of(data)
    assert (error.code, error.pointer) == (code, pointer)


def test_all_that_json_allows_around_a_value_is_read() -> None:
    data = b' {\n"a" :\t[ 1 , -2,0,-0 ,true, false,null,"\\u00fc\\ud83d\\ude02\\/\\"" ]\r} '
    assert parse_json(data) == {"a": [1, -2, 0, 0, True, False, None, 'ü😂/"']}
    assert parse_json(b'{"na\xc3\xafve":1}') == {"naïve": 1}


def test_a_float_is_answered_with_what_to_write_instead() -> None:
    assert "decimal string" in refusal_of(b'{"auc":0.95}').remedy


def test_a_hundred_thousand_brackets_do_not_recurse() -> None:
    assert refusal_of(b"[" * 100_000, max_bytes=1_000_000).code == "too-deep"
    assert refusal_of(b'{"a":' * 100_000, max_bytes=1_000_000).code == "too-deep"


def test_however_deep_is_asked_for_recursion_is_bounded() -> None:
    assert parse_json(b"[" * 128 + b"]" * 128, max_depth=10**6) == nested_empty(128)
    assert refusal_of(b"[" * 129 + b"]" * 129, max_depth=10**6).code == "too-deep"


def nested_empty(levels: int) -> object:
    value: object = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_a_number_of_a_million_digits_is_refused_before_it_is_converted() -> None:
    # int() of that many digits would raise ValueError, not EncodingError.
    assert refusal_of(b"9" * 1_000_000, max_bytes=2_000_000).code == "number-too-large"


def test_fewer_digits_can_be_asked_for() -> None:
    assert parse_json(b"-999", max_digits=3) == -999
    assert refusal_of(b"1000", max_digits=3).code == "number-too-large"


def test_65535_bytes_are_read_and_one_more_is_not() -> None:
    assert parse_json(b'"' + b"a" * 65_533 + b'"') == "a" * 65_533
    assert refusal_of(b'"' + b"a" * 65_534 + b'"').code == "too-large"


def test_unclosed_texts_cost_no_more_than_their_length() -> None:
    # Quadratic matching of these 2 MB would run into the time limit of the test.
    data = b'["' + b'\\"' * 1_000_000
    assert refusal_of(data, max_bytes=3_000_000).code == "not-json"


def test_no_refusal_repeats_a_value() -> None:
    secret = "hunter2"
    for data in (
        f'{{"a":"{secret}","b":1.5}}',
        f'{{"a":"{secret}","a":"{secret}"}}',
        f'{{"a":"{secret}',
        f'["{secret}\\u0000"]',
        f"{secret}",
        f'{{"a":"{secret}"}} {secret}',
    ):
        assert secret not in str(refusal_of(data.encode()))


def test_a_name_too_long_or_unprintable_is_left_out_of_the_pointer() -> None:
    assert refusal_of(b'{"a":{"' + b"n" * 129 + b'":1.5}}').pointer == "/a"
    assert refusal_of(b'{"a":{"\\u0007":{"b":1.5}}}').pointer == "/a"
    assert writing_refusal({"a": {"n" * 129: {"b": 0.5}}}).pointer == "/a"


@pytest.mark.parametrize(
    "data",
    [b'{"b":1,"a":2}', b'{"a": 1}', b'"\\u0041"', b'"\\/"', b"-0", b"[1]\n", b'"\\u001F"'],
)
def test_json_that_is_good_but_not_canonical_is_refused_as_stored_bytes(data: bytes) -> None:
    parse_json(data)
    with pytest.raises(EncodingError) as caught:
        parse_canonical(data)
    assert caught.value.code == "not-canonical"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"a":1,"a":1}', "duplicate-key"),
        (b"1.0", "float"),
        (b'{"\xc3\xa9":1}', "name-not-ascii"),
        (b'"' + b"a" * 65_534 + b'"', "too-large"),
        (b"[" * 100_000, "too-large"),
        (b'"\\u0000"', "nul-character"),
    ],
)
def test_stored_bytes_are_refused_for_the_reason_that_the_strict_reader_gives(
    data: bytes, code: str
) -> None:
    with pytest.raises(EncodingError) as caught:
        parse_canonical(data)
    assert caught.value.code == code


def test_the_strict_reader_alone_reads_what_the_fast_one_reads() -> None:
    data = b'{"a":[1,"x",{"b":null}],"c":":"}'
    strict = read_strictly(data, max_bytes=100, max_depth=3, max_digits=16)
    assert strict == parse_json(data)

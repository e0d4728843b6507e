from __future__ import annotations

import pytest

from ledger.core.rfc4648 import from_base64, to_base64
from ledger.errors import EncodingError


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"f", "Zg=="),
        (b"fo", "Zm8="),
        (b"foo", "Zm9v"),
        (b"foob", "Zm9vYg=="),
        (b"fooba", "Zm9vYmE="),
        (b"foobar", "Zm9vYmFy"),
    ],
)
def test_the_vectors_of_rfc_4648_section_10_hold(data: bytes, text: str) -> None:
    assert to_base64(data) == text
    assert from_base64(text) == data


@pytest.mark.parametrize(
    "text",
    [
        "Zg",
        "Zg=",
        "Zg===",
        "Zh==",
        "Zm9=",
        "Zm9v\n",
        " Zm9v",
        "Zm-_",
        "Zm9v=",
        "Z",
        "Zg==Zg==",
        "é",
    ],
    ids=[
        "no padding",
        "half padding",
        "too much padding",
        "unused bits set",
        "unused bits set, three characters",
        "newline",
        "space",
        "url-safe alphabet",
        "padding after a full group",
        "one character",
        "two texts in one",
        "not ASCII",
    ],
)
def test_a_second_form_of_the_same_bytes_is_refused(text: str) -> None:
    with pytest.raises(EncodingError) as caught:
        from_base64(text)
    assert caught.value.code == "not-base64"

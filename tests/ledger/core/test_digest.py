from __future__ import annotations

import pytest

from ledger.core.digest import equal, hex_digest, is_sha256_hex, sha256

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_sha256_of_abc_is_that_of_fips_180() -> None:
    assert hex_digest(b"abc") == ABC
    assert sha256(b"abc").hex() == ABC


def test_a_digest_is_written_in_one_way() -> None:
    assert is_sha256_hex(ABC)


@pytest.mark.parametrize("text", ["", ABC[:-1], ABC + "0", ABC.upper(), ABC + "\n", "g" + ABC[1:]])
def test_other_writings_are_no_digest(text: str) -> None:
    assert not is_sha256_hex(text)


def test_equal_compares_content_and_length() -> None:
    assert equal(b"ab", b"ab")
    assert not equal(b"ab", b"ac")
    assert not equal(b"ab", b"abc")

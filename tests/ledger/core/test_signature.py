from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.signature import check_ed25519, failures, key_fingerprint
from ledger.errors import SignatureError

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
ORDER = 2**252 + 27742317777372353535851937790883648493

Point = tuple[int, int]


def test_a_good_signature_passes_and_so_it_does_the_second_time() -> None:
    signature = KEY.sign(b"message")
    check_ed25519(PUBLIC, signature, b"message")
    check_ed25519(PUBLIC, signature, b"message")


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_of_another_length_fails(length: int) -> None:
    with pytest.raises(SignatureError) as caught:
        check_ed25519(PUBLIC, b"\x00" * length, b"message")
    assert caught.value.code == "signature-failed"


def test_every_flipped_bit_of_a_signature_makes_it_fail() -> None:
    signature = KEY.sign(b"message")
    for bit in range(512):
        forged = bytearray(signature)
        forged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureError):
            check_ed25519(PUBLIC, bytes(forged), b"message")


def test_another_message_or_another_key_fails() -> None:
    signature = KEY.sign(b"message")
    other = Ed25519PrivateKey.from_private_bytes(b"o" * 32).public_key().public_bytes_raw()
    with pytest.raises(SignatureError):
        check_ed25519(PUBLIC, signature, b"messagf")
    with pytest.raises(SignatureError):
        check_ed25519(other, signature, b"message")


def test_a_signature_with_the_group_order_added_is_refused() -> None:
    # RFC 8032 section 5.1.7: S must be below L, or there are two signatures for one.
    signature = KEY.sign(b"message")
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    with pytest.raises(SignatureError):
        check_ed25519(PUBLIC, signature[:32] + scalar.to_bytes(32, "little"), b"message")


@pytest.mark.parametrize("public", [b"", b"\x01" * 31, b"\x01" * 33])
def test_a_public_key_of_another_length_is_none(public: bytes) -> None:
    with pytest.raises(SignatureError) as caught:
        check_ed25519(public, b"\x00" * 64, b"message")
    assert caught.value.code == "bad-public-key"


def small_order_ys() -> set[int]:
    """The y of every point P of the curve with 8P = 0, found by halving: 1, -1, 0 and order 8."""
    # A point of order 8 doubles to one of order 4, which has y = 0: so x*x = -y*y on it,
    # and the curve equation -x*x + y*y = 1 + d*x*x*y*y becomes 2*y*y = 1 - d*y**4.
    root = pow(1 + D, (P + 3) // 8, P)
    if root * root % P != (1 + D) % P:
        root = root * pow(2, (P - 1) // 4, P) % P
    assert root * root % P == (1 + D) % P
    ys = {1, P - 1, 0}
    for sign in (root, -root):
        square = (sign - 1) * pow(D, -1, P) % P
        y = pow(square, (P + 3) // 8, P)
        for candidate in (y, y * pow(2, (P - 1) // 4, P) % P):
            if candidate * candidate % P == square:
                ys |= {candidate, P - candidate}
    return ys


def test_every_public_key_of_small_order_is_refused_in_every_encoding() -> None:
    ys = small_order_ys()
    assert len(ys) == 5
    encodings = [y + sign for y in ys | {P, P + 1} for sign in (0, 2**255)]
    for encoded in encodings:
        with pytest.raises(SignatureError) as caught:
            check_ed25519(encoded.to_bytes(32, "little"), b"\x01" + b"\x00" * 63, b"any message")
        assert caught.value.code == "bad-public-key"


def test_a_fingerprint_is_the_digest_of_the_raw_key() -> None:
    assert key_fingerprint(bytes(32)) == (
        "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
    )


def plus(one: Point, other: Point) -> Point:
    """The sum of two points of the curve (RFC 8032 section 5.1.4, in affine coordinates)."""
    (x1, y1), (x2, y2) = one, other
    k = D * x1 * x2 * y1 * y2 % P
    return (
        (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P,
    )


def times(scalar: int, point: Point) -> Point:
    found = (0, 1)
    for bit in f"{scalar:b}":
        found = plus(found, found)
        if bit == "1":
            found = plus(found, point)
    return found


def encoded(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def decoded(data: bytes) -> Point:
    """The point of an encoding that is known to be one (RFC 8032 section 5.1.3)."""
    number = int.from_bytes(data, "little")
    y = number % 2**255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert x * x % P == square
    return (x if x & 1 == number >> 255 else P - x), y


def signed(commitment: Point, secret: int) -> bytes:
    """A signature by ``KEY`` whose first half is any point, its second as if it were secret*B."""
    seed = hashlib.sha512(b"k" * 32).digest()
    key = int.from_bytes(seed[:32], "little") & (2**254 - 8) | 2**254
    first = encoded(commitment)
    digest = hashlib.sha512(first + PUBLIC + b"message").digest()
    scalar = (secret + int.from_bytes(digest, "little") * key) % ORDER
    return first + scalar.to_bytes(32, "little")


def verdict(public: bytes, signature: bytes, message: bytes) -> list[int]:
    try:
        check_ed25519(public, signature, message)
    except SignatureError:
        return [0]
    return []


def test_many_signatures_get_the_verdicts_that_each_would_get() -> None:
    base = decoded(bytes.fromhex("58" + "66" * 31))
    small = decoded(
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    )
    good, crafted = KEY.sign(b"message"), times(77, base)
    scalar = int.from_bytes(good[32:], "little") + ORDER
    cases = {
        good: True,
        signed(crafted, 77): True,
        # Libsodium alone refuses a first half of small order; OpenSSL's word is the verdict.
        signed((0, 1), 0): True,
        # Only a check that multiplies by the cofactor would take it, and the two would differ.
        signed(plus(crafted, small), 77): False,
        good[:32] + scalar.to_bytes(32, "little"): False,
        good[:-1]: False,
        good + b"m": False,
        b"": False,
        b"\x00" * 64: False,
    }
    for signature, holds in cases.items():
        assert verdict(PUBLIC, signature, b"message") == ([] if holds else [0])
        assert failures([PUBLIC], [signature], [7], b"message") == ([] if holds else [0])
    wrong = [place for place, holds in enumerate(cases.values()) if not holds]
    number = len(cases)
    assert failures([PUBLIC] * number, list(cases), [7] * number, b"message" * number) == wrong


def test_a_signature_is_not_cut_from_its_message() -> None:
    signature = KEY.sign(b"essage")
    assert failures([PUBLIC], [signature[:63]], [7], signature[63:] + b"essage") == [0]


def test_a_key_that_binds_nobody_fails_among_many() -> None:
    for public in (b"\x01" + bytes(31), bytes(31), PUBLIC + b"x"):
        assert failures([public], [b"\x01" + bytes(63)], [7], b"message") == [0]

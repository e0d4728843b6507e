"""A passkey's assertion is taken for what it is of, and for nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from webauthn import verify_authentication_response
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.cose import COSEAlgorithmIdentifier as Cose

from ledger.core.assertion import (
    Expected,
    check_assertion,
    check_public_key,
    parse_authenticator_data,
)
from ledger.errors import SignatureError
from tests.tools.authenticator import BE, BS, UP, UV, Authenticator

CHALLENGE = hashlib.sha256(b"a statement").digest()
KEYS = {name: Authenticator("a1" * 16, name) for name in ("es256", "eddsa", "rs256")}


def expected(key: Authenticator) -> Expected:
    return Expected(key.rp_id, key.origin, CHALLENGE, key.algorithm, key.public)


def check(key: Authenticator, client: bytes, data: bytes, wanted: Expected | None = None) -> Any:
    signature = key.sign(data + hashlib.sha256(client).digest())
    return check_assertion(
        wanted or expected(key), authenticator_data=data, client_data=client, signature=signature
    )


@pytest.mark.parametrize("algorithm", KEYS)
def test_an_assertion_of_each_algorithm_holds(algorithm: str) -> None:
    key = KEYS[algorithm]
    found = check(key, key.client_data(CHALLENGE), key.authenticator_data())
    assert (found.user_present, found.user_verified, found.backed_up) == (True, True, False)


@pytest.mark.parametrize("algorithm", KEYS)
def test_the_library_at_the_edge_takes_what_we_take(algorithm: str) -> None:
    """Two readers of one format: PyPI's webauthn, given the key as COSE, and our own."""
    key = KEYS[algorithm]
    client, data = key.client_data(CHALLENGE), key.authenticator_data()
    signature = key.sign(data + hashlib.sha256(client).digest())
    said = {
        "id": bytes_to_base64url(key.credential),
        "rawId": bytes_to_base64url(key.credential),
        "type": "public-key",
        "response": {
            "authenticatorData": bytes_to_base64url(data),
            "clientDataJSON": bytes_to_base64url(client),
            "signature": bytes_to_base64url(signature),
        },
    }
    found = verify_authentication_response(
        credential=said,
        expected_challenge=CHALLENGE,
        expected_rp_id=key.rp_id,
        expected_origin=key.origin,
        credential_public_key=_cose(key),
        credential_current_sign_count=0,
        require_user_verification=True,
    )
    assert found.user_verified


def _cose(key: Authenticator) -> bytes:
    import cbor2

    public = key.key.public_key()
    if key.algorithm == "es256":
        numbers = public.public_numbers()
        return cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        )
    if key.algorithm == "rs256":
        numbers = public.public_numbers()
        return cbor2.dumps({1: 3, 3: int(Cose(-257)), -1: numbers.n.to_bytes(256), -2: b"\1\0\1"})
    return cbor2.dumps({1: 1, 3: -8, -1: 6, -2: public.public_bytes_raw()})


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"type": "webauthn.create"}, "assertion-type"),
        ({"challenge": base64.urlsafe_b64encode(bytes(32)).decode()}, "assertion-challenge"),
        ({"origin": "http://localhost:8081"}, "assertion-origin"),
        ({"origin": "https://localhost:8080"}, "assertion-origin"),
        ({"crossOrigin": True}, "assertion-cross-origin"),
        ({"crossOrigin": None}, "assertion-cross-origin"),
        ({"topOrigin": "https://evil.example"}, "assertion-cross-origin"),
        ({"extra": 0.5}, "assertion-malformed"),
    ],
)
def test_an_assertion_made_elsewhere_is_refused(changed: dict[str, Any], code: str) -> None:
    key = KEYS["eddsa"]
    with pytest.raises(SignatureError) as refused:
        check(key, key.client_data(CHALLENGE, **changed), key.authenticator_data())
    assert refused.value.code == code


def test_an_assertion_for_another_rp_is_refused() -> None:
    key = KEYS["eddsa"]
    other = replace(expected(key), rp_id="example.org")
    with pytest.raises(SignatureError, match="another RP id"):
        check(key, key.client_data(CHALLENGE), key.authenticator_data(), other)


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (UV, "assertion-user-absent"),
        (UP, "assertion-user-unverified"),
        (UP | UV | BS, "assertion-malformed"),
        (UP | UV | 0x40, "assertion-malformed"),
        (UP | UV | 0x80, "assertion-malformed"),
    ],
)
def test_flags_that_do_not_do_are_refused(flags: int, code: str) -> None:
    key = KEYS["eddsa"]
    with pytest.raises(SignatureError) as refused:
        check(key, key.client_data(CHALLENGE), key.authenticator_data(flags))
    assert refused.value.code == code


def test_a_key_that_is_copied_says_so() -> None:
    key = KEYS["eddsa"]
    found = check(key, key.client_data(CHALLENGE), key.authenticator_data(UP | UV | BE | BS))
    assert found.backup_eligible
    assert found.backed_up


@pytest.mark.parametrize("algorithm", KEYS)
@settings(max_examples=25)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_bit_of_an_assertion_can_be_changed(algorithm: str, place: int, bit: int) -> None:
    key = KEYS[algorithm]
    client, data = key.client_data(CHALLENGE), key.authenticator_data()
    signature = key.sign(data + hashlib.sha256(client).digest())
    whole = bytearray(client + data + signature)
    whole[place % len(whole)] ^= 1 << bit
    cut, end = len(client), len(client) + len(data)
    with pytest.raises(SignatureError):
        check_assertion(
            expected(key),
            client_data=bytes(whole[:cut]),
            authenticator_data=bytes(whole[cut:end]),
            signature=bytes(whole[end:]),
        )


@given(st.binary(max_size=200))
def test_authenticator_data_is_read_or_refused(data: bytes) -> None:
    with suppress(SignatureError):
        found = parse_authenticator_data(data)
        assert data.startswith(found.rp_id_hash)
        assert int.from_bytes(data[33:37]) == found.count


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'{"type":"webauthn.get","type":"x"}', b"\xff", b"[" * 5000]
)
def test_client_data_that_is_no_object_is_refused(text: bytes) -> None:
    key = KEYS["eddsa"]
    with pytest.raises(SignatureError) as refused:
        check(key, text, key.authenticator_data())
    assert refused.value.code == "assertion-malformed"


def spki(key: Any) -> bytes:
    found: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found


@pytest.mark.parametrize(
    ("algorithm", "public"),
    [
        ("es256", spki(ec.generate_private_key(ec.SECP384R1()))),
        ("es256", KEYS["eddsa"].public),
        ("eddsa", KEYS["es256"].public),
        ("rs256", spki(rsa.generate_private_key(65537, 1024))),
        ("none", KEYS["eddsa"].public),
        ("eddsa", KEYS["eddsa"].public + b"\0"),
        ("eddsa", KEYS["eddsa"].public[:12] + bytes(31)),
        ("eddsa", b""),
    ],
    ids=["p384", "other", "another", "short-rsa", "no-algorithm", "longer", "shorter", "empty"],
)
def test_a_key_of_another_kind_is_refused(algorithm: str, public: bytes) -> None:
    with pytest.raises(SignatureError) as refused:
        check_public_key(algorithm, public)
    assert refused.value.code == "bad-public-key"


def test_a_key_of_small_order_signs_nothing() -> None:
    key = KEYS["eddsa"]
    weak = key.public[:12] + b"\1" + bytes(31)
    client, data = key.client_data(CHALLENGE), key.authenticator_data()
    with pytest.raises(SignatureError):
        check_assertion(
            replace(expected(key), public=weak),
            authenticator_data=data,
            client_data=client,
            signature=b"\1" + bytes(63),
        )


def test_browsers_may_add_members_that_we_do_not_know() -> None:
    key = KEYS["eddsa"]
    client = json.dumps({"new": {"a": [1]}, **json.loads(key.client_data(CHALLENGE))}).encode()
    assert check(key, client, key.authenticator_data()).user_verified

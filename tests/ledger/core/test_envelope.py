from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.encoding import canonical
from ledger.core.envelope import (
    PAYLOAD_TYPE,
    Envelope,
    EnvelopeSignature,
    check_envelope,
    format_envelope,
    pae,
    parse_envelope,
    seal,
)
from ledger.core.signature import key_fingerprint
from ledger.errors import EncodingError, SignatureError

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
KEYID = key_fingerprint(PUBLIC)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32).public_key().public_bytes_raw()
STORED = seal(b'{"a":1}', PAYLOAD_TYPE, KEYID, KEY.sign)


def members_of(stored: bytes) -> dict[str, object]:
    members: dict[str, object] = json.loads(stored)
    return members


def test_a_sealed_payload_comes_back_and_its_signature_holds() -> None:
    envelope = parse_envelope(STORED)
    assert (envelope.payload, envelope.payload_type) == (b'{"a":1}', PAYLOAD_TYPE)
    check_envelope(envelope, {KEYID: PUBLIC})


def test_what_is_stored_is_canonical_json_with_standard_base64() -> None:
    signature = base64.b64encode(KEY.sign(pae(PAYLOAD_TYPE, b'{"a":1}'))).decode()
    assert (
        canonical(
            {
                "payload": base64.b64encode(b'{"a":1}').decode(),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"keyid": KEYID, "sig": signature}],
            }
        )
        == STORED
    )


def test_lengths_of_the_pre_authentication_encoding_count_bytes() -> None:
    assert pae("é", "ü€".encode()) == b"DSSEv1 2 \xc3\xa9 5 \xc3\xbc\xe2\x82\xac"


def test_the_key_id_is_only_a_hint() -> None:
    envelope = parse_envelope(seal(b"p", "t", "nobody's", KEY.sign))
    check_envelope(envelope, {"other": OTHER, "right": PUBLIC})
    named_wrongly = parse_envelope(seal(b"p", "t", "other", KEY.sign))
    check_envelope(named_wrongly, {"other": OTHER, "right": PUBLIC})


def test_one_good_signature_among_bad_ones_is_enough() -> None:
    good = EnvelopeSignature(KEYID, KEY.sign(pae("t", b"p")))
    bad = EnvelopeSignature("x", b"short")
    check_envelope(Envelope(b"p", "t", (bad, good)), {KEYID: PUBLIC})


@pytest.mark.parametrize(
    "envelope",
    [
        Envelope(b"q", "t", (EnvelopeSignature(KEYID, KEY.sign(pae("t", b"p"))),)),
        Envelope(b"p", "u", (EnvelopeSignature(KEYID, KEY.sign(pae("t", b"p"))),)),
        Envelope(b"p", "t", (EnvelopeSignature(KEYID, KEY.sign(b"p")),)),
        Envelope(b"p", "t", (EnvelopeSignature(KEYID, b""),)),
        Envelope(b"p", "t", ()),
    ],
    ids=["another payload", "another type", "signed without PAE", "no signature", "no signatures"],
)
def test_an_envelope_that_nobody_trusted_signed_is_refused(envelope: Envelope) -> None:
    with pytest.raises(SignatureError):
        check_envelope(envelope, {KEYID: PUBLIC})


def test_no_keys_trust_nothing() -> None:
    with pytest.raises(SignatureError):
        check_envelope(parse_envelope(STORED), {})
    with pytest.raises(SignatureError):
        check_envelope(parse_envelope(STORED), {KEYID: OTHER})


def test_a_payload_that_makes_the_entry_too_large_is_refused() -> None:
    with pytest.raises(EncodingError) as caught:
        seal(b"x" * 50_000, PAYLOAD_TYPE, KEYID, KEY.sign)
    assert caught.value.code == "too-large"


def edited(**changes: object) -> bytes:
    return canonical({**members_of(STORED), **changes})


SIGNATURES = members_of(STORED)["signatures"]


@pytest.mark.parametrize(
    ("stored", "code", "pointer"),
    [
        (edited(extra=1), "not-an-envelope", ""),
        (b"{}", "not-an-envelope", ""),
        (b"[]", "not-an-envelope", ""),
        (edited(signatures=[]), "not-an-envelope", "/signatures"),
        (edited(signatures={}), "not-an-envelope", "/signatures"),
        (edited(signatures=[{"keyid": "k", "sig": ""}] * 17), "not-an-envelope", "/signatures"),
        (edited(signatures=[{"sig": "AAAA"}]), "not-an-envelope", "/signatures/0"),
        (edited(signatures=["AAAA"]), "not-an-envelope", "/signatures/0"),
        (edited(signatures=[{"keyid": 1, "sig": ""}]), "not-an-envelope", "/signatures/0/keyid"),
        (edited(signatures=[{"keyid": "", "sig": "A-__"}]), "not-base64", "/signatures/0/sig"),
        (edited(payloadType=1), "not-an-envelope", "/payloadType"),
        (edited(payload=None), "not-an-envelope", "/payload"),
        (edited(payload="eyJ9"[:-1]), "not-base64", "/payload"),
        (edited(payload="QQ==\n"), "not-base64", "/payload"),
        (edited(payload="QR=="), "not-base64", "/payload"),
        (STORED + b"\n", "not-canonical", ""),
        (json.dumps(members_of(STORED)).encode(), "not-canonical", ""),
        (
            STORED.replace(b'"signatures"', b'"payloadType":"x","signatures"'),
            "duplicate-key",
            "/payloadType",
        ),
        (STORED[:-1], "not-json", ""),
    ],
)
def test_bytes_that_we_would_not_have_stored_are_refused(
    stored: bytes, code: str, pointer: str
) -> None:
    with pytest.raises(EncodingError) as caught:
        parse_envelope(stored)
    assert (caught.value.code, caught.value.pointer) == (code, pointer)


@pytest.mark.parametrize("count", [0, 17])
def test_an_envelope_without_or_with_too_many_signatures_is_not_written(count: int) -> None:
    with pytest.raises(EncodingError):
        format_envelope(Envelope(b"p", "t", (EnvelopeSignature("k", b"s"),) * count))

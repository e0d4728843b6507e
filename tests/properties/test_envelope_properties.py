from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as ReferenceEnvelope
from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined]

from ledger.core.envelope import (
    Envelope,
    EnvelopeSignature,
    check_envelope,
    format_envelope,
    pae,
    parse_envelope,
    seal,
)
from ledger.core.signature import key_fingerprint
from ledger.core.statement import Statement, Subject, encode_statement, parse_statement
from ledger.errors import EncodingError, SignatureError

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
KEYID = key_fingerprint(PUBLIC)
REFERENCE_KEY = SSlibKey(KEYID, "ed25519", "ed25519", {"public": PUBLIC.hex()})

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
NAMES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8)
ENVELOPES = st.builds(
    Envelope,
    st.binary(max_size=200),
    TEXTS,
    st.lists(
        st.builds(EnvelopeSignature, TEXTS, st.binary(max_size=70)), min_size=1, max_size=4
    ).map(tuple),
)
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
STATEMENTS = st.builds(
    Statement,
    st.lists(st.builds(Subject, TEXTS.filter(bool), DIGESTS), min_size=1, max_size=3).map(tuple),
    TEXTS.filter(bool),
    st.dictionaries(NAMES, TEXTS | st.lists(st.integers(-9, 9), max_size=3), max_size=4),
)


@given(TEXTS, st.binary(max_size=100))
def test_the_signed_bytes_are_those_of_the_reference_implementation(
    payload_type: str, payload: bytes
) -> None:
    assert pae(payload_type, payload) == ReferenceEnvelope(payload, payload_type, {}).pae()


@given(st.binary(max_size=100), TEXTS)
def test_the_reference_implementation_verifies_what_we_seal(
    payload: bytes, payload_type: str
) -> None:
    stored = seal(payload, payload_type, KEYID, KEY.sign)
    theirs = ReferenceEnvelope.from_dict(json.loads(stored))
    assert theirs.payload == payload
    assert theirs.verify([REFERENCE_KEY], 1) == {KEYID: REFERENCE_KEY}


@given(st.binary(max_size=100), TEXTS)
def test_we_verify_what_the_reference_implementation_signs(
    payload: bytes, payload_type: str
) -> None:
    theirs = ReferenceEnvelope(payload, payload_type, {})
    signature = theirs.sign(CryptoSigner(KEY, REFERENCE_KEY))
    ours = EnvelopeSignature(signature.keyid, bytes.fromhex(signature.signature))
    check_envelope(Envelope(payload, payload_type, (ours,)), {KEYID: PUBLIC})


@given(ENVELOPES)
def test_an_envelope_reads_back(envelope: Envelope) -> None:
    assert parse_envelope(format_envelope(envelope)) == envelope


@given(ENVELOPES.map(format_envelope), st.integers(0, 400), st.binary(max_size=2), st.booleans())
def test_bytes_that_read_as_an_envelope_write_back(
    stored: bytes, place: int, patch: bytes, insert: bool
) -> None:
    changed = stored[:place] + patch + stored[place + (0 if insert else len(patch)) :]
    try:
        envelope = parse_envelope(changed)
    except EncodingError:
        return
    assert format_envelope(envelope) == changed


@given(st.binary(min_size=1, max_size=60), st.integers(0, 10**6))
def test_one_flipped_bit_of_the_stored_bytes_never_goes_unnoticed(
    payload: bytes, place: int
) -> None:
    stored = bytearray(seal(payload, "t", KEYID, KEY.sign))
    stored[place // 8 % len(stored)] ^= 1 << place % 8
    if KEYID not in stored.decode("latin-1"):
        return  # The key id is a hint and signed by nothing; the tree is what holds it.
    with pytest.raises((EncodingError, SignatureError)):
        check_envelope(parse_envelope(bytes(stored)), {KEYID: PUBLIC})


@given(STATEMENTS)
def test_a_statement_reads_back(statement: Statement) -> None:
    assert parse_statement(encode_statement(statement)) == statement


@given(STATEMENTS.map(encode_statement), st.integers(0, 300), st.binary(max_size=2))
def test_bytes_that_read_as_a_statement_write_back(data: bytes, place: int, patch: bytes) -> None:
    changed = data[:place] + patch + data[place + len(patch) :]
    try:
        statement: Any = parse_statement(changed)
    except EncodingError:
        return
    assert encode_statement(statement) == changed

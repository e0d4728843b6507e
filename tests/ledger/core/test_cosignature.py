"""Cosignatures against the specification's own bytes and against another implementation."""

from __future__ import annotations

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from dilithium_py.ml_dsa import ML_DSA_44
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.cosignature import (
    MAX_TIME,
    check_cosignature,
    check_cosignatures,
    cosign,
    ed25519_message,
    format_lines,
    ml_dsa_44_message,
    parse_lines,
)
from ledger.core.note import (
    ED25519,
    ED25519_COSIGNATURE,
    ML_DSA_44_COSIGNATURE,
    Note,
    NoteSignature,
    Vkey,
    parse_note,
)
from ledger.errors import CheckpointError, SignatureError

# The example of C2SP tlog-cosignature.
EXAMPLE = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""
TREE = Checkpoint("example.com/behind-the-sofa", 20852163, b"r" * 32)
SECOND = 1679315147
ED = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
ED_KEY = Vkey("witness.example/w1", ED25519_COSIGNATURE, ED.public_key().public_bytes_raw())
ML = MLDSA44PrivateKey.from_seed_bytes(b"m" * 32)
ML_KEY = Vkey("witness.example/w1", ML_DSA_44_COSIGNATURE, ML.public_key().public_bytes_raw())
SIGNERS = {ED_KEY: ED.sign, ML_KEY: ML.sign}
BOTH = pytest.mark.parametrize("key", [ED_KEY, ML_KEY], ids=["Ed25519", "ML-DSA-44"])


def test_the_time_of_the_example_in_the_specification_is_read() -> None:
    line = parse_note(EXAMPLE.encode()).signatures[1]
    assert int.from_bytes(line.signature[:8], "big") == SECOND
    assert len(line.signature) == 8 + 64


def test_the_ed25519_message_is_that_of_the_specification() -> None:
    tree = parse_checkpoint(parse_note(EXAMPLE.encode()).text)
    assert ed25519_message(tree, SECOND).decode() == (
        "cosignature/v1\n"
        "time 1679315147\n"
        "example.com/behind-the-sofa\n"
        "20852163\n"
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


def test_the_ml_dsa_44_message_is_the_structure_byte_by_byte() -> None:
    expected = (
        b"subtree/v1\n\x00"
        b"\x12witness.example/w1"
        + bytes.fromhex("00000000641850cb")
        + b"\x1bexample.com/behind-the-sofa"
        + bytes(8)
        + bytes.fromhex("00000000013e2dc3")
        + b"r" * 32
    )
    assert ml_dsa_44_message("witness.example/w1", TREE, SECOND) == expected


@BOTH
def test_a_cosignature_is_checked_by_the_key_that_made_it(key: Vkey) -> None:
    line = cosign(key, TREE, SECOND, SIGNERS[key])
    assert parse_lines(format_lines([line])) == (line,)
    found = check_cosignature(key, TREE, line, latest=SECOND)
    assert (found.key, found.time, found.line) == (key, SECOND, line)


@BOTH
@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(TREE, origin="example.com/behind-the-sofb"),
        dataclasses.replace(TREE, size=TREE.size + 1),
        dataclasses.replace(TREE, root=b"q" * 32),
    ],
    ids=["origin", "size", "root"],
)
def test_no_field_of_the_tree_head_can_be_another(key: Vkey, other: Checkpoint) -> None:
    line = cosign(key, TREE, SECOND, SIGNERS[key])
    with pytest.raises(SignatureError):
        check_cosignature(key, other, line)


@BOTH
@pytest.mark.parametrize("place", [0, 7, 8, 40, -1])
def test_no_byte_of_time_or_signature_can_be_another(key: Vkey, place: int) -> None:
    line = cosign(key, TREE, SECOND, SIGNERS[key])
    changed = bytearray(line.signature)
    changed[place] ^= 1
    with pytest.raises(SignatureError):
        check_cosignature(key, TREE, dataclasses.replace(line, signature=bytes(changed)))


@BOTH
def test_a_line_that_is_longer_or_shorter_is_malformed(key: Vkey) -> None:
    line = cosign(key, TREE, SECOND, SIGNERS[key])
    for signature in (line.signature + b"\x00", line.signature[:-1], line.signature[:8]):
        with pytest.raises(CheckpointError) as told:
            check_cosignature(key, TREE, dataclasses.replace(line, signature=signature))
        assert told.value.code == "malformed-cosignature"


def test_only_ml_dsa_44_holds_the_name_of_the_cosigner() -> None:
    for key, holds in ((ED_KEY, False), (ML_KEY, True)):
        other = dataclasses.replace(key, name="witness.example/w2")
        line = cosign(key, TREE, SECOND, SIGNERS[key])
        moved = NoteSignature(other.name, other.key_id, line.signature)
        if holds:
            with pytest.raises(SignatureError):
                check_cosignature(other, TREE, moved)
        else:
            assert check_cosignature(other, TREE, moved).time == SECOND


@BOTH
def test_a_witness_names_a_time_that_has_come(key: Vkey) -> None:
    for time, latest in ((0, SECOND), (SECOND + 1, SECOND)):
        line = cosign(key, TREE, time, SIGNERS[key])
        with pytest.raises(CheckpointError) as told:
            check_cosignature(key, TREE, line, latest=latest)
        assert told.value.code == "cosignature-out-of-time"
    line = cosign(key, TREE, 0, SIGNERS[key])
    assert check_cosignature(key, TREE, line, earliest=0).time == 0


@BOTH
def test_a_time_above_the_highest_is_malformed(key: Vkey) -> None:
    with pytest.raises(CheckpointError):
        cosign(key, TREE, MAX_TIME + 1, SIGNERS[key])
    line = cosign(key, TREE, MAX_TIME, SIGNERS[key])
    beyond = NoteSignature(key.name, key.key_id, (2**63).to_bytes(8, "big") + line.signature[8:])
    with pytest.raises(CheckpointError) as told:
        check_cosignature(key, TREE, beyond)
    assert told.value.code == "malformed-cosignature"


def test_a_key_of_another_type_cosigns_nothing() -> None:
    key = Vkey("log", ED25519, ED_KEY.public)
    with pytest.raises(CheckpointError) as told:
        cosign(key, TREE, SECOND, ED.sign)
    assert told.value.code == "unsupported-key"
    with pytest.raises(CheckpointError) as told:
        check_cosignature(key, TREE, NoteSignature("log", key.key_id, bytes(72)))
    assert told.value.code == "unsupported-key"
    with pytest.raises(CheckpointError) as told:
        check_cosignature(ED_KEY, TREE, NoteSignature("log", key.key_id, bytes(72)))
    assert told.value.code == "unknown-signers"


def test_a_signer_that_gives_another_length_is_refused() -> None:
    for key in SIGNERS:
        with pytest.raises(CheckpointError):
            cosign(key, TREE, SECOND, lambda _: b"short")


def test_a_name_of_more_than_255_bytes_has_no_ml_dsa_44_message() -> None:
    for name, origin in (("n" * 256, "o"), ("n", "o" * 256)):
        with pytest.raises(CheckpointError):
            ml_dsa_44_message(name, dataclasses.replace(TREE, origin=origin), SECOND)
    assert ml_dsa_44_message("n" * 255, TREE, SECOND)[12] == 255


def test_the_newest_line_of_each_known_key_counts_and_strangers_do_not() -> None:
    old = cosign(ED_KEY, TREE, SECOND, ED.sign)
    new = cosign(ED_KEY, TREE, SECOND + 5, ED.sign)
    ours = cosign(ML_KEY, TREE, SECOND, ML.sign)
    stranger = NoteSignature("stranger", b"1234", bytes(72))
    note = Note("x\n", (old, stranger, new, ours))
    found = check_cosignatures(note, TREE, [ED_KEY, ML_KEY])
    assert {(one.key, one.time) for one in found} == {(ED_KEY, SECOND + 5), (ML_KEY, SECOND)}
    assert check_cosignatures(note, TREE, []) == ()


def test_one_bad_line_of_a_known_key_spoils_the_note() -> None:
    good = cosign(ED_KEY, TREE, SECOND, ED.sign)
    bad = dataclasses.replace(good, signature=good.signature[:8] + bytes(64))
    with pytest.raises(SignatureError):
        check_cosignatures(Note("x\n", (good, bad)), TREE, [ED_KEY])


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"hello\n", "— a AAAA".encode(), "— a AAAAAAAA\n\n".encode(), b"\xff\n"],
)
def test_an_answer_that_is_not_lines_is_malformed(data: bytes) -> None:
    with pytest.raises(CheckpointError):
        parse_lines(data)


def test_more_lines_than_are_read_are_refused() -> None:
    line = cosign(ED_KEY, TREE, SECOND, ED.sign)
    assert len(parse_lines(format_lines([line] * 16))) == 16
    with pytest.raises(CheckpointError):
        parse_lines(format_lines([line] * 17))


def test_another_implementation_of_fips_204_agrees_in_both_directions() -> None:
    public, secret = ML_DSA_44.key_derive(b"m" * 32)
    assert public == ML_KEY.public
    message = ml_dsa_44_message(ML_KEY.name, TREE, SECOND)
    ours = cosign(ML_KEY, TREE, SECOND, ML.sign)
    assert ML_DSA_44.verify(public, message, ours.signature[8:])
    theirs = cosign(ML_KEY, TREE, SECOND, lambda data: ML_DSA_44.sign(secret, data))
    assert check_cosignature(ML_KEY, TREE, theirs).time == SECOND
    with_context = cosign(ML_KEY, TREE, SECOND, lambda data: ML_DSA_44.sign(secret, data, ctx=b"x"))
    with pytest.raises(SignatureError):
        check_cosignature(ML_KEY, TREE, with_context)


@given(st.binary(max_size=200))
def test_any_bytes_are_lines_or_refused(data: bytes) -> None:
    try:
        lines = parse_lines(data)
    except CheckpointError:
        return
    assert format_lines(lines) == data

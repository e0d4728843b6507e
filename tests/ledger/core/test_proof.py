from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.checkpoint import Checkpoint, format_checkpoint
from ledger.core.merkle import leaf_hash, prove_inclusion, root_of
from ledger.core.note import format_note, parse_vkey, sign_note, vkey
from ledger.core.proof import TlogProof, check_proof, format_proof, parse_proof
from ledger.errors import CheckpointError, InclusionError, ProofError, SignatureError

LEAVES = [leaf_hash(b"%d" % number) for number in range(10)]
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
ORIGIN = "registry.example/audit"
CHECKPOINT = Checkpoint(ORIGIN, 10, root_of(LEAVES))


def signed(checkpoint: Checkpoint, name: str = ORIGIN) -> bytes:
    return format_note(sign_note(format_checkpoint(checkpoint), name, PUBLIC, KEY.sign))


VKEYS = [parse_vkey(vkey(ORIGIN, PUBLIC))]
HASHES = prove_inclusion(
    6, 10, lambda level, index: root_of(LEAVES[index << level : (index + 1) << level])
)
PROOF = TlogProof(6, HASHES, signed(CHECKPOINT))
WRITTEN = format_proof(PROOF)


def test_a_proof_leads_from_the_leaf_to_the_signed_checkpoint() -> None:
    assert check_proof(parse_proof(WRITTEN), LEAVES[6], VKEYS) == CHECKPOINT


def test_a_proof_is_lines_and_then_the_checkpoint_as_it_is() -> None:
    lines = WRITTEN.decode().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 6"]
    assert lines[2 + len(HASHES)] == ""
    assert WRITTEN.endswith(b"\n\n" + PROOF.checkpoint)


def test_extra_data_travels_along() -> None:
    proof = TlogProof(6, HASHES, PROOF.checkpoint, b"context")
    assert b"\nextra Y29udGV4dA==\nindex 6\n" in format_proof(proof)
    assert parse_proof(format_proof(proof)) == proof
    assert check_proof(proof, LEAVES[6], VKEYS) == CHECKPOINT


def test_the_only_leaf_of_a_tree_needs_no_hashes() -> None:
    proof = TlogProof(0, (), signed(Checkpoint(ORIGIN, 1, LEAVES[0])))
    assert parse_proof(format_proof(proof)) == proof
    assert check_proof(proof, LEAVES[0], VKEYS).size == 1


@pytest.mark.parametrize(
    ("proof", "leaf"),
    [
        (PROOF, LEAVES[5]),
        (PROOF, b"6"),
        (TlogProof(7, HASHES, PROOF.checkpoint), LEAVES[6]),
        (TlogProof(10, HASHES, PROOF.checkpoint), LEAVES[6]),
        (TlogProof(6, HASHES[:-1], PROOF.checkpoint), LEAVES[6]),
        (TlogProof(6, (*HASHES, HASHES[0]), PROOF.checkpoint), LEAVES[6]),
        (TlogProof(6, HASHES, signed(Checkpoint(ORIGIN, 17, root_of(LEAVES)))), LEAVES[6]),
        (TlogProof(6, HASHES, signed(Checkpoint(ORIGIN, 10, LEAVES[0]))), LEAVES[6]),
    ],
    ids=[
        "another leaf",
        "the entry instead of its hash",
        "another number",
        "a number beyond the tree",
        "too few hashes",
        "too many hashes",
        "another height",
        "another root",
    ],
)
def test_a_proof_of_something_else_is_refused(proof: TlogProof, leaf: bytes) -> None:
    with pytest.raises(InclusionError):
        check_proof(proof, leaf, VKEYS)


def test_a_checkpoint_changed_after_signing_is_refused() -> None:
    changed = PROOF.checkpoint.replace(b"\n10\n", b"\n12\n")
    with pytest.raises(SignatureError):
        check_proof(TlogProof(6, HASHES, changed), LEAVES[6], VKEYS)


def test_a_log_that_is_not_known_proves_nothing() -> None:
    with pytest.raises(CheckpointError) as caught:
        check_proof(PROOF, LEAVES[6], [])
    assert caught.value.code == "unknown-signers"


def test_a_known_log_can_not_sign_for_another() -> None:
    elsewhere = TlogProof(6, HASHES, signed(CHECKPOINT, name="other.example/log"))
    keys = [*VKEYS, parse_vkey(vkey("other.example/log", PUBLIC))]
    with pytest.raises(CheckpointError) as caught:
        check_proof(elsewhere, LEAVES[6], keys)
    assert caught.value.code == "wrong-origin"


HASH_LINE = WRITTEN.split(b"\n")[2]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        WRITTEN.replace(b"@v1", b"@v2"),
        WRITTEN.replace(b"index 6", b"index 06"),
        WRITTEN.replace(b"index 6", b"index  6"),
        WRITTEN.replace(b"index 6", b"index -1"),
        WRITTEN.replace(b"index 6", b"index 9223372036854775808"),
        WRITTEN.replace(b"index 6\n", b""),
        WRITTEN.replace(b"index 6", b"extra AAAA\nextra AAAA\nindex 6"),
        WRITTEN.replace(b"index 6", b"index 6\nextra AAAA"),
        WRITTEN.replace(b"index 6", b"extra \nindex 6"),
        WRITTEN.replace(b"index 6", b"extra AB==\nindex 6"),
        WRITTEN.replace(HASH_LINE, HASH_LINE[:-1]),
        WRITTEN.replace(HASH_LINE, b"AAAA"),
        WRITTEN.replace(HASH_LINE, (HASH_LINE + b"\n") * 63 + HASH_LINE),
        WRITTEN.replace(b"index 6", "index ٦".encode()),
        WRITTEN.split(b"\n\n")[0] + b"\n",
        WRITTEN.replace(b"\n", b"\r\n"),
        WRITTEN + b"x" * 2_000_000,
    ],
)
def test_a_malformed_proof_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError) as caught:
        parse_proof(data)
    assert caught.value.code == "malformed-proof"


def test_a_proof_around_a_malformed_checkpoint_is_refused() -> None:
    for broken in (b"", PROOF.checkpoint[:-1], PROOF.checkpoint.replace(b"\n10\n", b"\n010\n")):
        with pytest.raises(CheckpointError):
            parse_proof(WRITTEN.replace(PROOF.checkpoint, broken))


@pytest.mark.parametrize(
    "proof",
    [
        TlogProof(-1, HASHES, PROOF.checkpoint),
        TlogProof(2**63, HASHES, PROOF.checkpoint),
        TlogProof(6, (b"short",), PROOF.checkpoint),
        TlogProof(6, HASHES[:1] * 64, PROOF.checkpoint),
        TlogProof(6, HASHES, b"not a note"),
        TlogProof(6, HASHES, PROOF.checkpoint, b""),
    ],
)
def test_a_proof_that_could_not_be_read_back_is_not_written(proof: TlogProof) -> None:
    with pytest.raises(ProofError):
        format_proof(proof)

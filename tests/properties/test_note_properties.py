from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from ledger.core.merkle import EMPTY_ROOT
from ledger.core.note import (
    Note,
    NoteSignature,
    format_note,
    parse_note,
    parse_vkey,
    vkey,
)
from ledger.core.proof import TlogProof, format_proof, parse_proof
from ledger.errors import CheckpointError, ProofError

PRINTED = st.characters(min_codepoint=0x20, exclude_categories=["Cs"])
TEXTS = st.text(PRINTED | st.just("\n"), max_size=60).map(lambda text: text + "\n")
NAMES = st.text(PRINTED, min_size=1, max_size=12).filter(
    lambda name: "+" not in name and not any(character.isspace() for character in name)
)
SIGNATURES = st.builds(
    NoteSignature, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80)
)
NOTES = st.builds(Note, TEXTS, st.lists(SIGNATURES, min_size=1, max_size=5).map(tuple))
CHECKPOINTS = st.builds(
    Checkpoint,
    st.text(PRINTED, min_size=1, max_size=30),
    st.integers(1, 2**63),
    st.binary(min_size=32, max_size=32),
) | st.builds(Checkpoint, st.just("origin"), st.just(0), st.just(EMPTY_ROOT))
SIGNED = st.builds(
    lambda checkpoint, note: format_note(Note(format_checkpoint(checkpoint), note.signatures)),
    CHECKPOINTS,
    NOTES,
)
PROOFS = st.builds(
    TlogProof,
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
    SIGNED,
    st.none() | st.binary(min_size=1, max_size=50),
)


@given(NOTES)
def test_a_note_reads_back(note: Note) -> None:
    assert parse_note(format_note(note)) == note


@given(
    NOTES.map(format_note)
    | st.text("— a+\n\u2003\x00QUFBQUE=", max_size=40).map(str.encode)
    | st.text("ab\n", max_size=10).map(lambda text: (text + "\n\n— a QUFBQUE=\n").encode()),
    st.integers(0, 200),
    st.binary(max_size=2),
)
def test_bytes_that_read_as_a_note_write_back(data: bytes, place: int, patch: bytes) -> None:
    changed = data[:place] + patch + data[place + len(patch) :]
    try:
        note = parse_note(changed)
    except CheckpointError:
        return
    assert format_note(note) == changed


@given(NAMES, st.binary(min_size=32, max_size=32), st.sampled_from([1, 4]))
def test_a_verifier_key_reads_back(name: str, public: bytes, sig_type: int) -> None:
    text = vkey(name, public, sig_type)
    key = parse_vkey(text)
    assert (key.name, key.public, key.sig_type) == (name, public, sig_type)
    assert str(key) == text


@given(st.binary(min_size=32, max_size=32), st.integers(0, 60), st.characters())
def test_a_verifier_key_with_one_other_character_is_another_or_none(
    public: bytes, place: int, character: str
) -> None:
    text = vkey("log", public)
    changed = text[:place] + character + text[place + 1 :]
    try:
        key = parse_vkey(changed)
    except CheckpointError:
        return
    assert str(key) == changed


@given(CHECKPOINTS)
def test_a_checkpoint_reads_back(checkpoint: Checkpoint) -> None:
    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint


@given(CHECKPOINTS.map(format_checkpoint), st.integers(0, 100), st.characters())
def test_a_text_that_reads_as_a_checkpoint_writes_back(
    text: str, place: int, character: str
) -> None:
    changed = text[:place] + character + text[place:]
    try:
        checkpoint = parse_checkpoint(changed)
    except CheckpointError:
        return
    assert format_checkpoint(checkpoint) == changed


@given(PROOFS)
def test_a_proof_reads_back(proof: TlogProof) -> None:
    assert parse_proof(format_proof(proof)) == proof


@given(PROOFS.map(format_proof), st.integers(0, 300), st.binary(max_size=2), st.booleans())
def test_bytes_that_read_as_a_proof_write_back(
    data: bytes, place: int, patch: bytes, insert: bool
) -> None:
    changed = data[:place] + patch + data[place + (0 if insert else len(patch)) :]
    try:
        proof = parse_proof(changed)
    except ProofError:
        return
    assert format_proof(proof) == changed

"""What a witness is asked and must answer, by the words of C2SP tlog-witness."""

from __future__ import annotations

from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.checkpoint import Checkpoint, format_checkpoint
from ledger.core.merkle import leaf_hash, prove_consistency, root_of
from ledger.core.note import ED25519, Note, NoteSignature, Vkey, format_note, sign_note
from ledger.core.witnessing import (
    MAX_REQUEST_BYTES,
    SIZE,
    AddCheckpoint,
    Known,
    format_add_checkpoint,
    monitor_path,
    parse_add_checkpoint,
    parse_known_size,
    refusal,
)
from ledger.errors import ProofError

ORIGIN = "log.example/main"
LOG = Ed25519PrivateKey.from_private_bytes(b"L" * 32)
KEY = Vkey(ORIGIN, ED25519, LOG.public_key().public_bytes_raw())
OTHER = Ed25519PrivateKey.from_private_bytes(b"O" * 32)


@cache
def leaves(fork: int = 100) -> tuple[bytes, ...]:
    return tuple(leaf_hash(b"%d %d" % (n, n >= fork)) for n in range(100))


def root(size: int, fork: int = 100) -> bytes:
    return root_of(leaves(fork)[:size])


def proof(old: int, new: int, fork: int = 100) -> tuple[bytes, ...]:
    return prove_consistency(
        old,
        new,
        lambda level, index: root_of(leaves(fork)[index << level : (index + 1) << level]),
    )


def signed(size: int, fork: int = 100, key: Ed25519PrivateKey = LOG, origin: str = ORIGIN) -> Note:
    text = format_checkpoint(Checkpoint(origin, size, root(size, fork)))
    return sign_note(text, origin, key.public_key().public_bytes_raw(), key.sign)


def asked(old: int, new: int, fork: int = 100, **changed: object) -> AddCheckpoint:
    note = changed.get("note", signed(new, fork))
    lines = changed.get("proof", proof(old, new, fork) if old <= new else ())
    return parse_add_checkpoint(format_add_checkpoint(old, lines, format_note(note)))  # type: ignore[arg-type]


def known(size: int) -> Known:
    return Known(size, root(size))


@pytest.mark.parametrize(
    ("old", "new"), [(0, 0), (0, 1), (0, 70), (1, 2), (7, 70), (64, 65), (70, 70)]
)
def test_a_tree_that_continues_what_is_known_may_be_cosigned(old: int, new: int) -> None:
    assert refusal(asked(old, new), [KEY], known(old)) is None


def test_a_log_that_is_not_known_is_not_found() -> None:
    told = refusal(asked(0, 3), [], Known())
    assert told is not None
    assert told.status == 404


def test_a_checkpoint_that_no_known_key_signed_is_forbidden() -> None:
    by_another = signed(3, key=OTHER)
    renamed = NoteSignature(KEY.name, KEY.key_id, by_another.signatures[0].signature)
    bad_beside_good = Note(by_another.text, (*signed(3).signatures, renamed))
    for note in (by_another, Note(by_another.text, (renamed,)), bad_beside_good):
        told = refusal(asked(0, 3, note=note), [KEY], Known())
        assert told is not None
        assert told.status == 403


def test_lines_of_strangers_beside_the_logs_do_no_harm() -> None:
    note = signed(3)
    stranger = NoteSignature("stranger", b"1234", b"anything")
    both = Note(note.text, (stranger, *note.signatures))
    assert refusal(asked(0, 3, note=both), [KEY], Known()) is None


def test_an_old_size_above_the_new_is_a_bad_request() -> None:
    told = refusal(asked(5, 3), [KEY], known(5))
    assert told is not None
    assert told.status == 400


@pytest.mark.parametrize(("old", "kept"), [(0, 5), (3, 5), (5, 0), (5, 3), (5, 90)])
def test_another_old_size_is_told_the_size_that_is_known(old: int, kept: int) -> None:
    told = refusal(asked(old, 60), [KEY], known(kept))
    assert told is not None
    assert (told.status, told.body, told.media_type) == (409, f"{kept}\n", SIZE)
    assert parse_known_size(told.body.encode()) == kept
    assert not told.split


def test_two_roots_for_one_size_are_a_split_without_a_size() -> None:
    told = refusal(asked(7, 7, fork=3), [KEY], known(7))
    assert told is not None
    assert (told.status, told.split) == (409, True)
    assert told.media_type != SIZE


@pytest.mark.parametrize("old", [1, 7, 8, 31])
def test_a_tree_that_does_not_continue_is_unprocessable(old: int) -> None:
    told = refusal(asked(old, 60, fork=0), [KEY], known(old))
    assert told is not None
    assert (told.status, told.split) == (422, True)


def test_a_proof_must_be_the_proof_and_nothing_more() -> None:
    lines = proof(7, 60)
    for changed in ((), lines[:-1], (*lines, lines[0]), (bytes(32), *lines[1:])):
        told = refusal(asked(7, 60, proof=changed), [KEY], known(7))
        assert told is not None
        assert told.status == 422
    told = refusal(asked(0, 60, proof=(bytes(32),)), [KEY], Known())
    assert told is not None
    assert told.status == 422


BODY = format_add_checkpoint(7, proof(7, 60), format_note(signed(60)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 7",
        BODY.replace(b"old 7", b"old 07"),
        BODY.replace(b"old 7", b"old +7"),
        BODY.replace(b"old 7", b"old  7"),
        BODY.replace(b"old 7", b"OLD 7"),
        BODY.replace(b"old 7", b"old 9223372036854775809"),
        BODY.replace(b"old 7\n", b"old 7\r\n"),
        BODY.replace(b"old 7\n", b"old 7\n\n"),
        BODY.replace(b"old 7\n", b"old 7\nAAAA\n"),
        BODY.replace(b"old 7\n", b"old 7\n" + b"A" * 44 + b"\n"),
        BODY.replace(b"\n\n" + ORIGIN.encode(), b"\n" + ORIGIN.encode()),
        BODY.replace(b"\n60\n", b"\n060\n"),
        BODY.replace(b"\n60\n", b"\n60\nx\n"),
        BODY[:-1],
        BODY + b"\n",
        format_add_checkpoint(0, [bytes(32)] * 64, format_note(signed(60))),
        BODY + b"x" * MAX_REQUEST_BYTES,
    ],
)
def test_a_body_that_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(ProofError):
        parse_add_checkpoint(body)


def test_a_request_is_written_and_read() -> None:
    read = parse_add_checkpoint(BODY)
    assert (read.old_size, read.proof, read.checkpoint.size) == (7, proof(7, 60), 60)
    assert format_add_checkpoint(read.old_size, read.proof, format_note(read.note)) == BODY
    assert BODY.startswith(b"old 7\n")


@pytest.mark.parametrize("body", [b"", b"7", b"07\n", b"-7\n", b"7\n\n", b"seven\n", b"\xb2\n"])
def test_a_size_in_another_form_is_none(body: bytes) -> None:
    assert parse_known_size(body) is None


def test_the_monitors_path_is_the_digest_of_the_origin() -> None:
    # printf 'example.com/behind-the-sofa' | sha256sum
    digest = "5fd2dc0beb4ce54da5050cf6d5c75248b023abad441c3cecde3976fbe9da4fe4"
    assert monitor_path("example.com/behind-the-sofa") == f"{digest}/checkpoint"


@given(st.binary(max_size=300))
def test_any_body_is_a_request_or_refused(body: bytes) -> None:
    try:
        read = parse_add_checkpoint(b"old 0\n\n" + body)
    except ProofError:
        return
    assert read.old_size == 0


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 61))
def test_what_is_granted_always_begins_with_what_is_known(old: int, new: int, fork: int) -> None:
    request = asked(old, new, fork)
    granted = refusal(request, [KEY], known(old)) is None
    assert granted == (old <= new and root(old, fork) == root(old))

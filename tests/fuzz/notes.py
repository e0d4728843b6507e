"""Targets of lines and signatures: notes, checkpoints, cosignatures, proofs, witnesses, trust."""

from __future__ import annotations

from ledger.core.checkpoint import format_checkpoint, parse_checkpoint
from ledger.core.cosignature import check_cosignatures, format_lines, parse_lines
from ledger.core.merkle import check_inclusion
from ledger.core.note import (
    check_note,
    format_note,
    format_signature,
    parse_note,
    parse_signature,
    parse_vkey,
)
from ledger.core.proof import check_proof, format_proof, parse_proof
from ledger.core.trust import (
    fewest,
    format_trust_policy,
    parse_trust_policy,
    quorum_met,
    satisfied,
)
from ledger.core.witnessing import (
    Known,
    format_add_checkpoint,
    parse_add_checkpoint,
    parse_known_size,
    refusal,
)
from tests.fuzz import seeds
from tests.fuzz.target import Target, answer

_LINE = (
    b"\n\n",
    "\n\N{EM DASH} ".encode(),
    b"+",
    b" ",
    b"=\n",
    b"\r\n",
    b"\x00",
    b"\xff",
    b"\xc2\x85",
)


def _note(data: bytes) -> None:
    note = answer(parse_note, data)
    if note is None:
        return
    assert format_note(note) == data
    if answer(check_note, note, [seeds.log().vkey]) is not None:
        assert note.text in {parse_note(seeds.log(size).note).text for size in (1, 300)}


def _signature_line(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    line = answer(parse_signature, text)
    if line is not None:
        # A lone surrogate is no text that a note can hold; parse_note reads UTF-8 alone.
        assert format_signature(line) == text + "\n"


def _vkey(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    key = answer(parse_vkey, text)
    assert key is None or str(key) == text


def _checkpoint(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    tree = answer(parse_checkpoint, text)
    assert tree is None or format_checkpoint(tree) == text


def _cosigned(data: bytes) -> None:
    note = answer(parse_note, data)
    tree = answer(parse_checkpoint, note.text) if note else None
    if note is None or tree is None:
        return
    found = answer(check_cosignatures, note, tree, [seeds.WITNESS, seeds.ML_DSA_WITNESS])
    if found:
        assert note.text == parse_note(seeds.cosigned()).text
        assert {one.time for one in found} == {seeds.SECOND}


def _lines(data: bytes) -> None:
    found = answer(parse_lines, data)
    assert found is None or format_lines(found) == data


def _proof(data: bytes) -> None:
    proof = answer(parse_proof, data)
    if proof is None:
        return
    assert format_proof(proof) == data
    tree = answer(check_proof, proof, seeds.proved_leaf(), [seeds.log().vkey])
    if tree is not None:
        check_inclusion(seeds.proved_leaf(), proof.index, tree.size, proof.hashes, tree.root)
        assert (tree.origin, tree.size, proof.index) == (seeds.log().origin, 300, 257)


def _request(data: bytes) -> None:
    request = answer(parse_add_checkpoint, data)
    if request is None:
        return
    assert format_add_checkpoint(request.old_size, request.proof, format_note(request.note)) == data
    assert refusal(request, [], Known()) is not None
    said = refusal(request, [seeds.log().vkey], Known())
    if said is None:
        # From the empty tree the log's own signature is all that is asked for.
        assert request.note.text == parse_note(seeds.log().note).text
    else:
        assert said.status in {400, 403, 409, 422}


def _known_size(data: bytes) -> None:
    size = parse_known_size(data)
    assert size is None or f"{size}\n".encode() == data


def _trust(data: bytes) -> None:
    policy = answer(parse_trust_policy, data)
    if policy is None:
        return
    assert parse_trust_policy(format_trust_policy(policy)) == policy
    names = {one.name for one in policy.witnesses}
    needed = fewest(policy)
    assert 0 <= needed <= len(names)
    assert quorum_met(policy, names)
    assert quorum_met(policy, set()) == (needed == 0)
    verdict = answer(satisfied, policy, parse_note(seeds.cosigned()))
    if verdict is not None:
        assert len(verdict.counted) + len(verdict.missing) == len(policy.witnesses)


TARGETS = (
    Target(
        "note",
        "a signed note: a published checkpoint, a checkpoint in a proof or request",
        _note,
        lambda: [seeds.log().note, seeds.cosigned(), seeds.log(1).note],
        _LINE,
    ),
    Target(
        "signature-line",
        "one signature line of a note",
        _signature_line,
        lambda: [line.rstrip(b"\n") for line in seeds.lines().splitlines(keepends=True)],
        _LINE,
    ),
    Target(
        "vkey",
        "a verifier key, typed in or in a trust policy",
        _vkey,
        lambda: [str(key).encode() for key in (seeds.log().vkey, seeds.WITNESS)],
        (b"+", b"=", b"A", b"\xe2\x80\x89"),
    ),
    Target(
        "checkpoint",
        "the text of a tree head",
        _checkpoint,
        lambda: [
            seeds.log().note.partition(b"\n\n")[0] + b"\n",
            b"a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        ],
        (b"\n", b"9223372036854775808", b"0", b"\xd9\xa3", b"\x1b["),
    ),
    Target(
        "cosignature",
        "a checkpoint with witnesses' cosignatures of both types",
        _cosigned,
        lambda: [seeds.cosigned(), seeds.log().note + seeds.lines()[:200] + b"\n"],
        _LINE,
    ),
    Target(
        "witness-answer",
        "what a witness answers to a request: signature lines",
        _lines,
        lambda: [seeds.lines(), seeds.lines().splitlines(keepends=True)[0]],
        _LINE,
    ),
    Target(
        "proof",
        "a .tlog-proof file",
        _proof,
        lambda: [seeds.proof(), seeds.proof(b"extra")],
        (
            *_LINE,
            b"c2sp.org/tlog-proof@v1\n",
            b"index ",
            b"extra ",
            b"index 18446744073709551616\n",
        ),
    ),
    Target(
        "witness-request",
        "the body of POST add-checkpoint",
        _request,
        lambda: [seeds.request(), b"old 0\n\n" + seeds.log().note],
        (*_LINE, b"old ", b"old 0\n", b"9223372036854775807"),
    ),
    Target(
        "witness-size",
        "the body of a witness's 409",
        _known_size,
        lambda: [b"300\n", b"0\n"],
        (b"\n", b"-", b"9223372036854775808"),
        64,
    ),
    Target(
        "trust-policy",
        "a tlog-policy file",
        _trust,
        lambda: [seeds.trust_policy(), b"quorum none\n"],
        (
            b"log ",
            b"witness ",
            b"group ",
            b"quorum ",
            b" any ",
            b" all ",
            b" 1 ",
            b"none",
            b"\t",
            b"#",
            b"one",
            b"inner",
        ),
    ),
)

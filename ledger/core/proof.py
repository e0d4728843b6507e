"""One file that proves one entry offline (C2SP tlog-proof, version 1).

::

    c2sp.org/tlog-proof@v1
    extra <base64>            optional, authenticated by nothing
    index <number>
    <base64 of a hash>        none or more: the inclusion proof, the leaf's sibling first

    <the signed checkpoint, byte for byte>

Whoever has the entry's stored bytes, this file and the log's verifier key needs nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.core.checkpoint import Checkpoint, parse_checkpoint, parse_decimal
from ledger.core.digest import SHA256_BYTES
from ledger.core.merkle import MAX_PROOF, MAX_SIZE, check_inclusion
from ledger.core.note import MAX_NOTE_BYTES, check_note, parse_note
from ledger.core.rfc4648 import from_base64, to_base64
from ledger.errors import CheckpointError, EncodingError, ProofError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.core.note import Vkey

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_PROOF_BYTES: Final = 2 * MAX_NOTE_BYTES

_EXTRA: Final = "extra "
_INDEX: Final = "index "


@dataclass(frozen=True, slots=True)
class TlogProof:
    """The leaf's number, its inclusion proof, the signed checkpoint it leads to, and extra data."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def format_proof(proof: TlogProof) -> bytes:
    """Write a proof; the inverse of ``parse_proof``.

    Raises:
        ProofError: ``malformed-proof`` for parts that no proof can have.
        CheckpointError: the checkpoint is not a signed note.
    """
    _check(proof)
    lines = [HEADER]
    if proof.extra is not None:
        lines.append(_EXTRA + to_base64(proof.extra))
    lines.append(f"{_INDEX}{proof.index}")
    lines.extend(to_base64(value) for value in proof.hashes)
    return ("\n".join(lines) + "\n\n").encode() + proof.checkpoint


def parse_proof(data: bytes) -> TlogProof:
    """Read a proof of at most 2,000,000 bytes. Nothing is checked but its form.

    Raises:
        ProofError: ``malformed-proof`` for bytes that ``format_proof`` does not write.
        CheckpointError: the checkpoint is not a signed note.
    """
    if len(data) > MAX_PROOF_BYTES:
        raise _malformed("it is longer than a proof may be")
    head, divide, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise _malformed("the lines before the checkpoint are not ASCII") from None
    if not divide or lines.pop(0) != HEADER:
        raise _malformed("it does not begin as one, or has no checkpoint")
    extra = None
    if lines and lines[0].startswith(_EXTRA):
        extra = _decode(lines.pop(0).removeprefix(_EXTRA))
    if not lines or not lines[0].startswith(_INDEX):
        raise _malformed("the index is missing")
    index = parse_decimal(lines.pop(0).removeprefix(_INDEX))
    if index is None:
        raise _malformed("the index is not a decimal number in its shortest form")
    proof = TlogProof(index, tuple(map(_decode, lines)), checkpoint, extra)
    _check(proof)
    return proof


def check_proof(proof: TlogProof, leaf: bytes, vkeys: Sequence[Vkey]) -> Checkpoint:
    """Check a proof, and give the checkpoint under which the leaf stands.

    1. A key of ``vkeys`` signed the checkpoint, and no signature of a known key fails.
    2. Among those keys is one that bears the name of the checkpoint's origin.
    3. The inclusion proof leads from the leaf to the checkpoint's root.

    Args:
        proof: as ``parse_proof`` gives it.
        leaf: the leaf hash, ``merkle.leaf_hash`` of the entry's stored bytes.
        vkeys: the keys that the reader trusts, from elsewhere.

    Raises:
        CheckpointError: malformed, signed by nobody known, or by a known key of another log.
        SignatureError: a known key's signature fails.
        InclusionError: the leaf is not in that tree at that place.
    """
    note = parse_note(proof.checkpoint)
    signers = check_note(note, vkeys)
    checkpoint = parse_checkpoint(note.text)
    if all(signer.name != checkpoint.origin for signer in signers):
        raise CheckpointError(
            "The checkpoint is signed by a known key, but of another log.", code="wrong-origin"
        )
    check_inclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return checkpoint


def _check(proof: TlogProof) -> None:
    if not 0 <= proof.index < MAX_SIZE:
        raise _malformed("the index is out of range")
    if len(proof.hashes) > MAX_PROOF or any(len(it) != SHA256_BYTES for it in proof.hashes):
        raise _malformed("it has more than 63 hashes, or one that has not 32 bytes")
    if proof.extra == b"":
        raise _malformed("extra data is empty; leave the line out")
    parse_checkpoint(parse_note(proof.checkpoint).text)


def _decode(text: str) -> bytes:
    try:
        return from_base64(text)
    except EncodingError:
        raise _malformed("a line is not base64") from None


def _malformed(reason: str) -> ProofError:
    return ProofError(f"The proof is malformed: {reason}.", code="malformed-proof")

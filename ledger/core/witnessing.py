"""The dialogue with a witness (C2SP tlog-witness): what is asked, and what a witness must answer.

Rules of the call ``add-checkpoint``:

* the body is ``old <size>``, up to 63 lines of base64 that prove consistency from there, an empty
  line and the signed checkpoint;
* 404 where the origin is unknown; 403 where no key of that origin has signed, or a line names one
  and fails; 400 where the old size is above the new;
* 409 with the witness's own size, as ``text/x.tlog.size``, where the old size is another; 409
  without it where the sizes are equal and the roots are not; 422 where the proof fails;
* 200 with the witness's signature lines, once the checkpoint is kept.

A checkpoint with extension lines is refused (400): nobody can audit them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.core.checkpoint import parse_checkpoint, parse_decimal
from ledger.core.digest import SHA256_BYTES, equal, hex_digest
from ledger.core.merkle import EMPTY_ROOT, MAX_PROOF, check_consistency
from ledger.core.note import parse_note
from ledger.core.rfc4648 import from_base64, to_base64
from ledger.core.trust import check_log_signature
from ledger.errors import ConsistencyError, EncodingError, ProofError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.core.checkpoint import Checkpoint
    from ledger.core.note import Note, Vkey

MAX_REQUEST_BYTES: Final = 131_072
MAX_ANSWER_BYTES: Final = 65_536
TEXT: Final = "text/plain; charset=utf-8"
SIZE: Final = "text/x.tlog.size"

_OLD: Final = b"old "
_DIVIDE: Final = b"\n\n"


class AddCheckpointError(ProofError):
    """A request that is none; a witness answers 400."""

    code = "malformed-add-checkpoint"


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """What a witness is asked: cosign this checkpoint, which continues the tree of ``old_size``."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Known:
    """The largest tree of an origin that a witness has cosigned; at first the empty one."""

    size: int = 0
    root: bytes = EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a witness does not cosign: an HTTP status, the body and its type.

    ``split`` says that a key of the log has signed what does not follow from what was seen before.
    """

    status: int
    body: str
    media_type: str = TEXT
    split: bool = False


def format_add_checkpoint(old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """The body of a request; ``note`` is the signed checkpoint as it stands."""
    lines = [f"old {old_size}", *map(to_base64, proof)]
    return "\n".join(lines).encode("ascii") + _DIVIDE + note


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Read the body of a request. No signature and no proof is checked.

    Raises:
        AddCheckpointError, CheckpointError: for every body that is not one.
    """
    if len(body) > MAX_REQUEST_BYTES:
        raise AddCheckpointError("The request is longer than a request may be.")
    head, divide, signed = body.partition(_DIVIDE)
    first, *proof = head.split(b"\n")
    if not divide or not first.startswith(_OLD):
        raise AddCheckpointError("The request does not begin with an old size and a proof.")
    old_size = parse_decimal(first[len(_OLD) :].decode("latin-1"))
    if old_size is None:
        raise AddCheckpointError("The old size is not a decimal number in its shortest form.")
    if len(proof) > MAX_PROOF:
        raise AddCheckpointError("A proof has at most 63 lines.")
    note = parse_note(signed)
    return AddCheckpoint(old_size, tuple(map(_hash, proof)), note, parse_checkpoint(note.text))


def refusal(request: AddCheckpoint, keys: Sequence[Vkey], known: Known) -> Refusal | None:
    """What a witness answers to a request that it can't grant; None where it may cosign.

    Args:
        request: as it was read.
        keys: the verifier keys that the witness trusts for the request's origin; none if it does
            not know the log.
        known: the largest tree of the origin that it has cosigned. It must not change until the new
            checkpoint is kept.
    """
    if not keys:
        return Refusal(404, "The log is not known to this witness.\n")
    if not is_signed(request, keys):
        return Refusal(403, "No signature of a key that is known for the log verifies.\n")
    return _refusal_by_size(request, known) or _refusal_by_root(request, known)


def is_signed(request: AddCheckpoint, keys: Sequence[Vkey]) -> bool:
    """Whether one of these keys signed the checkpoint, and no line that names one of them fails."""
    try:
        signed = [check_log_signature(key, request.note, request.checkpoint) for key in keys]
    except ProofError:
        return False
    return any(signed)


def parse_known_size(body: bytes) -> int | None:
    """The size in the body of a 409 of type ``text/x.tlog.size``; None if it is none."""
    text = body.decode("latin-1")
    return parse_decimal(text[:-1]) if text.endswith("\n") else None


def monitor_path(origin: str) -> str:
    """Where a witness shows the newest checkpoint of a log, below its monitoring prefix."""
    return f"{hex_digest(origin.encode('utf-8'))}/checkpoint"


def _refusal_by_size(request: AddCheckpoint, known: Known) -> Refusal | None:
    if request.old_size > request.checkpoint.size:
        return Refusal(400, "The old size is above the size of the checkpoint.\n")
    if request.old_size != known.size:
        return Refusal(409, f"{known.size}\n", SIZE)
    return None


def _refusal_by_root(request: AddCheckpoint, known: Known) -> Refusal | None:
    size, root = request.checkpoint.size, request.checkpoint.root
    if size == known.size and not equal(root, known.root):
        return Refusal(409, "The log has signed two roots for this size.\n", split=True)
    try:
        check_consistency(known.size, size, known.root, root, request.proof)
    except ConsistencyError:
        return Refusal(422, "The consistency proof does not verify.\n", split=True)
    return None


def _hash(line: bytes) -> bytes:
    try:
        data = from_base64(line.decode("latin-1"))
    except EncodingError:
        data = b""
    if len(data) != SHA256_BYTES:
        raise AddCheckpointError("A line of the proof is not the base64 of 32 bytes.")
    return data

"""Cosignatures (C2SP tlog-cosignature): somebody saw this tree head, at this second.

Rules:

* a line's content is eight bytes of time, big-endian seconds since 1970 and at most 2**63 - 1, then
  the signature; a witness names its time, a log that signs its own tree may leave it 0 (type 0x06);
* type 0x04, Ed25519, signs ``cosignature/v1``, ``time <seconds>``, each on a line, and the whole
  text of the checkpoint;
* type 0x06, ML-DSA-44 with an empty context (FIPS 204), signs a structure of label, signer's name,
  time, origin, start, end and root; start is 0 and end the size of the tree;
* signatures of keys we don't know are ignored; a line of a key we know that fails is told.

Checked are messages alone: signing and the clock are given from outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from ledger.core.checkpoint import format_checkpoint
from ledger.core.note import (
    ED25519_COSIGNATURE,
    ML_DSA_44_COSIGNATURE,
    NoteSignature,
    Vkey,
    format_signature,
    parse_signature,
)
from ledger.core.signature import SIGNATURE_BYTES, check_ed25519
from ledger.errors import CheckpointError, SignatureError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ledger.core.checkpoint import Checkpoint
    from ledger.core.note import Note

MAX_TIME: Final = 2**63 - 1
ML_DSA_44_SIGNATURE_BYTES: Final = 2420

_TIME_BYTES: Final = 8
_LABEL: Final = b"subtree/v1\n\x00"
_MAX_NAME_BYTES: Final = 255
_SIGNATURE_BYTES: Final = {
    ED25519_COSIGNATURE: SIGNATURE_BYTES,
    ML_DSA_44_COSIGNATURE: ML_DSA_44_SIGNATURE_BYTES,
}


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A cosignature that was checked: whose, when (seconds since 1970), and its line."""

    key: Vkey
    time: int
    line: NoteSignature


def ed25519_message(checkpoint: Checkpoint, time: int) -> bytes:
    """What type 0x04 signs: two lines and the text of the checkpoint."""
    head = f"cosignature/v1\ntime {time}\n"
    return (head + format_checkpoint(checkpoint)).encode("utf-8")


def ml_dsa_44_message(name: str, checkpoint: Checkpoint, time: int) -> bytes:
    """What type 0x06 signs: the structure ``cosigned_message`` over a whole tree.

    Raises:
        CheckpointError: ``malformed-cosignature`` for a name or origin of more than 255 bytes.
    """
    return b"".join(
        (
            _LABEL,
            _counted(name),
            time.to_bytes(_TIME_BYTES, "big"),
            _counted(checkpoint.origin),
            (0).to_bytes(8, "big"),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


def cosign(
    key: Vkey, checkpoint: Checkpoint, time: int, sign: Callable[[bytes], bytes]
) -> NoteSignature:
    """The signature line of one cosigner.

    Args:
        key: the cosigner's, of type 0x04 or 0x06.
        checkpoint: what the cosigner has found consistent with all that it saw before.
        time: seconds since 1970; 0 only for a log's own tree, in type 0x06.
        sign: from a message to the signature in the bytes of the type.

    Raises:
        CheckpointError: ``malformed-cosignature`` or ``unsupported-key``.
    """
    message = _message(key, checkpoint, time)
    signature = sign(message)
    if len(signature) != _SIGNATURE_BYTES[key.sig_type]:
        raise _malformed("the signer gave no signature of this type")
    return NoteSignature(key.name, key.key_id, time.to_bytes(_TIME_BYTES, "big") + signature)


def check_cosignature(
    key: Vkey,
    checkpoint: Checkpoint,
    line: NoteSignature,
    *,
    earliest: int = 1,
    latest: int = MAX_TIME,
) -> Cosignature:
    """Check one line against one key.

    Args:
        key: a cosigner's verifier key, of type 0x04 or 0x06.
        checkpoint: what the line is said to be over.
        line: names the key.
        earliest: the first second that it may name; 0 accepts a log's signature without a time.
        latest: the last second that it may name.

    Raises:
        CheckpointError: ``unknown-signers`` if the line names another key, ``unsupported-key`` for
            a key of another type, ``malformed-cosignature`` for a length or time that can't be,
            ``cosignature-out-of-time`` for a time before ``earliest`` or after ``latest``.
        SignatureError: the signature fails.
    """
    if (line.name, line.key_id) != (key.name, key.key_id):
        raise CheckpointError("The line is of another key.", code="unknown-signers")
    if key.sig_type not in _SIGNATURE_BYTES:
        raise _unsupported()
    if len(line.signature) != _TIME_BYTES + _SIGNATURE_BYTES[key.sig_type]:
        raise _malformed("it has not the length of its type")
    time = int.from_bytes(line.signature[:_TIME_BYTES], "big")
    message = _message(key, checkpoint, time)
    signature = line.signature[_TIME_BYTES:]
    if key.sig_type == ED25519_COSIGNATURE:
        check_ed25519(key.public, signature, message)
    else:
        check_ml_dsa_44(key.public, signature, message)
    if not earliest <= time <= latest:
        raise CheckpointError(
            "The cosignature names no time, or one that has not come.",
            code="cosignature-out-of-time",
            remedy="Set the clocks of both machines.",
        )
    return Cosignature(key, time, line)


def check_cosignatures(
    note: Note, checkpoint: Checkpoint, keys: Sequence[Vkey], *, latest: int = MAX_TIME
) -> tuple[Cosignature, ...]:
    """Check every line of a key we know; of each key the one of the latest time is given back.

    Raises:
        CheckpointError, SignatureError: as ``check_cosignature``, for a line of a key we know; a
            note without such a line gives nothing.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found: dict[Vkey, Cosignature] = {}
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue
        one = check_cosignature(key, checkpoint, line, latest=latest)
        if key not in found or found[key].time < one.time:
            found[key] = one
    return tuple(found.values())


def format_lines(lines: Iterable[NoteSignature]) -> bytes:
    """Signature lines as they stand in a note, each ended by a newline."""
    return "".join(map(format_signature, lines)).encode("utf-8")


def parse_lines(data: bytes, *, most: int = 16) -> tuple[NoteSignature, ...]:
    """Read signature lines as a witness answers them: one or more, each ended by a newline.

    Raises:
        CheckpointError: ``malformed-note`` for a line that is none, ``malformed-cosignature`` for
            no line or more than ``most``.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("the lines are not UTF-8") from None
    if not text.endswith("\n"):
        raise _malformed("the lines do not end in a newline")
    lines = text[:-1].split("\n")
    if len(lines) > most:
        raise _malformed("there are more lines than are read")
    return tuple(map(parse_signature, lines))


def _message(key: Vkey, checkpoint: Checkpoint, time: int) -> bytes:
    if not 0 <= time <= MAX_TIME:
        raise _malformed("its time is above 2**63 - 1")
    if key.sig_type == ED25519_COSIGNATURE:
        return ed25519_message(checkpoint, time)
    if key.sig_type == ML_DSA_44_COSIGNATURE:
        return ml_dsa_44_message(key.name, checkpoint, time)
    raise _unsupported()


def check_ml_dsa_44(public: bytes, signature: bytes, message: bytes) -> None:
    """Check an ML-DSA-44 signature with an empty context (FIPS 204).

    Raises:
        SignatureError: ``bad-public-key`` for a key that is none, else ``signature-failed``.
    """
    try:
        key = _load(public)
    except ValueError:
        raise SignatureError("This is no ML-DSA-44 key.", code="bad-public-key") from None
    try:
        key.verify(signature, message)
    except InvalidSignature:
        raise SignatureError("The signature does not verify under this key.") from None


@lru_cache(maxsize=256)
def _load(public: bytes) -> MLDSA44PublicKey:
    return MLDSA44PublicKey.from_public_bytes(public)


def _counted(text: str) -> bytes:
    data = text.encode("utf-8")
    if not 0 < len(data) <= _MAX_NAME_BYTES:
        raise _malformed("a name or origin has no byte or more than 255")
    return bytes([len(data)]) + data


def _malformed(reason: str) -> CheckpointError:
    return CheckpointError(f"The cosignature is malformed: {reason}.", code="malformed-cosignature")


def _unsupported() -> CheckpointError:
    return CheckpointError("This type of key cosigns nothing.", code="unsupported-key")

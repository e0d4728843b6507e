"""Signed notes (C2SP signed-note): a text and who signed it.

Rules:

* the text ends in a newline; an empty line and one line per signature follow:
  em dash, space, name, space, base64 of (key id, 4 bytes, then the signature), newline;
* UTF-8 without control characters but the newline; the last empty line is the divide;
* a name has no space of any kind and no plus sign;
* key id = the first 4 bytes of SHA-256(name, newline, type byte, public key);
* signatures of keys we don't know are ignored; a key we know whose signature fails spoils the
  whole note; a note that nobody we know has signed is refused.

Checked here is type 0x01, Ed25519 over the text. The types of witnesses' cosignatures have keys
that can be read here, and messages of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.core.digest import sha256
from ledger.core.rfc4648 import from_base64, to_base64
from ledger.core.signature import SIGNATURE_BYTES, check_ed25519
from ledger.errors import CheckpointError, EncodingError, SignatureError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ED25519: Final = 0x01
ED25519_COSIGNATURE: Final = 0x04
ML_DSA_44_COSIGNATURE: Final = 0x06

MAX_NOTE_BYTES: Final = 1_000_000
MAX_SIGNATURES: Final = 100

_PUBLIC_BYTES: Final = {ED25519: 32, ED25519_COSIGNATURE: 32, ML_DSA_44_COSIGNATURE: 1312}
_KEY_ID_BYTES: Final = 4
_DASH: Final = "\N{EM DASH} "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: the signer's name, its key id (4 bytes) and what follows the key id."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and its signatures in their order."""

    text: str
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True)
class Vkey:
    """A verifier key: whose, of which signature type, and the public key in that type's bytes."""

    name: str
    sig_type: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes by which signatures name this key."""
        return key_id(self.name, self.sig_type, self.public)

    @property
    def label(self) -> str:
        """The verifier key without the key: name, plus sign, key id in hexadecimal."""
        return f"{self.name}+{self.key_id.hex()}"

    def __str__(self) -> str:
        return f"{self.label}+{to_base64(bytes([self.sig_type]) + self.public)}"


def key_id(name: str, sig_type: int, public: bytes) -> bytes:
    """The first 4 bytes of SHA-256(name, newline, type byte, public key)."""
    return sha256(_utf8(name) + b"\n" + bytes([sig_type]) + public)[:_KEY_ID_BYTES]


def vkey(name: str, public: bytes, sig_type: int = ED25519) -> str:
    """The text form of a verifier key: ``name+key id in hex+base64(type byte, public key)``.

    Raises:
        CheckpointError: ``malformed-vkey`` for a name or a public key that can't be one.
    """
    if not _is_name(name) or _PUBLIC_BYTES.get(sig_type) != len(public):
        raise _malformed_vkey()
    return str(Vkey(name, sig_type, public))


def parse_vkey(text: str) -> Vkey:
    """Read a verifier key; the inverse of ``vkey``.

    Raises:
        CheckpointError: ``malformed-vkey``, also if the key id is not that of the key.
    """
    # Base64 may contain plus signs, names may not: only the first two divide.
    name, _, rest = text.partition("+")
    hex_id, _, encoded = rest.partition("+")
    try:
        typed = from_base64(encoded)
    except EncodingError:
        raise _malformed_vkey() from None
    if not typed or _PUBLIC_BYTES.get(typed[0]) != len(typed) - 1 or not _is_name(name):
        raise _malformed_vkey()
    key = Vkey(name, typed[0], typed[1:])
    if _KEY_ID.fullmatch(hex_id) is None or key.key_id.hex() != hex_id:
        raise _malformed_vkey()
    return key


def parse_note(data: bytes) -> Note:
    """Read a note of at most 1,000,000 bytes and 100 signatures. No signature is checked.

    Raises:
        CheckpointError: ``malformed-note`` for bytes that ``format_note`` does not write.
    """
    if len(data) > MAX_NOTE_BYTES:
        raise _malformed_note("it is longer than a note may be")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed_note("it is not UTF-8") from None
    if _CONTROL.search(whole):
        raise _malformed_note("it has control characters")
    text, divide, lines = whole.rpartition("\n\n")
    if not divide or not lines.endswith("\n"):
        raise _malformed_note("text, an empty line and signature lines are not all there")
    found = lines[:-1].split("\n")
    if len(found) > MAX_SIGNATURES:
        raise _malformed_note("it has more signatures than are read")
    return Note(text + "\n", tuple(parse_signature(line) for line in found))


def format_note(note: Note) -> bytes:
    """Write a note; the inverse of ``parse_note``.

    Raises:
        CheckpointError: ``malformed-note`` for a text, a name or a signature that no note can have.
    """
    if not note.text.endswith("\n") or _CONTROL.search(note.text):
        raise _malformed_note("the text does not end in a newline or has control characters")
    if not 1 <= len(note.signatures) <= MAX_SIGNATURES:
        raise _malformed_note("it has no signature or too many")
    data = _utf8(note.text + "\n" + "".join(map(format_signature, note.signatures)))
    if len(data) > MAX_NOTE_BYTES:
        raise _malformed_note("it is longer than a note may be")
    return data


def sign_note(text: str, name: str, public: bytes, sign: Callable[[bytes], bytes]) -> Note:
    """Sign a text with Ed25519 (type 0x01).

    Args:
        text: ends in a newline.
        name: of the key.
        public: the 32 bytes of the public key.
        sign: from the bytes of the text to the 64 bytes of the signature.

    Raises:
        CheckpointError: ``malformed-note`` for a text, name or signature that no note can have.
    """
    signature = sign(_utf8(text))
    if len(signature) != SIGNATURE_BYTES:
        raise _malformed_note("the signer gave no Ed25519 signature")
    note = Note(text, (NoteSignature(name, key_id(name, ED25519, public), signature),))
    format_note(note)
    return note


def check_note(note: Note, vkeys: Sequence[Vkey]) -> tuple[NoteSignature, ...]:
    """Check every signature of a key we know; the first of each such key is given back.

    Raises:
        CheckpointError: ``unknown-signers`` if nobody we know has signed, ``ambiguous-key`` if two
            of our keys share name and key id, ``unsupported-key`` for a key of another type.
        SignatureError: a key that we know is named and its signature fails.
    """
    known = _by_name_and_id(vkeys)
    message = _utf8(note.text)
    good: dict[Vkey, NoteSignature] = {}
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue
        if len(line.signature) != SIGNATURE_BYTES:
            raise SignatureError("A known key's signature has not the length of its type.")
        check_ed25519(key.public, line.signature, message)
        good.setdefault(key, line)
    if not good:
        raise CheckpointError(
            "The note is signed by no key that is known here.",
            code="unknown-signers",
            remedy="Give the verifier key of the log, as its operator publishes it.",
        )
    return tuple(good.values())


def _by_name_and_id(vkeys: Sequence[Vkey]) -> dict[tuple[str, bytes], Vkey]:
    known: dict[tuple[str, bytes], Vkey] = {}
    for key in vkeys:
        if key.sig_type != ED25519:
            raise CheckpointError("This type of key is not checked here.", code="unsupported-key")
        if known.setdefault((key.name, key.key_id), key) != key:
            raise CheckpointError("Two known keys share name and key id.", code="ambiguous-key")
    return known


def parse_signature(line: str) -> NoteSignature:
    """Read one signature line without its newline.

    Raises:
        CheckpointError: ``malformed-note``.
    """
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not _is_name(name):
        raise _malformed_note("a signature line has not the form of one")
    try:
        data = from_base64(encoded)
    except EncodingError:
        raise _malformed_note("a signature is not base64") from None
    if len(data) <= _KEY_ID_BYTES:
        raise _malformed_note("a signature is too short")
    return NoteSignature(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def format_signature(line: NoteSignature) -> str:
    """Write one signature line with its newline; the inverse of ``parse_signature``.

    Raises:
        CheckpointError: ``malformed-note`` for a name or a signature that no note can have.
    """
    if not _is_name(line.name) or len(line.key_id) != _KEY_ID_BYTES or not line.signature:
        raise _malformed_note("a signature has no good name, key id or content")
    return f"{_DASH}{line.name} {to_base64(line.key_id + line.signature)}\n"


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise _malformed_note("it has half of a surrogate pair") from None


def _is_name(name: str) -> bool:
    return (
        bool(name)
        and "+" not in name
        and not any(character.isspace() for character in name)
        and _CONTROL.search(name) is None
    )


def _malformed_note(reason: str) -> CheckpointError:
    return CheckpointError(f"The signed note is malformed: {reason}.", code="malformed-note")


def _malformed_vkey() -> CheckpointError:
    return CheckpointError(
        "The verifier key is malformed.",
        code="malformed-vkey",
        remedy="Copy it whole: name, key id and key, joined by plus signs.",
    )

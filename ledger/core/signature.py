"""Ed25519 signatures (RFC 8032 section 5.1), checked.

Rules:

* a public key is its 32 raw bytes, a signature 64;
* a public key of small order is refused: it makes signatures that hold for many messages, so that
  whoever enrolled it could deny any of them;
* loaded keys are kept, because loading costs as much as a tenth of a check;
* OpenSSL's word is the verdict. Where many are checked libsodium is asked first, in half the time:
  what it takes, OpenSSL takes too, and what it refuses, OpenSSL is asked about.

Signing is not here: a signer is a function from message to signature, given from outside.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from ledger.core.digest import hex_digest
from ledger.errors import SignatureError

if TYPE_CHECKING:
    from collections.abc import Sequence

    # Public key, signature, message.
    Signed = tuple[bytes, bytes, bytes]

PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

_SIGN_BIT_OFF: Final = 0x7F

# The y coordinates of the eight points of small order, in their canonical and other encodings,
# without the sign of x (RFC 8032 section 5.1.3 says how a point is encoded).
_SMALL_ORDER: Final = frozenset(
    bytes.fromhex(encoded)
    for encoded in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)


def check_ed25519(public: bytes, signature: bytes, message: bytes) -> None:
    """Check a signature over a message.

    Args:
        public: the 32 raw bytes of the public key.
        signature: 64 bytes.
        message: the bytes that were signed.

    Raises:
        SignatureError: ``bad-public-key`` for a key that is none or of small order, else
            ``signature-failed``.
    """
    key = _load(public)
    try:
        key.verify(signature, message)
    except InvalidSignature:
        raise SignatureError("The signature does not verify under this key.") from None


def failures(
    publics: Sequence[bytes], signatures: Sequence[bytes], lengths: Sequence[int], messages: bytes
) -> list[int]:
    """The places in a batch whose signature does not verify.

    The messages are given as one, and cut by their ``lengths``: so a batch goes to another process
    in a quarter of the time.
    """
    wrong = []
    end = 0
    for place, (public, signature, length) in enumerate(
        zip(publics, signatures, lengths, strict=True)
    ):
        start, end = end, end + length
        if not _holds(public, signature, messages[start:end]):
            wrong.append(place)
    return wrong


def _holds(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        key = _load(public)
        if len(signature) == SIGNATURE_BYTES:
            crypto_sign_open(signature + message, public)
            return True
    except BadSignatureError:
        pass
    except SignatureError:
        return False
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def key_fingerprint(public: bytes) -> str:
    """SHA-256 of the raw public key, in hexadecimal: the ``keyid`` of our DSSE signatures."""
    return hex_digest(public)


@lru_cache(maxsize=1024)
def _load(public: bytes) -> Ed25519PublicKey:
    if len(public) != PUBLIC_KEY_BYTES:
        raise SignatureError(
            f"An Ed25519 public key has {PUBLIC_KEY_BYTES} bytes, not {len(public)}.",
            code="bad-public-key",
        )
    if public[:-1] + bytes([public[-1] & _SIGN_BIT_OFF]) in _SMALL_ORDER:
        raise SignatureError(
            "This Ed25519 public key has small order and binds nobody.",
            code="bad-public-key",
            remedy="Make a key with a library that follows RFC 8032.",
        )
    return Ed25519PublicKey.from_public_bytes(public)

"""A passkey's assertion, checked from its bytes alone: W3C Web Authentication Level 3, section 7.2.

Rules:

* clientDataJSON is kept and hashed as it was received, never written again: browsers add members;
* its type is ``webauthn.get``, its challenge and origin are those that were expected, and no page
  of another origin was around it (``crossOrigin``, ``topOrigin``);
* the authenticator's data is for this RP id, and says that the user was present *and verified*;
* the signature is over authenticator data and SHA-256 of clientDataJSON, by the enrolled key;
* keys are SubjectPublicKeyInfo in DER (RFC 5280), in the one form: P-256, Ed25519, or RSA of 2,048
  to 4,096 bits. So nothing here reads CBOR; whoever enrols a key has read it once.

What the challenge is the hash of, and whose key it is, is checked by ``ledger.state.proving``. The
signature counter is returned: whether it goes back is for whoever knows the last one.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from ledger.core.digest import SHA256_BYTES, equal, sha256
from ledger.core.encoding import parse_json
from ledger.core.signature import check_ed25519
from ledger.errors import EncodingError, SignatureError

if TYPE_CHECKING:
    PublicKey = EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey

MOST_CLIENT_DATA: Final = 8_192
MOST_AUTHENTICATOR_DATA: Final = 2_048
RSA_BITS: Final = range(2_048, 4_097)

_FIXED: Final = SHA256_BYTES + 5
_PRESENT, _VERIFIED, _ELIGIBLE, _BACKED_UP = 0x01, 0x04, 0x08, 0x10
_ATTESTED, _EXTENDED = 0x40, 0x80


@dataclass(frozen=True, slots=True)
class Expected:
    """What an assertion must be of. ``public`` is SubjectPublicKeyInfo in DER."""

    rp_id: str
    origin: str
    challenge: bytes
    algorithm: str
    public: bytes


@dataclass(frozen=True, slots=True)
class AuthenticatorData:
    """What an authenticator says of itself (section 6.1)."""

    rp_id_hash: bytes
    flags: int
    count: int

    @property
    def user_present(self) -> bool:
        """Somebody touched it (UP)."""
        return bool(self.flags & _PRESENT)

    @property
    def user_verified(self) -> bool:
        """It knew by PIN or body who that was (UV)."""
        return bool(self.flags & _VERIFIED)

    @property
    def backup_eligible(self) -> bool:
        """The key may be copied to other devices (BE)."""
        return bool(self.flags & _ELIGIBLE)

    @property
    def backed_up(self) -> bool:
        """The key is copied to other devices now (BS)."""
        return bool(self.flags & _BACKED_UP)


def parse_authenticator_data(data: bytes) -> AuthenticatorData:
    """Read the authenticator data of an assertion.

    Raises:
        SignatureError: ``assertion-malformed``.
    """
    if not _FIXED <= len(data) <= MOST_AUTHENTICATOR_DATA:
        _refuse("assertion-malformed", "The authenticator data has not the length of any.")
    found = AuthenticatorData(data[:SHA256_BYTES], data[SHA256_BYTES], int.from_bytes(data[33:37]))
    if found.flags & _ATTESTED:
        _refuse("assertion-malformed", "The authenticator data is of an enrolment.")
    if bool(found.flags & _EXTENDED) != (len(data) > _FIXED):
        _refuse("assertion-malformed", "The authenticator data is longer or shorter than it says.")
    if found.backed_up and not found.backup_eligible:
        _refuse("assertion-malformed", "A key that can't be copied is said to be copied.")
    return found


def check_assertion(
    expected: Expected, *, authenticator_data: bytes, client_data: bytes, signature: bytes
) -> AuthenticatorData:
    """Check an assertion against what was expected.

    Raises:
        SignatureError: ``assertion-malformed``, ``assertion-type``, ``assertion-challenge``,
            ``assertion-origin``, ``assertion-cross-origin``, ``assertion-rp-id``,
            ``assertion-user-absent``, ``assertion-user-unverified``, ``bad-public-key`` or
            ``signature-failed``.
    """
    _check_client_data(client_data, expected)
    found = parse_authenticator_data(authenticator_data)
    if not equal(found.rp_id_hash, sha256(expected.rp_id.encode())):
        _refuse("assertion-rp-id", "The assertion is for another RP id.")
    if not found.user_present:
        _refuse("assertion-user-absent", "The authenticator saw nobody (UP).")
    if not found.user_verified:
        _refuse("assertion-user-unverified", "The authenticator did not verify the user (UV).")
    message = authenticator_data + sha256(client_data)
    check_signature(expected.algorithm, expected.public, signature, message)
    return found


def _check_client_data(data: bytes, expected: Expected) -> None:
    try:
        found: Any = parse_json(data, max_bytes=MOST_CLIENT_DATA)
    except EncodingError as error:
        _refuse("assertion-malformed", f"clientDataJSON: {error.sentence}")
    if not isinstance(found, dict):
        _refuse("assertion-malformed", "clientDataJSON is not an object.")
    if found.get("type") != "webauthn.get":
        _refuse("assertion-type", "clientDataJSON is not of an assertion.")
    challenge = base64.urlsafe_b64encode(expected.challenge).rstrip(b"=").decode()
    if found.get("challenge") != challenge:
        _refuse("assertion-challenge", "What was signed is not the hash of this statement.")
    if found.get("origin") != expected.origin:
        _refuse("assertion-origin", "It was signed for a page of another origin.")
    if found.get("crossOrigin", False) is not False or "topOrigin" in found:
        _refuse("assertion-cross-origin", "It was signed inside a page of another origin.")


def check_public_key(algorithm: str, public: bytes) -> None:
    """Check that a public key is one of this algorithm, in its one form.

    Raises:
        SignatureError: ``bad-public-key``.
    """
    _load(algorithm, public)


def check_signature(algorithm: str, public: bytes, signature: bytes, message: bytes) -> None:
    """Check a signature by a passkey.

    Raises:
        SignatureError: ``bad-public-key`` or ``signature-failed``.
    """
    key = _load(algorithm, public)
    try:
        if isinstance(key, EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        else:
            check_ed25519(key.public_bytes_raw(), signature, message)
    except InvalidSignature:
        raise SignatureError("The signature does not verify under the enrolled key.") from None


@lru_cache(maxsize=1024)
def _load(algorithm: str, public: bytes) -> PublicKey:
    try:
        key = load_der_public_key(public)
    except (ValueError, UnsupportedAlgorithm):
        _refuse("bad-public-key", "The public key is not SubjectPublicKeyInfo in DER.")
    fits = (
        (algorithm == "es256" and _is_p256(key))
        or (algorithm == "eddsa" and isinstance(key, Ed25519PublicKey))
        or (algorithm == "rs256" and isinstance(key, RSAPublicKey) and key.key_size in RSA_BITS)
    )
    if not fits or not isinstance(key, (EllipticCurvePublicKey, Ed25519PublicKey, RSAPublicKey)):
        _refuse("bad-public-key", "The public key is not one of its algorithm.")
    if key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != public:
        _refuse("bad-public-key", "The public key is not written in its one form.")
    return key


def _is_p256(key: object) -> bool:
    return isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def _refuse(code: str, sentence: str) -> NoReturn:
    raise SignatureError(sentence, code=code)

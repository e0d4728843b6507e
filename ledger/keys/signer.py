"""Signers that live in files: Ed25519 (RFC 8032) and ML-DSA-44 (FIPS 204).

A key file is PKCS #8 in PEM, readable by its owner only. Making a key never replaces one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.core.signature import key_fingerprint
from ledger.errors import InputError, OutsideError

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes


class Signer(Protocol):
    """Something that signs with one key."""

    @property
    def public(self) -> bytes:
        """The raw public key: 32 bytes of Ed25519, or 1312 of ML-DSA-44."""
        ...

    @property
    def keyid(self) -> str:
        """SHA-256 of the public key, in hexadecimal: the hint in an envelope."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature: 64 bytes of Ed25519, or 2420 of ML-DSA-44 with an empty context."""
        ...


class KeptAway(Signer, Protocol):
    """A signer whose private key is not in our keys folder; a URI says where it is."""

    @property
    def uri(self) -> str:
        """Where the key is; it holds no secret, and does not change its meaning."""
        ...


class FileSigner:
    """A signer whose private key was read from a file. Safe for use by several threads."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw()
        self.keyid = key_fingerprint(self.public)

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature (RFC 8032), 64 bytes."""
        return self._key.sign(message)


class FileCosigner:
    """An ML-DSA-44 signer whose private key was read from a file. Safe for several threads."""

    def __init__(self, key: MLDSA44PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw()
        self.keyid = key_fingerprint(self.public)

    def sign(self, message: bytes) -> bytes:
        """The ML-DSA-44 signature (FIPS 204) with an empty context, 2420 bytes."""
        return self._key.sign(message)


def create_cosigner(path: Path, passphrase: bytes = b"") -> FileCosigner:
    """Make a new ML-DSA-44 key file.

    Raises:
        OutsideError: the file exists already or can't be written.
    """
    key = MLDSA44PrivateKey.generate()
    write_secret(path, _pem(key, passphrase))
    return FileCosigner(key)


def open_cosigner(path: Path, passphrase: bytes = b"") -> FileCosigner:
    """Read an ML-DSA-44 key file.

    Raises:
        OutsideError: it can't be read.
        InputError: it is not an ML-DSA-44 key.
    """
    key = _load(path, passphrase)
    if not isinstance(key, MLDSA44PrivateKey):
        raise InputError(f"The key file {path.name} is not an ML-DSA-44 key.", code="key-damaged")
    return FileCosigner(key)


def create_signer(path: Path, passphrase: bytes = b"") -> FileSigner:
    """Make a new key file.

    Raises:
        OutsideError: the file exists already or can't be written.
    """
    key = Ed25519PrivateKey.generate()
    write_secret(path, _pem(key, passphrase))
    return FileSigner(key)


def open_signer(path: Path, passphrase: bytes = b"") -> FileSigner:
    """Read a key file.

    Raises:
        OutsideError: it can't be read.
        InputError: it is not an Ed25519 key.
    """
    key = _load(path, passphrase)
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"The key file {path.name} is not an Ed25519 key.", code="key-damaged")
    return FileSigner(key)


def encrypt_key(path: Path, passphrase: bytes) -> None:
    """Write a key file anew, encrypted; it is replaced at once or not at all.

    Raises:
        InputError: the passphrase is empty, or the file is encrypted already.
    """
    if not passphrase:
        raise InputError(
            "There is no passphrase.",
            code="passphrase-missing",
            remedy="Name a file that holds it with COUNTERSEAL_KEY_PASSPHRASE_FILE.",
        )
    key = _load(path, b"")
    if not isinstance(key, Ed25519PrivateKey | MLDSA44PrivateKey):
        raise InputError(f"The key file {path.name} is not one of the log's.", code="key-damaged")
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    write_secret(part, _pem(key, passphrase))
    part.replace(path)


def _load(path: Path, passphrase: bytes) -> PrivateKeyTypes:
    data = read_secret(path)
    encrypted = b"BEGIN ENCRYPTED PRIVATE KEY" in data
    if encrypted and not passphrase:
        raise OutsideError(
            f"The key file {path.name} is encrypted.",
            code="passphrase-missing",
            remedy="Name a file that holds its passphrase with COUNTERSEAL_KEY_PASSPHRASE_FILE.",
        )
    try:
        return serialization.load_pem_private_key(data, passphrase if encrypted else None)
    except (ValueError, TypeError):
        # The library's own words may quote what it was given.
        raise InputError(
            f"The key file {path.name} is damaged, or its passphrase is another.",
            code="key-damaged",
        ) from None


def _pem(key: Ed25519PrivateKey | MLDSA44PrivateKey, passphrase: bytes) -> bytes:
    protection: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection
    )


def write_secret(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read; never replaces one."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutsideError(
            f"The file {path.name} can't be written: {error.strerror}.", code="key-unwritable"
        ) from error


def read_secret(path: Path) -> bytes:
    """Read a secret file, refusing one that others can read."""
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except OSError as error:
        raise OutsideError(
            f"The file {path.name} can't be read: {error.strerror}.",
            remedy="Keys belong in the home's keys folder.",
            code="key-unreadable",
        ) from error
    if mode & 0o077:
        raise OutsideError(
            f"The file {path.name} can be read by others.",
            remedy="Run chmod 600 on it.",
            code="key-exposed",
        )
    return data

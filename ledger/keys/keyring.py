"""The keys of one installation: for entries, checkpoints, cosignatures, and to wrap the vault's.

They are separate, so that no signature made for one purpose can pass for another.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.errors import InputError
from ledger.keys.signer import (
    FileCosigner,
    FileSigner,
    create_cosigner,
    create_signer,
    open_cosigner,
    open_signer,
    read_secret,
    write_secret,
)

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES: Final = "entries.pem"
CHECKPOINTS: Final = "checkpoints.pem"
COSIGNATURES: Final = "cosignatures.pem"
VAULT: Final = "vault.key"
_WRAPPING_KEY_BYTES: Final = 32


@dataclass(frozen=True)
class Keyring:
    """Signers and the key-encryption key of the vault."""

    entries: FileSigner
    checkpoints: FileSigner
    cosignatures: FileCosigner
    wrapping_key: bytes

    def __repr__(self) -> str:
        return (
            f"Keyring(entries={self.entries.keyid[:12]}, checkpoints={self.checkpoints.keyid[:12]})"
        )


def create_keyring(folder: Path) -> Keyring:
    """Make the keys of a new installation; refuses to replace any."""
    wrapping_key = secrets.token_bytes(_WRAPPING_KEY_BYTES)
    entries = create_signer(folder / ENTRIES)
    checkpoints = create_signer(folder / CHECKPOINTS)
    cosignatures = create_cosigner(folder / COSIGNATURES)
    write_secret(folder / VAULT, wrapping_key)
    return Keyring(entries, checkpoints, cosignatures, wrapping_key)


def open_keyring(folder: Path) -> Keyring:
    """Read the keys of an installation."""
    wrapping_key = read_secret(folder / VAULT)
    if len(wrapping_key) != _WRAPPING_KEY_BYTES:
        raise InputError(f"The key file {VAULT} is damaged.", code="key-damaged")
    return Keyring(
        entries=open_signer(folder / ENTRIES),
        checkpoints=open_signer(folder / CHECKPOINTS),
        cosignatures=open_cosigner(folder / COSIGNATURES),
        wrapping_key=wrapping_key,
    )

"""The keys of one installation: for entries, checkpoints, cosignatures, and to wrap the vault's.

They are separate, so that no signature made for one purpose can pass for another. The folder may
hold several keys of a use: the ledger says which one is in force, never a file's name. So a
rotation needs no second step that a crash could leave out: the new key's file is there before its
entry, and counts from the entry on.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ledger.errors import InputError, OutsideError
from ledger.keys import vault
from ledger.keys.pkcs11 import TokenSigner, create_token_key, open_token_key
from ledger.keys.signer import (
    EntrySigner,
    FileCosigner,
    create_cosigner,
    create_signer,
    open_cosigner,
    open_signer,
    read_secret,
    write_secret,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.state.keys import KeyHistory

ENTRIES: Final = "entries"
CHECKPOINTS: Final = "checkpoints"
COSIGNATURES: Final = "cosignatures"
VAULT: Final = "vault.key"
_WRAPPING_KEY_BYTES: Final = 32
_PLACE: Final = ".uri"


@dataclass
class Keyring:
    """Signers and the key-encryption key of the vault. Only the committing thread turns it."""

    entries: EntrySigner
    checkpoints: EntrySigner
    cosignatures: FileCosigner
    wrapping_key: bytes
    folder: Path
    passphrase: bytes = b""
    _known: dict[bytes, EntrySigner | FileCosigner] = field(default_factory=dict)

    def __repr__(self) -> str:
        return (
            f"Keyring(entries={self.entries.keyid[:12]}, checkpoints={self.checkpoints.keyid[:12]})"
        )

    def turn_to(self, history: KeyHistory) -> None:
        """Sign from now on with the keys that the ledger says are in force.

        Raises:
            OutsideError: ``key-missing``: the folder does not hold one of them.
        """
        entries = history.now(ENTRIES)
        if entries is not None and entries != self.entries.public:
            self.entries = self._signer(ENTRIES, entries)
        checkpoints = history.now(CHECKPOINTS)
        if checkpoints is not None and checkpoints != self.checkpoints.public:
            self.checkpoints = self._signer(CHECKPOINTS, checkpoints)
        cosignatures = history.now(COSIGNATURES)
        if cosignatures is not None and cosignatures != self.cosignatures.public:
            found = self._find(COSIGNATURES, cosignatures)
            if not isinstance(found, FileCosigner):
                raise _missing(COSIGNATURES)
            self.cosignatures = found

    def new_key(self, use: str) -> EntrySigner | FileCosigner:
        """Make another key of a use, durable in its own file; it signs nothing yet."""
        part = self.folder / f"{use}-{secrets.token_hex(4)}.pem"
        if use == COSIGNATURES:
            return create_cosigner(part, self.passphrase)
        return create_signer(part, self.passphrase)

    def token_key(self, use: str, uri: str, *, make: bool) -> EntrySigner:
        """Take a key on a token for a use, or make one there; it signs nothing yet.

        Where it is stands in a file of its own, beside the key files. A key in a Vault is taken,
        never made: whoever answers for the Vault makes it.

        Raises:
            InputError: ``invalid-key-uri``, ``key-exists``, ``wrong-kind-of-key``.
            OutsideError: ``token-failed``.
        """
        if use == COSIGNATURES:
            raise InputError(
                "A token holds keys for entries and checkpoints; ML-DSA-44 keys are files.",
                code="wrong-kind-of-key",
            )
        signer = create_token_key(uri) if make and not _in_vault(uri) else _open_away(uri)
        file = self.folder / f"{use}-{secrets.token_hex(4)}{_PLACE}"
        write_secret(file, f"{signer.public.hex()}\n{signer.uri}\n".encode())
        self._known[signer.public] = signer
        return signer

    def held(self, use: str, public: bytes) -> EntrySigner | FileCosigner:
        """The key of a use that the folder or a token holds.

        Raises:
            OutsideError: ``key-missing``: none does.
        """
        found = self._find(use, public)
        if found is None:
            raise _missing(use)
        return found

    def close(self) -> None:
        """End the sessions on tokens."""
        for signer in self._known.values():
            if isinstance(signer, TokenSigner):
                signer.close()

    def _signer(self, use: str, public: bytes) -> EntrySigner:
        found = self._find(use, public)
        if found is None or isinstance(found, FileCosigner):
            raise _missing(use)
        return found

    def _find(self, use: str, public: bytes) -> EntrySigner | FileCosigner | None:
        if public not in self._known:
            for file in sorted(self.folder.glob(f"{use}*{_PLACE}")):
                named, _, uri = read_secret(file).decode().partition("\n")
                if named == public.hex():
                    self._known[public] = _open_away(uri.rstrip("\n"))
        if public not in self._known:
            for file in sorted(self.folder.glob(f"{use}*.pem")):
                opened: EntrySigner | FileCosigner = (
                    open_cosigner(file, self.passphrase)
                    if use == COSIGNATURES
                    else open_signer(file, self.passphrase)
                )
                self._known[opened.public] = opened
        return self._known.get(public)


def create_keyring(folder: Path, passphrase: bytes = b"") -> Keyring:
    """Make the keys of a new installation; refuses to replace any."""
    wrapping_key = secrets.token_bytes(_WRAPPING_KEY_BYTES)
    entries = create_signer(folder / f"{ENTRIES}.pem", passphrase)
    checkpoints = create_signer(folder / f"{CHECKPOINTS}.pem", passphrase)
    cosignatures = create_cosigner(folder / f"{COSIGNATURES}.pem", passphrase)
    write_secret(folder / VAULT, wrapping_key)
    return Keyring(entries, checkpoints, cosignatures, wrapping_key, folder, passphrase)


def open_keyring(folder: Path, passphrase: bytes = b"") -> Keyring:
    """Read the keys of an installation: the first of each use, until the ledger says which."""
    wrapping_key = read_secret(folder / VAULT)
    if len(wrapping_key) != _WRAPPING_KEY_BYTES:
        raise InputError(f"The key file {VAULT} is damaged.", code="key-damaged")
    return Keyring(
        entries=open_signer(folder / f"{ENTRIES}.pem", passphrase),
        checkpoints=open_signer(folder / f"{CHECKPOINTS}.pem", passphrase),
        cosignatures=open_cosigner(folder / f"{COSIGNATURES}.pem", passphrase),
        wrapping_key=wrapping_key,
        folder=folder,
        passphrase=passphrase,
    )


def _in_vault(uri: str) -> bool:
    return uri.startswith(vault.SCHEME)


def _open_away(uri: str) -> TokenSigner | vault.VaultSigner:
    """A key that is on a token or in a Vault."""
    return vault.open_vault_key(uri) if _in_vault(uri) else open_token_key(uri)


def _missing(use: str) -> OutsideError:
    return OutsideError(
        f"The key for {use} that is wanted is not in the keys folder.",
        code="key-missing",
        remedy="Bring its file back; a rotation made elsewhere leaves it there.",
    )

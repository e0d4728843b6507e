"""The keys of one installation: for each use of the log's, and the one that wraps the vault's.

They are separate, so that no signature made for one purpose can pass for another. The folder may
hold several keys of a use: the ledger says which one is in force, never a file's name. So a
rotation needs no second step that a crash could leave out: the new key's file is there before its
entry, and counts from the entry on.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ledger.errors import OutsideError
from ledger.keys.away import Elsewhere, open_away
from ledger.keys.pkcs11 import TokenSigner
from ledger.keys.signer import (
    Signer,
    create_cosigner,
    create_signer,
    open_cosigner,
    open_signer,
    read_secret,
    write_secret,
)
from ledger.keys.wrapping import FILE, WrappingFile, new_wrapping_key, place_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.state.keys import KeyHistory

ENTRIES: Final = "entries"
CHECKPOINTS: Final = "checkpoints"
COSIGNATURES: Final = "cosignatures"
ADMISSIONS: Final = "admissions"
VAULT: Final = "vault.key"
VAULT_BEFORE: Final = "vault.key.before"
"""The key that was replaced, until it is certain that the new one is in use."""
_PLACE: Final = ".uri"


@dataclass
class Keyring:
    """Signers and the key-encryption key of the vault. Only the committing thread turns it.

    ``wrapping_key`` is None as long as the service that wraps it was not asked.
    """

    entries: Signer
    checkpoints: Signer
    cosignatures: Signer
    wrapping_key: bytes | None
    folder: Path
    passphrase: bytes = b""
    admissions: Signer | None = None
    wrapping_file: WrappingFile = field(default_factory=WrappingFile)
    _known: dict[bytes, Signer] = field(default_factory=dict)

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
            self.entries = self.held(ENTRIES, entries)
        checkpoints = history.now(CHECKPOINTS)
        if checkpoints is not None and checkpoints != self.checkpoints.public:
            self.checkpoints = self.held(CHECKPOINTS, checkpoints)
        cosignatures = history.now(COSIGNATURES)
        if cosignatures is not None and cosignatures != self.cosignatures.public:
            self.cosignatures = self.held(COSIGNATURES, cosignatures)

        self._turn_admissions(history.now(ADMISSIONS))

    def _turn_admissions(self, public: bytes | None) -> None:
        """Without its key a log goes on recording: only admission receipts are refused."""
        known = None if self.admissions is None else self.admissions.public
        if public is not None and public != known:
            self.admissions = self._find(ADMISSIONS, public)

    def new_key(self, use: str) -> Signer:
        """Make another key of a use, durable in its own file; it signs nothing yet."""
        part = self.folder / f"{use}-{secrets.token_hex(4)}.pem"
        if use == COSIGNATURES:
            return create_cosigner(part, self.passphrase)
        return create_signer(part, self.passphrase)

    def token_key(self, use: str, uri: str, *, make: bool) -> Signer:
        """Take a key that is kept elsewhere, or make one on a token; it signs nothing yet.

        Where it is stands in a file of its own, beside the key files. A key in a Vault or in a key
        service is taken, never made: whoever answers for it makes it.

        Raises:
            InputError: ``invalid-key-uri``, ``key-exists``, ``wrong-kind-of-key``.
            OutsideError: ``token-failed``.
        """
        signer = open_away(uri, use, make=make)
        file = self.folder / f"{use}-{secrets.token_hex(4)}{_PLACE}"
        write_secret(file, f"{signer.public.hex()}\n{signer.uri}\n".encode())
        self._known[signer.public] = signer
        return signer

    def held(self, use: str, public: bytes) -> Signer:
        """The key of a use that the folder or a token holds.

        Raises:
            OutsideError: ``key-missing``: none does.
        """
        found = self._find(use, public)
        if found is None:
            raise _missing(use)
        return found

    def wrapping(self) -> tuple[bytes | None, Callable[[], bytes]]:
        """The key-encryption key, if we have it, and how to read the one that stands now."""
        return self.wrapping_key, self.current_wrapping_key

    def current_wrapping_key(self) -> bytes:
        """The key-encryption key as it stands in its file now: another process may have turned it.

        Raises:
            OutsideError, InputError: it can't be read, or is damaged; ``vault-key-away``.
        """
        self.wrapping_key = self.wrapping_file.read(self.folder / VAULT)
        return self.wrapping_key

    def close(self) -> None:
        """End the sessions on tokens."""
        for signer in self._known.values():
            if isinstance(signer, TokenSigner | Elsewhere):
                signer.close()

    def _find(self, use: str, public: bytes) -> Signer | None:
        if public not in self._known:
            for file in sorted(self.folder.glob(f"{use}*{_PLACE}")):
                named, _, uri = read_secret(file).decode().partition("\n")
                if named == public.hex():
                    self._known[public] = Elsewhere(public, uri.rstrip("\n"), use)
        if public not in self._known:
            for file in sorted(self.folder.glob(f"{use}*.pem")):
                opened: Signer = (
                    open_cosigner(file, self.passphrase)
                    if use == COSIGNATURES
                    else open_signer(file, self.passphrase)
                )
                self._known[opened.public] = opened
        return self._known.get(public)


def create_keyring(folder: Path, passphrase: bytes = b"") -> Keyring:
    """Make the keys of a new installation; refuses to replace any."""
    wrapping_key = new_wrapping_key()
    entries = create_signer(folder / f"{ENTRIES}.pem", passphrase)
    checkpoints = create_signer(folder / f"{CHECKPOINTS}.pem", passphrase)
    cosignatures = create_cosigner(folder / f"{COSIGNATURES}.pem", passphrase)
    admissions = create_signer(folder / f"{ADMISSIONS}.pem", passphrase)
    write_secret(folder / VAULT, wrapping_key)
    return Keyring(entries, checkpoints, cosignatures, wrapping_key, folder, passphrase, admissions)


def open_keyring(folder: Path, passphrase: bytes = b"") -> Keyring:
    """Read the keys of an installation: the first of each use, until the ledger says which."""
    stored = read_secret(folder / VAULT)
    wrapping_key = stored if place_of(stored) == FILE else None
    first = folder / f"{ADMISSIONS}.pem"
    return Keyring(
        entries=open_signer(folder / f"{ENTRIES}.pem", passphrase),
        checkpoints=open_signer(folder / f"{CHECKPOINTS}.pem", passphrase),
        cosignatures=open_cosigner(folder / f"{COSIGNATURES}.pem", passphrase),
        wrapping_key=wrapping_key,
        folder=folder,
        passphrase=passphrase,
        admissions=open_signer(first, passphrase) if first.exists() else None,
    )


def _missing(use: str) -> OutsideError:
    return OutsideError(
        f"The key for {use} that is wanted is not in the keys folder.",
        code="key-missing",
        remedy="Bring its file back; a rotation made elsewhere leaves it there.",
    )

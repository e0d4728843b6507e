"""Keys that are kept elsewhere than in a file, by the scheme of their URI.

Who only reads a log never asks the keeper of its keys: a key that was taken before is opened when
it is to sign for the first time.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from ledger.core.signature import key_fingerprint
from ledger.errors import InputError, OutsideError
from ledger.keys import aws, google, pkcs11, vault

if TYPE_CHECKING:
    from ledger.keys.signer import KeptAway

_AZURE: Final = "azurekms:"
_COSIGNATURES: Final = "cosignatures"


def open_away(uri: str, use: str, *, make: bool = False) -> KeptAway:
    """Take the key of a URI for a use; ``make`` makes it first, which only a token can be asked.

    Raises:
        InputError: ``invalid-key-uri``, ``key-exists``, ``wrong-kind-of-key``.
        OutsideError: ``token-failed``, or the part that speaks with its keeper is not installed.
    """
    if uri.startswith(aws.SCHEME):
        return aws.open_aws_key(uri, use)
    if uri.startswith(google.SCHEME):
        return google.open_google_key(uri, use)
    if uri.startswith(_AZURE):
        raise InputError(
            "Azure Key Vault and its managed HSM sign by RSA and by ECDSA; the log's formats want "
            "Ed25519 and ML-DSA-44, which they do not know.",
            code="invalid-key-uri",
            remedy="Use a token (pkcs11:), a Vault (hv:), AWS (awskms:) or Google (gcpkms:).",
        )
    if use == _COSIGNATURES:
        raise InputError(
            "Tokens and Vaults hold keys for entries and checkpoints; ML-DSA-44 keys are files, or "
            "in AWS (awskms:) or Google (gcpkms:).",
            code="wrong-kind-of-key",
        )
    if uri.startswith(vault.SCHEME):
        return vault.open_vault_key(uri)
    return pkcs11.create_token_key(uri) if make else pkcs11.open_token_key(uri)


class Elsewhere:
    """A key that was taken before, opened when it first signs. Safe for use by several threads."""

    def __init__(self, public: bytes, uri: str, use: str) -> None:
        self.public = public
        self.keyid = key_fingerprint(public)
        self.uri = uri
        self._use = use
        self._opening = threading.Lock()
        self._opened: KeptAway | None = None

    def sign(self, message: bytes) -> bytes:
        """See ``Signer``.

        Raises:
            InputError: the URI names a key of another kind by now.
            OutsideError: ``token-failed``: its keeper does not sign, or holds another key there.
        """
        with self._opening:
            if self._opened is None:
                self._opened = self._open()
        return self._opened.sign(message)

    def close(self) -> None:
        """End the session on a token."""
        with self._opening:
            opened, self._opened = self._opened, None
        if isinstance(opened, pkcs11.TokenSigner):
            opened.close()

    def _open(self) -> KeptAway:
        opened = open_away(self.uri, self._use)
        if opened.public != self.public:
            raise OutsideError(
                "Another key than the one that was taken is where its URI points.",
                code="token-failed",
                remedy="Bring the key back, or replace it: `counterseal key rotate`.",
            )
        return opened

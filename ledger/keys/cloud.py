"""Signers whose private key never leaves a key service of a cloud; what they have in common.

The same services wrap the key-encryption key of the vault (``ledger.keys.wrapping``).

Rules:

* a service holds keys for checkpoints (Ed25519) and for cosignatures (ML-DSA-44): one request for
  each commit, or for each published checkpoint. The key for entries is refused: it would be one
  request for each entry, within the transaction that holds the log, and services sign messages of
  some 4 kB where an entry may have 65,535 bytes;
* what a URI names must not change its meaning: an alias is resolved once, and the key or version
  that it stood for is what is kept;
* each signature is checked under the public key that was taken, before anybody is given it: a
  service that was told to use another key is found out here;
* of a failure its name is told; its words may quote what was sent, or who asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature

from ledger.core.signature import key_fingerprint
from ledger.errors import InputError, LedgerError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

    PublicKey = Ed25519PublicKey | MLDSA44PublicKey

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 10.0
COSIGNATURES: Final = "cosignatures"
_ENTRIES: Final = "entries"
WRAPPING_FAILED: Final = "vault-key-away"
PURPOSE: Final = "counterseal vault key"
"""Bound into what a service wraps: what it wrapped for others is never taken for such a key."""


class Wrapper:
    """A key in a service that wraps other keys, and never leaves it.

    ``seal`` goes from a key to the URI of what wrapped it, which does not change its meaning, and
    what the service gave; ``unseal`` goes back.
    """

    def __init__(
        self,
        name: str,
        seal: Callable[[bytes], tuple[str, bytes]],
        unseal: Callable[[bytes], bytes],
    ) -> None:
        self.name = name
        self._seal = seal
        self._unseal = unseal

    def wrap(self, key: bytes) -> tuple[str, bytes]:
        """The URI of what wrapped a key, and the wrapped key.

        Raises:
            OutsideError: ``vault-key-away``: the service does not answer, or refuses.
        """
        try:
            return self._seal(key)
        except Exception as error:
            raise failed(self.name, error, wraps=True) from error

    def unwrap(self, sealed: bytes) -> bytes:
        """The key that was wrapped.

        Raises:
            OutsideError: ``vault-key-away``: the service does not answer, or refuses.
        """
        try:
            return self._unseal(sealed)
        except Exception as error:
            raise failed(self.name, error, wraps=True) from error


class ServiceSigner:
    """A key in a key service. Safe for use by several threads, if ``ask`` is.

    ``ask`` goes from a message to the signature that the service gives.
    """

    def __init__(self, name: str, uri: str, key: PublicKey, ask: Callable[[bytes], bytes]) -> None:
        self.uri = uri
        self._name = name
        self._key = key
        self._ask = ask
        self.public = key.public_bytes_raw()
        self.keyid = key_fingerprint(self.public)

    def sign(self, message: bytes) -> bytes:
        """The signature: 64 bytes of Ed25519, or 2420 of ML-DSA-44 with an empty context.

        Raises:
            OutsideError: ``token-failed``: the service does not answer, refuses, or signed with
                another key.
        """
        try:
            signature = self._ask(message)
        except Exception as error:
            raise failed(self._name, error) from error
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            raise OutsideError(
                f"{self._name} gave a signature that is not by the key that was taken.",
                code="token-failed",
                remedy=f"Check what {self.uri} names there.",
            ) from None
        return signature


def check_use(name: str, use: str) -> None:
    """Refuse the use that a key service is not for.

    Raises:
        InputError: ``wrong-kind-of-key``.
    """
    if use == _ENTRIES:
        raise InputError(
            f"{name} can't hold the key for entries: it would be asked once for each entry, and "
            "signs messages of some 4 kB, where an entry may have 65,535 bytes.",
            code="wrong-kind-of-key",
            remedy="Keep it in a file, on a token (pkcs11:) or in a Vault (hv:), and the one for "
            "checkpoints here.",
        )


def wrong_kind(name: str, use: str, found: str) -> InputError:
    """What is said of a key that is of another kind than its use needs."""
    wanted = "ML-DSA-44" if use == COSIGNATURES else "Ed25519"
    return InputError(
        f"This key of {name} is of the kind {found}; a key for {use} is {wanted}.",
        code="wrong-kind-of-key",
        remedy=f"Make one of the kind {wanted} there, for signing.",
    )


def wrong_uri(scheme: str, like: str) -> InputError:
    """What is said of a URI that can't be one; it is not repeated."""
    return InputError(
        f"The key's URI can't be used: it is not like {scheme}{like}.", code="invalid-key-uri"
    )


def failed(name: str, error: Exception, *, wraps: bool = False) -> LedgerError:
    """What is told of a service's error: its name and, where it has one, its code."""
    if isinstance(error, LedgerError):
        return error
    answer = getattr(error, "response", None)
    code = answer.get("Error", {}).get("Code", "") if isinstance(answer, dict) else ""
    said = f" ({code})" if isinstance(code, str) and code.isalnum() else ""
    if wraps:
        return OutsideError(
            f"{name} does not open the vault's key: {type(error).__name__}{said}.",
            code=WRAPPING_FAILED,
            remedy="Private texts can't be read or written until it answers; nothing is lost. "
            "Check that it can be reached, the credentials, and that they may encrypt and decrypt "
            "with this key.",
        )
    return OutsideError(
        f"{name} does not sign: {type(error).__name__}{said}.",
        code="token-failed",
        remedy="Check that it can be reached, the credentials, and that they may sign with this "
        "key and read its public half.",
    )


def missing(name: str, extra: str, error: ImportError) -> OutsideError:
    """What is said where the service's library is not installed."""
    made = OutsideError(
        f"Keys in {name} need an optional part that is not installed.",
        code="key-service-missing",
        remedy=f"Run pip install 'counterseal[{extra}]'.",
    )
    made.__cause__ = error
    return made

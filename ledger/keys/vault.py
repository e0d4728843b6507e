"""Signers whose private key never leaves a Vault or OpenBao server (its transit engine).

A key is named by ``hv:NAME`` or, as ``securesystemslib`` writes it, ``hv:NAME/VERSION``. Where the
server is and who asks comes from ``VAULT_ADDR`` and ``VAULT_TOKEN``, or what its agent leaves in
the home of the user; none of it stands in the URI.
"""

from __future__ import annotations

import base64
import re
import threading
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.core.signature import key_fingerprint
from ledger.errors import InputError, OutsideError
from ledger.keys.cloud import PURPOSE, Wrapper

if TYPE_CHECKING:
    from securesystemslib.signer._signer import Signer

SCHEME: Final = "hv:"
_URI: Final = re.compile(r"hv:[A-Za-z0-9_-]{1,128}(/[1-9][0-9]{0,8})?", re.ASCII)
_WRAPS: Final = re.compile(r"hv:[A-Za-z0-9_-]{1,128}", re.ASCII)
_ED25519: Final = "ed25519"


class VaultSigner:
    """An Ed25519 key in a Vault. Safe for use by several threads."""

    def __init__(self, uri: str, signer: Signer) -> None:
        self.uri = uri
        self._signer = signer
        self._lock = threading.Lock()
        self.public = bytes.fromhex(str(signer.public_key.keyval["public"]))
        self.keyid = key_fingerprint(self.public)

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature (RFC 8032), 64 bytes.

        Raises:
            OutsideError: ``token-failed``: the server does not answer, or refuses.
        """
        try:
            with self._lock:
                return bytes.fromhex(self._signer.sign(message).signature)
        except Exception as error:
            raise _failed(error) from error


def open_vault_key(uri: str) -> VaultSigner:
    """Open a key that is in a Vault: of ``hv:NAME`` the newest version, which the result names.

    Raises:
        InputError: ``invalid-key-uri``, or ``wrong-kind-of-key``: it is not for Ed25519.
        OutsideError: ``token-failed``, or ``vault-missing``: the optional part is not installed.
    """
    if not _URI.fullmatch(uri):
        raise InputError(
            "The key's URI can't be used: it is not like hv:NAME or hv:NAME/VERSION.",
            code="invalid-key-uri",
        )
    name, _, version = uri.removeprefix(SCHEME).partition("/")
    hvac = _library()
    from securesystemslib.signer import Signer, SSlibKey  # type: ignore[attr-defined]

    try:
        found = hvac.Client().secrets.transit.read_key(name)["data"]
        number = version or str(max(int(one) for one in found["keys"]))
        kind, public = found["type"], found["keys"][number]
    except Exception as error:
        raise _failed(error) from error
    if kind != _ED25519:
        raise InputError(f"The key {name} is of type {kind}.", code="wrong-kind-of-key")
    try:
        raw = base64.b64decode(public["public_key"], validate=True)
        key = SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(raw))
        whole = f"{SCHEME}{name}/{number}"
        return VaultSigner(whole, Signer.from_priv_key_uri(whole, key))
    except Exception as error:
        raise _failed(error) from error


def open_vault_wrapper(uri: str) -> Wrapper:
    """A key of a Vault (``aes256-gcm96``) that wraps; the wrapped key says by which version.

    Raises:
        InputError: ``invalid-key-uri``.
        OutsideError: ``vault-missing``: the optional part is not installed.
    """
    if not _WRAPS.fullmatch(uri):
        raise InputError(
            "The key's URI can't be used: it is not like hv:NAME.", code="invalid-key-uri"
        )
    name, bound = uri.removeprefix(SCHEME), base64.b64encode(PURPOSE.encode()).decode()
    transit = _library().Client().secrets.transit

    def seal(key: bytes) -> tuple[str, bytes]:
        text = base64.b64encode(key).decode()
        found = transit.encrypt_data(name, plaintext=text, associated_data=bound)
        return uri, str(found["data"]["ciphertext"]).encode()

    def unseal(sealed: bytes) -> bytes:
        found = transit.decrypt_data(name, ciphertext=sealed.decode(), associated_data=bound)
        return base64.b64decode(found["data"]["plaintext"], validate=True)

    return Wrapper("The Vault", seal, unseal)


def _library() -> Any:
    try:
        import hvac
        import securesystemslib  # noqa: F401 (asked for here, used by the caller)
    except ImportError as error:
        raise OutsideError(
            "Keys in a Vault need an optional part that is not installed.",
            code="vault-missing",
            remedy="Run pip install 'counterseal[vault]'.",
        ) from error
    return hvac


def _failed(error: Exception) -> OutsideError:
    """What is told of a server's error: its name; its words may quote what was sent."""
    return OutsideError(
        f"The Vault does not sign: {type(error).__name__}.",
        code="token-failed",
        remedy="Check VAULT_ADDR, VAULT_TOKEN, and that its policy lets this token sign.",
    )

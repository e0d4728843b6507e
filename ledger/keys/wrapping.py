"""The key that wraps the vault's keys, in its file: plain, or wrapped by a key service.

A plain file is the 32 bytes of the key. A wrapped one is three lines: what it is, the URI of the
key that wrapped it, and what the service gave, in base64. The service is asked once by each
process, when a private text is first read or written, and again only when the file is another.

Each wrapped key is unwrapped again before it is put to use, so that none is ever kept that the
service would not give back.
"""

from __future__ import annotations

import secrets
import threading
import time
from typing import TYPE_CHECKING, Final

from ledger.core.rfc4648 import from_base64, to_base64
from ledger.errors import EncodingError, InputError, OutsideError
from ledger.keys import aws, google, vault
from ledger.keys.cloud import WRAPPING_FAILED
from ledger.keys.signer import read_secret

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.keys.cloud import Wrapper

FILE: Final = "file"
"""Where a key is that no service wraps."""
_HEADER: Final = "counterseal/wrapped-key/v1"
_WRAPPING_KEY_BYTES: Final = 32
_AGAIN_SECONDS: Final = 5.0
"""How long a service that was away is not asked again, so that not each page waits for it."""


def new_wrapping_key() -> bytes:
    """A key-encryption key that wraps nothing yet."""
    return secrets.token_bytes(_WRAPPING_KEY_BYTES)


def open_wrapper(uri: str) -> Wrapper:
    """The key of a service that wraps, by its URI.

    Raises:
        InputError: ``invalid-key-uri``.
        OutsideError: the part that speaks with the service is not installed.
    """
    for scheme, opener in (
        (aws.SCHEME, aws.open_aws_wrapper),
        (google.SCHEME, google.open_google_wrapper),
        (vault.SCHEME, vault.open_vault_wrapper),
    ):
        if uri.startswith(scheme):
            return opener(uri)
    raise InputError(
        "The key-encryption key can't be kept there.",
        code="invalid-key-uri",
        remedy="Name a key of AWS (awskms:), Google (gcpkms:) or a Vault (hv:), or say `file`.",
    )


def wrapped_at(place: str, key: bytes) -> bytes:
    """What stands in the file for a key-encryption key that is kept at a place.

    Raises:
        InputError: ``invalid-key-uri``.
        OutsideError: ``vault-key-away``; or the service does not give back what it wrapped.
    """
    if place == FILE:
        return key
    wrapper = open_wrapper(place)
    uri, sealed = wrapper.wrap(key)
    if open_wrapper(uri).unwrap(sealed) != key:
        raise OutsideError(
            f"{wrapper.name} gave back another key than it wrapped.", code=WRAPPING_FAILED
        )
    return f"{_HEADER}\n{uri}\n{to_base64(sealed)}\n".encode()


def place_of(stored: bytes) -> str:
    """Where the key of a file is: ``file``, or the URI of what wraps it.

    Raises:
        InputError: ``key-damaged``.
    """
    return FILE if len(stored) == _WRAPPING_KEY_BYTES else _parsed(stored)[0]


class WrappingFile:
    """Reads the key-encryption key from its file. Safe for use by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: dict[bytes, bytes] = {}
        self._away: tuple[float, OutsideError] | None = None

    def remember(self, stored: bytes, key: bytes) -> None:
        """A wrapped key that is known already needs no service."""
        with self._lock:
            self._opened[stored] = key

    def read(self, file: Path) -> bytes:
        """The key that stands in a file now.

        Raises:
            OutsideError, InputError: it can't be read, or is damaged; ``vault-key-away``.
        """
        return self.opened(read_secret(file), file.name)

    def opened(self, stored: bytes, name: str) -> bytes:
        """The key of what stands in a file.

        Raises:
            InputError: ``key-damaged``.
            OutsideError: ``vault-key-away``: its service does not unwrap it.
        """
        if len(stored) == _WRAPPING_KEY_BYTES:
            return stored
        with self._lock:
            if stored not in self._opened:
                self._opened[stored] = self._asked(stored, name)
            return self._opened[stored]

    def _asked(self, stored: bytes, name: str) -> bytes:
        uri, sealed = _parsed(stored, name)
        if self._away is not None and time.monotonic() < self._away[0]:
            raise self._away[1]
        try:
            key = open_wrapper(uri).unwrap(sealed)
        except OutsideError as error:
            self._away = (time.monotonic() + _AGAIN_SECONDS, error)
            raise
        self._away = None
        if len(key) != _WRAPPING_KEY_BYTES:
            raise _damaged(name)
        return key


def _parsed(stored: bytes, name: str = "vault.key") -> tuple[str, bytes]:
    try:
        header, uri, sealed, end = stored.decode("ascii").split("\n")
        data = from_base64(sealed)
    except (ValueError, EncodingError):
        raise _damaged(name) from None
    if header != _HEADER or end:
        raise _damaged(name)
    return uri, data


def _damaged(name: str) -> InputError:
    return InputError(f"The key file {name} is damaged.", code="key-damaged")

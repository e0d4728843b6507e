"""Random secrets and the keys derived from the home's session key.

A secret leaves the program once, when it is made; what is stored is its SHA-256. Secrets carry 190
bits of chance or more, so a plain digest is enough. What people choose or what can be guessed
(e-mail addresses, network addresses) is stored as HMAC-SHA256 under a key that is not in the
database. Keys are derived by HKDF (RFC 5869), one for each purpose.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Final, Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.core.digest import hex_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from webui.wiring import Wiring

Purpose = Literal[
    "cookies",
    "email-lookup",
    "throttle",
    "device",
    "second-factor",
    "recovery-code",
    "single-sign-on",
    "access-origin",
    "people-feed",
    "connection",
]
SECRET_BYTES: Final = 32
_PUBLIC_ID_BYTES: Final = 8
_KEY_BYTES: Final = 32


def new_secret() -> str:
    """256 random bits, in 43 characters that are safe in a URL."""
    return secrets.token_urlsafe(SECRET_BYTES)


def new_public_id() -> str:
    """64 random bits in hexadecimal: a name that may be shown and recorded."""
    return secrets.token_hex(_PUBLIC_ID_BYTES)


def stored_form(secret: str) -> str:
    """What is stored of a random secret: its SHA-256 in hexadecimal."""
    return hex_digest(secret.encode("utf-8", "replace"))


def derived_key(wiring: Wiring, purpose: Purpose) -> bytes:
    """A key of 32 bytes for one purpose."""
    return _derived(wiring.session_key(), purpose)


def keyed_digest(wiring: Wiring, purpose: Purpose, text: str) -> str:
    """HMAC-SHA256 of a text under the key for one purpose, in hexadecimal."""
    return keyed_lookup(wiring.session_key(), purpose, text)


def digester(wiring: Wiring, purpose: Purpose) -> Callable[[str], str]:
    """``keyed_digest`` for many texts: the key is read and derived once."""
    key = derived_key(wiring, purpose)
    return lambda text: hmac.new(key, text.encode("utf-8", "replace"), "sha256").hexdigest()


def keyed_lookup(session_key: bytes, purpose: Purpose, text: str) -> str:
    """As ``keyed_digest``, for who has the session key itself."""
    key = _derived(session_key, purpose)
    return hmac.new(key, text.encode("utf-8", "replace"), "sha256").hexdigest()


def _derived(session_key: bytes, purpose: Purpose) -> bytes:
    info = f"counterseal {purpose}".encode("ascii")
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=info).derive(session_key)

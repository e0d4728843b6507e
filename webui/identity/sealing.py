"""What identity must be able to read again: encrypted, for one purpose, bound to whom it is about.

AES-256-GCM (NIST SP 800-38D) under a key derived for the purpose from the home's session key, with
a fresh nonce of 96 bits; the purpose and whom it is about are authenticated with it, so that what
was copied into another row opens nothing there.
"""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import OutsideError
from webui.identity.secret import derived_key

if TYPE_CHECKING:
    from webui.identity.secret import Purpose
    from webui.wiring import Wiring

_NONCE_BYTES: Final = 12


def seal(wiring: Wiring, purpose: Purpose, about: str, plain: bytes) -> str:
    """Encrypt something about somebody, for a column of text."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    hidden = AESGCM(derived_key(wiring, purpose)).encrypt(nonce, plain, about.encode())
    return base64.urlsafe_b64encode(nonce + hidden).decode("ascii")


def unseal(wiring: Wiring, purpose: Purpose, about: str, sealed: str) -> bytes:
    """What was encrypted.

    Raises:
        OutsideError: ``sealed-damaged``: the row was changed, or the session key is another one.
    """
    try:
        raw = base64.urlsafe_b64decode(sealed)
        key = AESGCM(derived_key(wiring, purpose))
        return key.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], about.encode())
    except (ValueError, InvalidTag) as error:
        raise OutsideError(
            "What is kept of a second factor or a request can't be opened.",
            code="sealed-damaged",
            remedy="The session key was replaced or the row was changed; the person enrols again.",
        ) from error

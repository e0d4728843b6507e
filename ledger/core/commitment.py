"""Salted commitments: how the ledger is bound to a text that it does not hold.

``commit = HMAC-SHA256(salt, field || 0x00 || RFC 8785 form of the text)`` with 32 random bytes of
salt for each record, so that equal texts do not look equal and short texts can't be guessed. Once
text and salt are destroyed, the commitment says nothing about either.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from ledger.core.encoding import canonical
from ledger.errors import ProofError

SALT_BYTES: Final = 32


def commit(salt: bytes, field: str, text: str) -> str:
    """The commitment to ``text`` as ``field``, in hexadecimal. ``salt`` is 32 random bytes."""
    message = field.encode("ascii") + b"\x00" + canonical(text)
    return hmac.new(salt, message, hashlib.sha256).hexdigest()


def check_commitment(salt: bytes, field: str, text: str, commitment: str) -> None:
    """Check that ``commitment`` is to this text.

    Raises:
        ProofError: it is not.
    """
    if not hmac.compare_digest(commit(salt, field, text), commitment):
        raise ProofError(
            "A private text is not the one the entry is bound to.", code="commitment-failed"
        )

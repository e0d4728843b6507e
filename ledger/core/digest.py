"""SHA-256 (FIPS 180-4), raw and as the lower-case hexadecimal that the ledger writes."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

SHA256_BYTES: Final = 32

_HEX: Final = re.compile(r"[0-9a-f]{64}")


def sha256(data: bytes) -> bytes:
    """The 32 bytes of SHA-256."""
    return hashlib.sha256(data).digest()


def hex_digest(data: bytes) -> str:
    """SHA-256 as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def is_sha256_hex(text: str) -> bool:
    """Whether a text is a digest as the ledger writes it: 64 digits, lower case, nothing else."""
    return _HEX.fullmatch(text) is not None


def equal(a: bytes, b: bytes) -> bool:
    """Whether two byte strings are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(a, b)

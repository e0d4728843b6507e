"""Base64 that has exactly one form (RFC 4648 section 4, standard alphabet, padded).

RFC 4648 section 3.5 lets a decoder ignore the unused bits of the last character; two texts would
then mean the same bytes, and a signed or hashed text could be changed unnoticed. Here what is read
must write back to the same characters.
"""

from __future__ import annotations

import binascii

from ledger.errors import EncodingError


def to_base64(data: bytes) -> str:
    """Standard base64 with padding, on one line."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def from_base64(text: str) -> bytes:
    """Read standard base64.

    Raises:
        EncodingError: ``not-base64``, for any text that ``to_base64`` does not write.
    """
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        data = None
    if data is None or to_base64(data) != text:
        raise EncodingError(
            "This is not base64.",
            code="not-base64",
            remedy="Write the standard alphabet with padding (RFC 4648 section 4), no line breaks.",
        )
    return data

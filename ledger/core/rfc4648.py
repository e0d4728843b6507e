"""Base64 that has exactly one form (RFC 4648 section 4, standard alphabet, padded).

RFC 4648 section 3.5 lets a decoder ignore the unused bits of the last character; two texts would
then mean the same bytes, and a signed or hashed text could be changed unnoticed. Here what is read
must write back to the same characters.
"""

from __future__ import annotations

import pybase64

from ledger.errors import EncodingError


def to_base64(data: bytes) -> str:
    """Standard base64 with padding, on one line."""
    return pybase64.b64encode_as_string(data)


def from_base64(text: str) -> bytes:
    """Read standard base64.

    Raises:
        EncodingError: ``not-base64``, for any text that ``to_base64`` does not write.
    """
    data = decoded(text.encode("ascii")) if text.isascii() else None
    if data is None:
        raise EncodingError(
            "This is not base64.",
            code="not-base64",
            remedy="Write the standard alphabet with padding (RFC 4648 section 4), no line breaks.",
        )
    return data


def decoded(text: bytes) -> bytes | None:
    """The bytes that a text in ASCII says, or None for any that ``to_base64`` does not write."""
    try:
        data = pybase64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if pybase64.b64encode(data) == text else None

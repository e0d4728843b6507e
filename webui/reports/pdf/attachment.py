"""A file inside a PDF: the machine-readable twin that travels with the pages (ISO 32000-2, 7.11.4).

Names are plain file names, without folders, so that a reader who saves them stays in the folder
that was chosen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MEDIA_TYPE: Final = re.compile(r"[a-z]+/[a-z0-9.+-]+")


@dataclass(frozen=True)
class Attachment:
    """A file's name, media type (RFC 6838), description in words and bytes.

    Raises:
        ValueError: the name is not a plain ASCII file name, or the media type not one.
    """

    name: str
    media_type: str
    description: str
    data: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            msg = "an attachment has a plain file name"
            raise ValueError(msg)
        if not _MEDIA_TYPE.fullmatch(self.media_type):
            msg = "an attachment has a media type"
            raise ValueError(msg)

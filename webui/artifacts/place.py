"""Where the bytes of artifacts lie: a folder, an object store or memory, behind one interface.

``file:///FOLDER``, ``memory://NAME``, ``gs://`` and ``abfs://`` go through fsspec (``folder``),
``s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION`` through boto3 (``bucket``): what fsspec
has for S3 holds botocore at a version of its own, which the key service of AWS can't share.
Credentials never stand in the URL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol
from urllib.parse import urlsplit

from ledger.errors import InputError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

PIECE: Final = 1024 * 1024
INCOMING: Final = "incoming/"
# Whose the place is: the object that is written when it is set up.
OWNER: Final = "owner"
_BY_FSSPEC: Final = frozenset({"file", "memory", "gs", "gcs", "abfs", "az"})


class Stored(NamedTuple):
    """An object: its name below the place, its size, and when it was written."""

    name: str
    size: int
    modified: datetime


class Place(Protocol):
    """Objects by name. May be used by several processes at once; names never come from outside.

    Each method raises OutsideError (``artifacts-failed``) where the place does not do as asked.
    """

    def size(self, name: str) -> int | None:
        """How large an object is; None where there is none."""

    def read(self, name: str) -> Iterator[bytes]:
        """The bytes of an object, piece by piece; OutsideError ``artifact-missing`` for none."""

    def write(self, name: str, pieces: Iterator[bytes]) -> None:
        """Write an object whole or not at all: it has its name once the last piece was given.

        What ``pieces`` raises comes out of here, and leaves nothing behind.
        """

    def names(self, below: str) -> Iterator[Stored]:
        """The objects whose name begins with ``below``, which ends with a slash."""

    def remove(self, name: str) -> None:
        """Remove an object."""

    def close(self) -> None:
        """Give back connections."""


def open_place(url: str) -> Place:
    """The place that a URL names.

    Raises:
        InputError: ``setting-invalid``; ``extra-missing`` where a library is not installed.
    """
    try:
        parts = urlsplit(url)
        odd = bool(parts.username or parts.password or parts.fragment) or "::" in url
    except ValueError:
        parts, odd = urlsplit(""), True
    if parts.scheme == "s3" and not odd:
        from webui.artifacts.bucket import open_bucket

        return open_bucket(parts)
    if parts.scheme in _BY_FSSPEC and not odd and not parts.query:
        from webui.artifacts.folder import Folder

        return Folder(url)
    raise InputError(
        "COUNTERSEAL_ARTIFACTS names no place for artifacts.",
        code="setting-invalid",
        remedy="Write file:///FOLDER, s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION, "
        "gs://BUCKET/PREFIX or abfs://CONTAINER/PREFIX; credentials come from the environment.",
    )


def missing() -> OutsideError:
    """An object is not there."""
    return OutsideError("The store does not hold these bytes.", code="artifact-missing")


def failed(why: str) -> OutsideError:
    """The place did not do as asked."""
    return OutsideError(f"The artifact store failed: {why}.", code="artifacts-failed")

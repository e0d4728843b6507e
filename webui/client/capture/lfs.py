"""Git LFS pointers: small texts that stand in a repository in the place of large files.

Source: git-lfs, docs/spec.md: UTF-8, lines ``key SP value LF``, ``version`` first, then the other
keys sorted; ``oid sha256:HEX`` and ``size N``; keys that are not known are kept. Pointers of the
first versions name the address of hawser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from webui.client.errors import CaptureError

MOST_BYTES: Final = 1024
_VERSIONS: Final = frozenset(
    {
        "https://git-lfs.github.com/spec/v1",
        "https://hawser.github.com/spec/v1",
        "http://git-media.io/v/2",
    }
)
_BEGINS: Final = b"version "
_KEY: Final = re.compile(r"[a-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a pointer stands for: the SHA-256 and size of the large file."""

    sha256: str
    size: int


def looks_like_pointer(data: bytes) -> bool:
    """Whether a file begins as a pointer of Git LFS and is small enough to be one."""
    return len(data) < MOST_BYTES and any(
        data.startswith(_BEGINS + version.encode()) for version in _VERSIONS
    )


def read_pointer(data: bytes, name: str) -> Pointer:
    """Read a pointer.

    Raises:
        CaptureError: it begins as one and is none.
    """
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise _none(name, "it is not UTF-8") from None
    if not looks_like_pointer(data) or lines.pop() != "":
        raise _none(name, "it does not begin or end as one")
    pairs = [line.partition(" ")[::2] for line in lines]
    keys = [key for key, _ in pairs]
    if keys[1:] != sorted(set(keys[1:])) or not all(map(_KEY.fullmatch, keys)):
        raise _none(name, "its keys are not in order")
    found = dict(pairs)
    oid = re.fullmatch(r"sha256:([0-9a-f]{64})", found.get("oid", ""))
    size = re.fullmatch(r"0|[1-9][0-9]{0,15}", found.get("size", ""), re.ASCII)
    if oid is None or size is None:
        raise _none(name, "it names no SHA-256 or no size")
    return Pointer(oid[1], int(size[0]))


def _none(name: str, why: str) -> CaptureError:
    return CaptureError(
        f"{name} begins as a pointer of Git LFS and is none: {why}.", code="lfs-malformed"
    )

"""Which files an artifact has: kept beside its bytes, under the artifact's digest.

A version records one digest: of its file, or over the digests of a directory's files (model-signing
1.0). The manifest is believed only where its own digests give that one. Names of files are not
under the digest: whoever can write to the store can rename them, but no name leads out of the
directory that is written.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from pydantic import Field, ValidationError, field_validator

from ledger.errors import IntegrityError
from ledger.events.names import Count, Sha256, Value
from webui.client.capture.artifact import MOST_FILES

if TYPE_CHECKING:
    from webui.client.capture.artifact import Artifact

LARGEST: Final = 64 * 1024 * 1024
_LONGEST: Final = 4_096


class Part(Value):
    """A file: its path below the artifact, with slashes."""

    path: str = Field(min_length=1, max_length=_LONGEST)
    sha256: Sha256
    size: Count

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, path: str) -> str:
        parts = path.split("/")
        if any(part in {"", ".", ".."} for part in parts) or "\\" in path or not path.isprintable():
            raise ValueError("leads outside")
        return path


class Manifest(Value):
    """The files of an artifact in the order of their paths; one, for an artifact that is a file."""

    directory: bool
    files: tuple[Part, ...] = Field(min_length=1, max_length=MOST_FILES)

    @property
    def size(self) -> int:
        """All bytes together."""
        return sum(one.size for one in self.files)

    @property
    def digest(self) -> str:
        """The digest that a version of it records."""
        if not self.directory:
            return self.files[0].sha256
        raw = b"".join(bytes.fromhex(one.sha256) for one in self.files)
        return hashlib.sha256(raw).hexdigest()


def manifest_of(artifact: Artifact) -> Manifest:
    """The manifest of what was hashed; a file's own name is not kept."""
    return Manifest(
        directory=artifact.directory,
        files=tuple(
            Part(
                path=one.path if artifact.directory else "artifact",
                sha256=one.sha256,
                size=one.size,
            )
            for one in artifact.files
        ),
    )


def written(manifest: Manifest) -> bytes:
    """The manifest as it is kept."""
    return manifest.model_dump_json().encode()


def read_manifest(data: bytes, sha256: str) -> Manifest:
    """The manifest of an artifact.

    Raises:
        IntegrityError: ``artifact-damaged``: it is malformed, or is of other bytes.
    """
    try:
        found = Manifest.model_validate_json(data)
    except ValidationError:
        raise damaged("its list of files can't be read") from None
    paths = {one.path for one in found.files}
    single = found.directory or len(found.files) == 1
    if found.digest != sha256 or len(paths) != len(found.files) or not single:
        raise damaged("its list of files is of another artifact")
    return found


def damaged(why: str) -> IntegrityError:
    """What the store holds is not what was registered."""
    return IntegrityError(
        f"The store holds other bytes than the version has: {why}.",
        code="artifact-damaged",
        remedy="Nothing was written. `counterseal artifacts verify` names all that is damaged; "
        "put the artifact again to replace it.",
    )

"""The bytes of a version: SHA-256 of a file, or of a directory by OpenSSF model-signing's manifest.

A directory's digest is the SHA-256 of the files' raw SHA-256 digests in the order of their paths,
which is the subject's digest of model-signing v1.0: so a model that is signed that way and one
that is registered here have the same id. Files of git at its top are left out, as there; a
symbolic link, a device or an empty directory is refused. The digest of a manifest does not cover
the names of files, so the manifest itself, with names, sizes and digests, goes along as a document.

Nothing is held in memory but a buffer: an artifact may be larger than it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webui.client.admit import WrongError, file_digest, files_below
from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOST_FILES: Final = 100_000


@dataclass(frozen=True, slots=True)
class File:
    """A file of an artifact. ``path`` is below the artifact, with slashes; a name for a file."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact's id, size and files. ``manifest`` is model-signing's digest, for a file too."""

    sha256: str
    size: int
    manifest: str
    files: tuple[File, ...]
    directory: bool


def digest_of(
    path: Path,
    *,
    leave_out: frozenset[str] = frozenset(),
    seen: Callable[[int], None] = lambda _: None,
) -> Artifact:
    """Hash an artifact; ``seen`` is told how many bytes passed since it was told last.

    ``leave_out`` are names at its top that are not of the model, such as a signature's.

    Raises:
        CaptureError: it is not there, can't be read, changed while it was read, or holds a link.
    """
    try:
        directory = path.is_dir()
        files = tuple(
            _hashed(one, path if directory else path.parent, seen)
            for one in _paths(path, leave_out)
        )
    except WrongError as error:
        raise CaptureError(f"The artifact can't be taken: {error}.", code="artifact-odd") from None
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or "its name can't be one"
        raise CaptureError(
            f"The artifact can't be read: {said}.", code="artifact-unreadable"
        ) from None
    raw = b"".join(bytes.fromhex(one.sha256) for one in files)
    manifest = hashlib.sha256(raw).hexdigest()
    return Artifact(
        sha256=manifest if directory else files[0].sha256,
        size=sum(one.size for one in files),
        manifest=manifest,
        files=files,
        directory=directory,
    )


def _paths(path: Path, leave_out: frozenset[str]) -> list[Path]:
    """The files of an artifact, or WrongError."""
    if path.is_symlink():
        raise WrongError("the artifact is a symbolic link; name what it leads to")
    found = files_below(path, leave_out) if path.is_dir() else [path]
    if not found or len(found) > MOST_FILES:
        raise WrongError(f"the artifact has no file, or more than {MOST_FILES}")
    return found


def _hashed(path: Path, base: Path, seen: Callable[[int], None]) -> File:
    before = path.lstat()
    digest = file_digest(path, seen).hex()
    after = path.lstat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise WrongError(f"{path.name} changed while it was read")
    return File(path.relative_to(base).as_posix(), before.st_size, digest)

"""The store of artifacts: put, take, check, and what no version needs.

Rules:

* Bytes lie under their own SHA-256 (``sha256/ab/cdef...``), once however many versions have them;
  beside them, under the artifact's digest, its list of files (``manifests/ab/cdef...``), written
  last: an artifact is held once its list is.
* Only bytes that a version registered come in; they are hashed again on their way.
* What is read is hashed; of an artifact that differs nothing is written, not even in part.
* The store proves nothing and is believed in nothing: the ledger holds the digests.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.errors import InputError, IntegrityError, OutsideError
from webui.artifacts import place as places
from webui.artifacts.manifest import LARGEST, damaged, manifest_of, read_manifest, written
from webui.client.capture.artifact import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from datetime import datetime

    from webui.artifacts.manifest import Manifest, Part
    from webui.artifacts.named import Named
    from webui.artifacts.place import Place, Stored
    from webui.settings import Settings

    Seen = Callable[[int], None]

BYTES: Final = "sha256/"
MANIFESTS: Final = "manifests/"


def _unseen(_: int) -> None:
    """Nobody looks how far it is."""


@dataclass(frozen=True, slots=True)
class Put:
    """What came in: how many files and bytes an artifact has, and how many bytes were new."""

    files: int
    size: int
    new: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A file of a version that is damaged or missing."""

    model: str
    version: str
    path: str
    what: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at, and what is wrong. ``absent`` were never put, as far as can be told."""

    artifacts: int
    files: int
    size: int
    absent: int
    problems: tuple[Problem, ...]


@contextmanager
def opened_store(settings: Settings, *, new: bool = False) -> Iterator[Store]:
    """The store that is set, for the length of a block.

    Unless ``new``, its owner must be there: the folder below which a disk is not mounted is empty,
    and is no store that lost everything.

    Raises:
        InputError: ``artifacts-unset``; as ``open_place``.
        OutsideError: ``artifacts-not-set-up``, ``artifacts-failed``.
    """
    if not settings.artifacts:
        raise InputError(
            "This installation keeps no artifacts.",
            code="artifacts-unset",
            remedy="Name a place in COUNTERSEAL_ARTIFACTS, such as file:///srv/artifacts.",
        )
    found = places.open_place(settings.artifacts)
    try:
        if not new and found.size(places.OWNER) is None:
            raise OutsideError(
                "There is no artifact store at the place that is set.",
                code="artifacts-not-set-up",
                remedy="Mount its disk; for a new store run: counterseal artifacts init",
            )
        yield Store(found)
    finally:
        found.close()


@dataclass(frozen=True, slots=True)
class Store:
    """Artifacts in a place. May be used by several processes at once."""

    place: Place

    def put(
        self,
        sha256: str,
        path: Path,
        *,
        leave_out: frozenset[str] = frozenset(),
        seen: Seen = _unseen,
    ) -> Put:
        """Bring in a file or directory whose digest is ``sha256``.

        Raises:
            InputError: ``artifact-other``: it has another digest; nothing was written.
            CaptureError: it can't be read, or holds a link.
            OutsideError: ``artifacts-failed``.
        """
        artifact = digest_of(path, leave_out=leave_out, seen=seen)
        if artifact.sha256 != sha256:
            raise InputError(
                f"This is not what was registered: it is {artifact.sha256[:12]}..., the version "
                f"has {sha256[:12]}...",
                code="artifact-other",
                remedy="Nothing was stored. A directory must hold the same files under the same "
                "names as when it was registered.",
            )
        manifest = _checked(manifest_of(artifact))
        new = 0
        for one, part in zip(artifact.files, manifest.files, strict=True):
            name = name_of(part.sha256)
            if not self._whole(part):
                source = path / one.path if artifact.directory else path
                self.place.write(name, _hashing(_pieces(source), part.sha256, _changed))
                new += part.size
            seen(part.size)
        if not self._listed(manifest):
            self.place.write(name_of(sha256, MANIFESTS), iter((written(manifest),)))
        return Put(files=len(manifest.files), size=manifest.size, new=new)

    def _whole(self, part: Part) -> bool:
        """Whether a file is held as it should be: the right size alone says nothing of rot."""
        if self.place.size(name_of(part.sha256)) != part.size:
            return False
        try:
            for _ in self.reading(part):
                pass
        except IntegrityError:
            return False
        except OutsideError as error:
            if error.code != "artifact-missing":
                raise
            return False
        return True

    def _listed(self, manifest: Manifest) -> bool:
        try:
            return self.manifest(manifest.digest) == manifest
        except IntegrityError:
            return False
        except OutsideError as error:
            if error.code != "artifact-missing":
                raise
            return False

    def holds(self, sha256: str) -> bool:
        """Whether an artifact was put; not whether it is whole."""
        return self.place.size(name_of(sha256, MANIFESTS)) is not None

    def manifest(self, sha256: str) -> Manifest:
        """The files of an artifact.

        Raises:
            OutsideError: ``artifact-missing``.
            IntegrityError: ``artifact-damaged``.
        """
        name = name_of(sha256, MANIFESTS)
        if (self.place.size(name) or 0) > LARGEST:
            raise damaged("its list of files is too large")
        return read_manifest(b"".join(self.place.read(name)), sha256)

    def take(self, sha256: str, output: Path, seen: Seen = _unseen) -> Manifest:
        """Write an artifact to a path where nothing is yet, once all its bytes were verified.

        Raises:
            InputError: ``file-exists``.
            OutsideError: ``artifact-missing``, ``artifacts-failed``, ``file-unwritable``.
            IntegrityError: ``artifact-damaged``.
        """
        if output.is_symlink() or output.exists():
            raise InputError(
                f"There is something at {output} already.",
                code="file-exists",
                remedy="Name a path where nothing is.",
            )
        manifest = self.manifest(sha256)
        try:
            folder = Path(tempfile.mkdtemp(prefix=f".{output.name}.part-", dir=output.parent))
        except OSError as error:
            raise _unwritable(output, error) from error
        try:
            top = folder / "artifact"
            for one in manifest.files:
                self._take_part(one, top / one.path if manifest.directory else top, seen)
            top.rename(output)
        except OSError as error:
            raise _unwritable(output, error) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return manifest

    def _take_part(self, part: Part, target: Path, seen: Seen) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        # The folder is new and ours alone: no link can be on the way.
        with target.open("xb") as file:
            for piece in self.reading(part):
                file.write(piece)
                seen(len(piece))

    def reading(self, part: Part) -> Iterator[bytes]:
        """The bytes of a file; what differs is an error at its end.

        Raises:
            OutsideError: ``artifact-missing``, ``artifacts-failed``.
            IntegrityError: ``artifact-damaged``.
        """
        return _hashing(self.place.read(name_of(part.sha256)), part.sha256, _rotten)

    def check(
        self, wanted: Mapping[str, Named], *, complete: bool = False, seen: Seen = _unseen
    ) -> Checked:
        """Hash what is held of some artifacts again.

        With ``complete`` one that was never put is missing too.
        """
        problems: list[Problem] = []
        done: dict[str, str] = {}
        artifacts = absent = size = 0
        for sha256, one in wanted.items():
            if not complete and not self.holds(sha256):
                absent += 1
                continue
            artifacts += 1
            try:
                parts = self.manifest(sha256).files
            except (IntegrityError, OutsideError) as error:
                problems.append(Problem(one.model, one.version, "", _what(error)))
                continue
            for part in parts:
                if part.sha256 not in done:
                    done[part.sha256] = self._look(part, seen)
                    size += part.size
                if done[part.sha256]:
                    what = done[part.sha256]
                    problems.append(Problem(one.model, one.version, part.path, what))
        return Checked(artifacts, len(done), size, absent, tuple(problems))

    def _look(self, part: Part, seen: Seen) -> str:
        """What is wrong with a file; empty for nothing."""
        try:
            for piece in self.reading(part):
                seen(len(piece))
        except (IntegrityError, OutsideError) as error:
            return _what(error)
        return ""

    def garbage(self, wanted: Collection[str], before: datetime) -> list[Stored]:
        """What no version names, and uploads that were broken off, if written before a moment.

        Raises:
            IntegrityError: a list of files is damaged, so that what it names can't be told.
            OutsideError: ``artifacts-failed``.
        """
        keep: set[str] = set()
        for sha256 in wanted:
            keep.add(name_of(sha256))
            if self.holds(sha256):
                keep.add(name_of(sha256, MANIFESTS))
                keep |= {name_of(part.sha256) for part in self.manifest(sha256).files}
        return [
            one
            for below in (BYTES, MANIFESTS, places.INCOMING)
            for one in self.place.names(below)
            if one.name not in keep and one.modified < before
        ]


def name_of(sha256: str, below: str = BYTES) -> str:
    """The name of an object."""
    return f"{below}{sha256[:2]}/{sha256[2:]}"


def _checked(manifest: Manifest) -> Manifest:
    """The manifest, if it will be read back."""
    return read_manifest(written(manifest), manifest.digest)


def _hashing(
    pieces: Iterator[bytes], sha256: str, wrong: Callable[[], Exception]
) -> Iterator[bytes]:
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
        yield piece
    if found.hexdigest() != sha256:
        raise wrong()


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb", buffering=0) as file:
            while piece := file.read(places.PIECE):
                yield piece
    except OSError as error:
        raise OutsideError(
            f"The artifact can't be read: {error.strerror}.", code="artifact-unreadable"
        ) from error


def _changed() -> Exception:
    return OutsideError(
        "The artifact changed while it was stored.",
        code="artifact-changed",
        remedy="Put it again once nobody writes to it.",
    )


def _rotten() -> Exception:
    return damaged("a file has another digest")


def _what(error: IntegrityError | OutsideError) -> str:
    known = {"artifact-missing": "missing", "artifact-damaged": "damaged"}
    return known.get(error.code, "could not be read")


def _unwritable(output: Path, error: OSError) -> OutsideError:
    return OutsideError(
        f"The artifact can't be written to {output}: {error.strerror}.", code="file-unwritable"
    )

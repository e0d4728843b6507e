"""An artifact as a download: verified before its first byte is sent.

* Whoever may read versions may have the bytes of one.
* Of an archived version only auditors, administrators and compliance may, in whose scope it is.
* Each download is recorded as every export is (``webui.reads``).

The bytes go into an unnamed temporary file first, so that nothing is sent that was not registered:
the folder of temporary files needs room for them. A directory comes as a tar of plain files.
"""

from __future__ import annotations

import tarfile
import tempfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from flask import Response

from ledger.errors import OutsideError
from ledger.events.names import format_instant
from webui.artifacts.manifest import damaged
from webui.artifacts.place import PIECE
from webui.artifacts.store import opened_store
from webui.identity.errors import ReaderError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.state.aggregates import VersionState
    from webui.artifacts.manifest import Manifest
    from webui.artifacts.store import Store
    from webui.wiring import Wiring

OF_ARCHIVED: Final = frozenset({"auditor", "administrator", "compliance"})
MEDIA: Final = "application/octet-stream"
_TAR: Final = "application/x-tar"


@dataclass(frozen=True, slots=True)
class Download:
    """Verified bytes, at their beginning."""

    file: IO[bytes]
    size: int
    name: str
    media: str


def may_download(wiring: Wiring, actor_id: str, version: VersionState) -> bool:
    """Whether somebody who may read versions may have the bytes of this one."""
    if version.state != "archived":
        return True
    now = format_instant(wiring.now())
    tags = wiring.reader.model(version.model).tags or ()
    return any(
        held.role in OF_ARCHIVED and held.in_time(now) and held.reaches(version.model, tags)
        for held in wiring.reader.actor(actor_id).roles
    )


def download(wiring: Wiring, actor_id: str, model: str, version: str) -> Download:
    """The artifact of a version, whole and as registered.

    Raises:
        UnknownSubjectError: no such version.
        ReaderError: ``archived``.
        InputError: ``artifacts-unset``.
        OutsideError: ``artifact-missing``, ``artifacts-failed``, ``no-room``.
        IntegrityError: ``artifact-damaged``.
    """
    found = wiring.reader.version(model, version)
    if not may_download(wiring, actor_id, found):
        raise ReaderError(
            "This version is archived: its artifact is for auditors, administrators and "
            "compliance alone.",
            code="archived",
            remedy="Ask one of them.",
        )
    name = f"{model}-{version}"
    with opened_store(wiring.settings) as store:
        manifest = store.manifest(found.artifact.sha256)
        file = tempfile.TemporaryFile()  # noqa: SIM115 (the answer closes it)
        try:
            (_tar if manifest.directory else _plain)(store, manifest, file)
            size = file.tell()
            file.seek(0)
        except BaseException as error:
            file.close()
            if isinstance(error, OSError):
                raise OutsideError(
                    "The artifact could not be held ready to be sent.", code="no-room"
                ) from error
            raise
    if manifest.directory:
        return Download(file, size, f"{name}.tar", _TAR)
    return Download(file, size, f"{name}.{found.artifact.format}", MEDIA)


def sent(found: Download) -> Response:
    """The download as an answer, which no cache keeps."""
    answer = Response(_pieces(found.file), content_type=found.media)
    answer.headers.set("Content-Disposition", "attachment", filename=found.name)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.content_length = found.size
    # Where nobody reads it to the end.
    answer.call_on_close(found.file.close)
    return answer


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


def _plain(store: Store, manifest: Manifest, file: IO[bytes]) -> None:
    for piece in store.reading(manifest.files[0]):
        file.write(piece)


def _tar(store: Store, manifest: Manifest, file: IO[bytes]) -> None:
    """The same bytes for the same artifact: no times, no owners."""
    for part in manifest.files:
        about = tarfile.TarInfo(part.path)
        about.size = part.size
        file.write(about.tobuf(tarfile.PAX_FORMAT))
        begun = file.tell()
        for piece in store.reading(part):
            file.write(piece)
        if file.tell() - begun != part.size:
            raise damaged("a file has another size")
        file.write(b"\0" * (-part.size % tarfile.BLOCKSIZE))
    file.write(b"\0" * (2 * tarfile.BLOCKSIZE))

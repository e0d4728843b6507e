"""An artifact as a download: hashed before its first byte is sent, and again on its way.

* Whoever may read versions may have the bytes of one.
* Of an archived version only auditors, administrators and compliance may, in whose scope it is.
* Each download is recorded as every export is (``webui.reads``).

It is read twice rather than kept in a temporary file, so a download needs no room on a disk however
many there are. What differs is an error before anything is sent. Where bytes change between the two
readings, the last piece of the file is held back: what arrived is shorter than was announced. A
question for the head alone reads sizes, no bytes. A directory comes as a tar of plain files.
"""

from __future__ import annotations

import tarfile
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import Response

from ledger.events.names import format_instant
from webui.artifacts.manifest import damaged
from webui.artifacts.place import missing
from webui.artifacts.store import name_of, opened_store
from webui.identity.errors import ReaderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ledger.state.aggregates import VersionState
    from webui.artifacts.manifest import Manifest, Part
    from webui.artifacts.store import Store
    from webui.wiring import Wiring

OF_ARCHIVED: Final = frozenset({"auditor", "administrator", "compliance"})
MEDIA: Final = "application/octet-stream"
_TAR: Final = "application/x-tar"
_END: Final = b"\0" * (2 * tarfile.BLOCKSIZE)


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes that were looked at and are read again as they are sent; ``close`` once they were."""

    pieces: Iterator[bytes]
    size: int
    name: str
    media: str
    close: Callable[[], None]


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


def download(
    wiring: Wiring, actor_id: str, model: str, version: str, *, head: bool = False
) -> Download:
    """The artifact of a version, whole and as registered; with ``head`` only its size is looked at.

    Raises:
        UnknownSubjectError: no such version.
        ReaderError: ``archived``.
        InputError: ``artifacts-unset``.
        OutsideError: ``artifact-missing``, ``artifacts-failed``, ``artifacts-not-set-up``.
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
    with ExitStack() as stack:
        store = stack.enter_context(opened_store(wiring.settings))
        manifest = store.manifest(found.artifact.sha256)
        for part in {(one.sha256, one.size): one for one in manifest.files}.values():
            (_look if head else _verify)(store, part)
        if manifest.directory:
            pieces, size = _tar(store, manifest), _tar_size(manifest)
            ending, media = "tar", _TAR
        else:
            pieces, size = _plain(store, manifest.files[0]), manifest.size
            ending, media = found.artifact.format, MEDIA
        close = stack.pop_all().close
    return Download(pieces, size, f"{model}-{version}.{ending}", media, close)


def sent(found: Download) -> Response:
    """The download as an answer, which no cache keeps."""
    answer = Response(found.pieces, content_type=found.media)
    answer.headers.set("Content-Disposition", "attachment", filename=found.name)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.content_length = found.size
    # Where nobody reads it to the end, too.
    answer.call_on_close(found.close)
    return answer


def _look(store: Store, part: Part) -> None:
    size = store.place.size(name_of(part.sha256))
    if size is None:
        raise missing()
    if size != part.size:
        raise damaged("a file has another size")


def _verify(store: Store, part: Part) -> None:
    if sum(len(piece) for piece in store.reading(part)) != part.size:
        raise damaged("a file has another size")


def _plain(store: Store, part: Part) -> Iterator[bytes]:
    """The bytes of a file; the last piece once the digest of all was the right one."""
    held = b""
    for piece in store.reading(part):
        if held:
            yield held
        held = piece
    yield held


def _tar(store: Store, manifest: Manifest) -> Iterator[bytes]:
    """The same bytes for the same artifact: no times, no owners."""
    for part in manifest.files:
        yield _about(part)
        yield from _plain(store, part)
        yield b"\0" * (-part.size % tarfile.BLOCKSIZE)
    yield _END


def _tar_size(manifest: Manifest) -> int:
    return len(_END) + sum(
        len(_about(part)) + part.size + -part.size % tarfile.BLOCKSIZE for part in manifest.files
    )


def _about(part: Part) -> bytes:
    about = tarfile.TarInfo(part.path)
    about.size = part.size
    return about.tobuf(tarfile.PAX_FORMAT)

"""A guard in a folder: one file for each log, which holds the signed checkpoint itself.

A file is replaced whole: written beside its place, synced, renamed over it, and the folder synced
(POSIX rename is atomic; without the second sync it may be undone by a power failure). Readers need
no lock. Who replaces holds an exclusive flock of the folder's lock file while it compares and
renames, so it serves processes of one machine, and of several where the file system keeps flock
between them (NFS from version 4 on does).

The folder is made by ``prepare``, where a guard is begun, if the folder above is there. One that is
missing later is out of reach, not empty: its disk may not be mounted.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from ledger.errors import InputError
from ledger.store.guards.guard import LARGEST, Guarded, guard_damaged, guard_failed, guarded_note

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

LOCK: Final = "lock"
LOCK_SECONDS: Final = 10.0
_PAUSE: Final = 0.01


def file_name(origin: str) -> str:
    """The name under which a log's checkpoint is kept: the origin may be no file name."""
    return f"{hashlib.sha256(origin.encode()).hexdigest()}.checkpoint"


def open_folder(parts: SplitResult) -> FolderGuard:
    """The guard at ``file:///FOLDER``.

    Raises:
        InputError: ``setting-invalid``.
    """
    path = unquote(parts.path)
    here = parts.netloc in {"", "localhost"} and not parts.query and not parts.fragment
    if not here or not path.startswith("/") or "\0" in path or path == "/":
        raise InputError(
            "The guard's URL names no folder of this machine.",
            code="setting-invalid",
            remedy="Write file:///FOLDER, with three slashes.",
        )
    return FolderGuard(Path(path))


class FolderGuard:
    """The checkpoint of each log as a file; see the module for what makes a swap atomic."""

    def __init__(self, folder: Path, *, lock_seconds: float = LOCK_SECONDS) -> None:
        self._folder = folder
        self._lock_seconds = lock_seconds

    def prepare(self) -> None:
        """See ``Guard.prepare``."""
        try:
            with suppress(FileExistsError):
                self._folder.mkdir(mode=0o700)
                _sync_folder(self._folder.parent)
            with self._locked():
                pass
        except OSError as error:
            raise _failed(error) from error

    def read(self, origin: str) -> Guarded | None:
        """See ``Guard.read``."""
        try:
            if not self._folder.is_dir():
                raise guard_failed("its folder is missing (is the disk mounted?)")
            return self._read(origin)
        except OSError as error:
            raise _failed(error) from error

    def _read(self, origin: str) -> Guarded | None:
        try:
            with (self._folder / file_name(origin)).open("rb") as file:
                note = file.read(LARGEST + 1)
        except FileNotFoundError:
            return None
        if len(note) > LARGEST:
            raise guard_damaged("its file is too large")
        return guarded_note(origin, note)

    def swap(self, origin: str, old: Guarded | None, new: Guarded) -> bool:
        """See ``Guard.swap``."""
        try:
            with self._locked():
                there = self._read(origin)
                if (there is None) != (old is None) or not (there is None or there.same_tree(old)):
                    return False
                self._replace(file_name(origin), new.checkpoint.encode("utf-8"))
        except OSError as error:
            raise _failed(error) from error
        return True

    def _replace(self, name: str, data: bytes) -> None:
        """Put a file in place, durably and at once. The lock is held: one writer at a time."""
        part = self._folder / f"{name}.part"
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._folder / name)
        _sync_folder(self._folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """The exclusive lock of the folder; each call has a handle of its own, so threads wait."""
        path = self._folder / LOCK
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            until = time.monotonic() + self._lock_seconds
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if time.monotonic() > until:
                        raise guard_failed("another process has held it for too long") from error
                    time.sleep(_PAUSE)
            yield
        finally:
            os.close(handle)

    def close(self) -> None:
        """Nothing is kept open."""


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _failed(error: OSError) -> Exception:
    return guard_failed(f"its folder: {error.strerror or type(error).__name__}")

"""A place for artifacts by fsspec: a local folder, memory, Google Cloud Storage, Azure.

An object is written below ``incoming/`` and then moved to its name: on one disk that is a rename,
in an object store a copy, which appears whole. A local folder is flushed to the disk first, and no
symbolic link leads out of it. Google's and Azure's libraries are installed by whoever uses them.
"""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ledger.errors import InputError, LedgerError
from webui.artifacts.place import INCOMING, PIECE, Stored, failed, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

# Whose errors are those of the object store: neither library has them in one family.
_DRIVERS: Final = frozenset(
    {"adlfs", "aiohttp", "azure", "fsspec", "gcsfs", "google", "requests", "urllib3"}
)


class Folder:
    """See ``Place``."""

    def __init__(self, url: str) -> None:
        try:
            from fsspec.core import url_to_fs

            # No listing is remembered: another process may write meanwhile.
            self._files, root = url_to_fs(url, use_listings_cache=False)
        except ImportError as error:
            raise InputError(
                "The artifact store needs a library that is not installed.",
                code="extra-missing",
                remedy="Install it: pip install 'counterseal[artifacts]', and gcsfs for gs:// or "
                "adlfs for abfs://.",
            ) from error
        except Exception as error:
            if not isinstance(error, OSError | ValueError) and not _of_driver(error):
                raise
            raise failed(f"it can't be opened ({type(error).__name__})") from error
        self._root: str = root.rstrip("/")
        self._local = url.startswith("file:")
        if not self._root:
            raise InputError(
                "COUNTERSEAL_ARTIFACTS names no folder.",
                code="setting-invalid",
                remedy="Write file:///FOLDER.",
            )

    def size(self, name: str) -> int | None:
        """See ``Place``."""
        with _typed():
            try:
                return int(self._files.info(self._at(name))["size"])
            except FileNotFoundError:
                return None

    def read(self, name: str) -> Iterator[bytes]:
        """See ``Place``."""
        with _typed():
            try:
                file = self._files.open(self._at(name), "rb")
            except FileNotFoundError:
                raise missing() from None
            with file:
                while piece := file.read(PIECE):
                    yield piece

    def write(self, name: str, pieces: Iterator[bytes]) -> None:
        """See ``Place``."""
        part = self._at(f"{INCOMING}{secrets.token_hex(16)}")
        target = self._at(name)
        with _typed():
            if self._local:
                Path(self._root).mkdir(mode=0o700, parents=True, exist_ok=True)
            for one in (part, target):
                self._files.makedirs(one.rpartition("/")[0], exist_ok=True)
            try:
                with self._files.open(part, "wb") as file:
                    for piece in pieces:
                        file.write(piece)
                    self._flush(file)
                self._files.mv(part, target)
            except BaseException:
                # Where the store is away it can't be removed either; the first error counts.
                with suppress(Exception):
                    self._files.rm(part)
                raise
            if self._local:
                _flush_folder(Path(target).parent)

    def names(self, below: str) -> Iterator[Stored]:
        """See ``Place``."""
        with _typed():
            try:
                found = self._files.find(self._at(below.rstrip("/")), detail=True)
            except FileNotFoundError:
                return
            for path, told in sorted(found.items()):
                name = path.removeprefix(self._root).lstrip("/")
                yield Stored(name, int(told["size"]), _moment(self._files.modified(path)))

    def remove(self, name: str) -> None:
        """See ``Place``."""
        with _typed():
            try:
                self._files.rm_file(self._at(name))
            except FileNotFoundError:
                raise missing() from None

    def close(self) -> None:
        """See ``Place``."""

    def _at(self, name: str) -> str:
        path = f"{self._root}/{name}"
        if self._local:
            inside = os.path.realpath(Path(path).parent)
            if not Path(inside).is_relative_to(os.path.realpath(self._root)):
                raise failed("a symbolic link leads out of its folder")
        return path

    def _flush(self, file: Any) -> None:
        if self._local:
            file.flush()
            os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _moment(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@contextmanager
def _typed() -> Iterator[None]:
    """Tell of a failure without a path or what a service answered."""
    try:
        yield
    except LedgerError:
        raise
    except Exception as error:
        if _of_driver(error):
            raise failed(f"its object store ({type(error).__name__})") from error
        if isinstance(error, OSError):
            raise failed(error.strerror or type(error).__name__) from error
        raise


def _of_driver(error: Exception) -> bool:
    return any(one.__module__.partition(".")[0] in _DRIVERS for one in type(error).__mro__)

"""A file to look into: its size, and bytes at a place."""

from __future__ import annotations

import io
import os
import stat
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self

from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from pathlib import Path


class Window(Protocol):
    """Bytes that are read at a place; less than asked for at the end."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def at(self, place: int, size: int) -> bytes:
        """Bytes from a place on."""
        ...

    def file(self) -> BinaryIO:
        """The same as a file that is read and sought in."""
        ...


class BytesWindow:
    """Bytes that are in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def at(self, place: int, size: int) -> bytes:
        """Bytes from a place on."""
        return self._data[place : place + size]

    def file(self) -> BinaryIO:
        """The same as a file."""
        return io.BytesIO(self._data)


class FileWindow:
    """A regular file on disk, opened for the length of a block."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        found = os.fstat(self._file.fileno())
        if not stat.S_ISREG(found.st_mode):
            self._file.close()
            raise CaptureError(f"{path.name} is not a regular file.", code="artifact-odd")
        self.size = found.st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self._file.close()

    def at(self, place: int, size: int) -> bytes:
        """Bytes from a place on."""
        return os.pread(self._file.fileno(), size, place)

    def file(self) -> BinaryIO:
        """The same as a file."""
        self._file.seek(0)
        return self._file

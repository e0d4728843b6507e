"""Files that commands write."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_file(file: Path, data: bytes) -> None:
    """Write a file whole.

    Raises:
        OutsideError: ``file-unwritable``: it can't be written.
    """
    from ledger.errors import OutsideError

    try:
        file.write_bytes(data)
    except OSError as error:
        raise OutsideError(
            f"The file {file} can't be written: {error.strerror}.", code="file-unwritable"
        ) from error

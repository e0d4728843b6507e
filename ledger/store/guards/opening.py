"""Which back-end a guard's URL names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ledger.errors import InputError
from ledger.store.guards.database import DatabaseGuard

if TYPE_CHECKING:
    from ledger.store.guards.guard import Guard

_REMEDY: Final = (
    "Write file:///FOLDER, s3://BUCKET/PREFIX?endpoint=https://HOST, sqlite:///FILE or "
    "postgresql://USER@HOST/NAME."
)


def open_guard(url: str) -> Guard:
    """The guard at a URL. Nothing is asked of its store yet: it may be away for a moment.

    Raises:
        InputError: ``setting-invalid``: the URL is malformed.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _invalid() from error
    if parts.scheme == "file":
        from ledger.store.guards.folder import open_folder

        return open_folder(parts)
    if parts.scheme == "s3":
        from ledger.store.guards.objects import open_bucket

        return open_bucket(parts)
    try:
        return DatabaseGuard(url)
    except InputError as error:
        raise _invalid() from error


def _invalid() -> InputError:
    return InputError("The guard's URL can't be used.", code="setting-invalid", remedy=_REMEDY)

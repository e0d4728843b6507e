"""Copies of a log that others keep: a folder, or an HTTP(S) address (C2SP tlog-tiles).

Both are ``TileSource``s and believe nothing. What is read is bounded before it is read: a
checkpoint by the size of a note, a tile by 8,192 bytes, a bundle by 256 entries of the longest
kind, also after it was unpacked from the compression of the HTTP layer. A partial tile that is gone
because the full one stands is cut from the full one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import httpx

from ledger.core.note import MAX_NOTE_BYTES
from ledger.core.tiles import TILE_BYTES, TILE_WIDTH, entries_path, tile_path
from ledger.errors import InputError, OutsideError, SourceError
from ledger.source import MAX_BUNDLE_BYTES, cut_bundle, cut_tile, malformed, missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHECKPOINT: Final = "checkpoint"
SECONDS: Final = 20.0
CONNECT_SECONDS: Final = 5.0
CONNECT_RETRIES: Final = 2
_GONE: Final = {httpx.codes.NOT_FOUND, httpx.codes.GONE}


class DirectorySource:
    """A log in a folder, as ``counterseal log export`` writes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def checkpoint(self) -> bytes:
        """See ``TileSource``."""
        return self._read(CHECKPOINT, MAX_NOTE_BYTES)

    def tile(self, level: int, index: int, width: int) -> bytes:
        """See ``TileSource``."""
        return _tile(self._read, level, index, width)

    def bundle(self, index: int, width: int) -> bytes:
        """See ``TileSource``."""
        return _bundle(self._read, index, width)

    def _read(self, path: str, most: int) -> bytes:
        place = self._folder / path
        try:
            if place.exists() and not place.is_file():
                # Opening a pipe or a device that a stranger put there could wait for ever.
                raise malformed(path)
            with place.open("rb") as file:
                data = file.read(most + 1)
        except (FileNotFoundError, NotADirectoryError):
            raise missing(path) from None
        except OSError as error:
            raise OutsideError(
                f"The file {path} of the copy can't be read: {error.strerror}.",
                code="source-unreachable",
            ) from error
        if len(data) > most:
            raise malformed(path)
        return data


class HttpSource:
    """A log at a URL prefix. To be closed, or used in a ``with`` statement.

    Args:
        prefix: the URL below which ``checkpoint`` and ``tile/`` are.
        token: sent as a bearer token, where the log is not open to everybody.
        client: the HTTP client; one with sound limits, if none is given.

    Raises:
        InputError: ``source-url`` if the prefix is no http or https URL, or carries a query.
    """

    def __init__(self, prefix: str, *, token: str = "", client: httpx.Client | None = None) -> None:
        self._prefix = _checked_prefix(prefix)
        self._client = client or httpx.Client(
            timeout=httpx.Timeout(SECONDS, connect=CONNECT_SECONDS),
            transport=httpx.HTTPTransport(retries=CONNECT_RETRIES),
        )
        self._headers = {"Accept-Encoding": "gzip, identity", "User-Agent": "counterseal"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def checkpoint(self) -> bytes:
        """See ``TileSource``."""
        return self._read(CHECKPOINT, MAX_NOTE_BYTES)

    def tile(self, level: int, index: int, width: int) -> bytes:
        """See ``TileSource``."""
        return _tile(self._read, level, index, width)

    def bundle(self, index: int, width: int) -> bytes:
        """See ``TileSource``."""
        return _bundle(self._read, index, width)

    def _read(self, path: str, most: int) -> bytes:
        try:
            with self._client.stream(
                "GET", f"{self._prefix}/{path}", headers=self._headers
            ) as response:
                if response.status_code in _GONE:
                    raise missing(path)
                if response.status_code != httpx.codes.OK:
                    raise _unreachable(f"answers {response.status_code} for {path}")
                return _body(response, path, most)
        except httpx.DecodingError:
            raise malformed(path) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise _unreachable(f"can't be reached ({type(error).__name__})") from error


def _body(response: httpx.Response, path: str, most: int) -> bytes:
    data = bytearray()
    for piece in response.iter_bytes():
        data += piece
        if len(data) > most:
            raise malformed(path)
    return bytes(data)


def _tile(read: Callable[[str, int], bytes], level: int, index: int, width: int) -> bytes:
    name = tile_path(level, index, width)
    try:
        return cut_tile(read(name, TILE_BYTES), width, name)
    except SourceError as error:
        if width == TILE_WIDTH or error.code != "source-missing":
            raise
    name = tile_path(level, index)
    return cut_tile(read(name, TILE_BYTES), width, name)


def _bundle(read: Callable[[str, int], bytes], index: int, width: int) -> bytes:
    name = entries_path(index, width)
    try:
        return cut_bundle(read(name, MAX_BUNDLE_BYTES), width, name)
    except SourceError as error:
        if width == TILE_WIDTH or error.code != "source-missing":
            raise
    name = entries_path(index)
    return cut_bundle(read(name, MAX_BUNDLE_BYTES), width, name)


def _checked_prefix(prefix: str) -> str:
    try:
        url = httpx.URL(prefix)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host or url.query or url.fragment:
        raise InputError(
            "The address of the log is no http or https URL.",
            code="source-url",
            remedy="Write the prefix, such as https://ledger.example.com/log/main.",
        )
    return prefix.rstrip("/")


def _unreachable(what: str) -> OutsideError:
    return OutsideError(
        f"The log's address {what}.",
        code="source-unreachable",
        remedy="Check the address and the token, and try again.",
    )

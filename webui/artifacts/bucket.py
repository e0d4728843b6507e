"""A place for artifacts in an S3-compatible object store, by boto3 as the guard's.

An object is uploaded under a name of ``incoming/``, in parts where it is large, and copied by the
store to its name once all its bytes were seen to be the right ones.
"""

from __future__ import annotations

import io
import secrets
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote

from ledger.address import check_url
from ledger.errors import InputError
from webui.artifacts.place import INCOMING, PIECE, Stored, failed, missing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

_CONNECT_SECONDS: Final = 3.0
_READ_SECONDS: Final = 60.0
_TRIES: Final = 3
_NOTHING: Final = {"NoSuchKey", "404", "NotFound"}


def open_bucket(parts: SplitResult) -> Bucket:
    """The place at ``s3://BUCKET/PREFIX?endpoint=...&region=...``.

    Raises:
        InputError: ``setting-invalid``; ``extra-missing`` where boto3 is not installed.
    """
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    endpoint, region = options.pop("endpoint", ""), options.pop("region", "")
    if not parts.hostname or parts.netloc != parts.hostname or options:
        raise InputError(
            "COUNTERSEAL_ARTIFACTS names no bucket.",
            code="setting-invalid",
            remedy="Write s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION.",
        )
    endpoint = check_url(endpoint) if endpoint else ""
    return Bucket(parts.hostname, unquote(parts.path).strip("/"), endpoint, region)


class Bucket:
    """See ``Place``."""

    def __init__(self, bucket: str, prefix: str, endpoint: str, region: str) -> None:
        try:
            import boto3
            from boto3.s3.transfer import TransferConfig
            from botocore.config import Config
        except ImportError as error:
            raise InputError(
                "An artifact store in an object store needs the library boto3.",
                code="extra-missing",
                remedy="Install it: pip install 'counterseal[artifacts,s3]'.",
            ) from error
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        # One after the other: so the bytes pass our hash in their order, and memory stays flat.
        self._transfer = TransferConfig(use_threads=False)
        with _typed():
            self._client: Any = boto3.session.Session().client(
                "s3",
                endpoint_url=endpoint or None,
                region_name=region or None,
                config=Config(
                    connect_timeout=_CONNECT_SECONDS,
                    read_timeout=_READ_SECONDS,
                    retries={"mode": "standard", "total_max_attempts": _TRIES},
                    s3={"addressing_style": "path"} if endpoint else {},
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                ),
            )

    def size(self, name: str) -> int | None:
        """See ``Place``."""
        with _typed():
            try:
                return int(self._client.head_object(**self._of(name))["ContentLength"])
            except self._client.exceptions.ClientError as error:
                if _code(error) not in _NOTHING:
                    raise
                return None

    def read(self, name: str) -> Iterator[bytes]:
        """See ``Place``."""
        with _typed():
            try:
                answer = self._client.get_object(**self._of(name))
            except self._client.exceptions.ClientError as error:
                if _code(error) not in _NOTHING:
                    raise
                raise missing() from None
            # The body as a context manager would be the raw connection, which checks no length.
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(PIECE)

    def write(self, name: str, pieces: Iterator[bytes]) -> None:
        """See ``Place``."""
        part = self._of(f"{INCOMING}{secrets.token_hex(16)}")
        with _typed():
            try:
                self._client.upload_fileobj(_Pieces(pieces), **part, Config=self._transfer)
                self._client.copy(part, **self._of(name), Config=self._transfer)
            finally:
                with suppress(self._client.exceptions.ClientError):
                    self._client.delete_object(**part)

    def names(self, below: str) -> Iterator[Stored]:
        """See ``Place``."""
        pages = self._client.get_paginator("list_objects_v2")
        with _typed():
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + below):
                for one in page.get("Contents", ()):
                    name = one["Key"].removeprefix(self._prefix)
                    yield Stored(name, int(one["Size"]), one["LastModified"])

    def remove(self, name: str) -> None:
        """See ``Place``."""
        with _typed():
            self._client.delete_object(**self._of(name))

    def close(self) -> None:
        """See ``Place``."""
        self._client.close()

    def _of(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + name}


class _Pieces(io.RawIOBase):
    """Pieces as a file that is read once, from its beginning to its end."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        found = [self._left]
        has = len(self._left)
        while size < 0 or has < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            found.append(piece)
            has += len(piece)
        whole = b"".join(found)
        end = len(whole) if size < 0 else size
        self._left = whole[end:]
        return whole[:end]


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _typed() -> Iterator[None]:
    """Tell of a failure without the URL, the key or what the store answered."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise failed(f"its object store answers {_code(error) or 'an error'}") from error
    except (BotoCoreError, Boto3Error) as error:
        raise failed(f"its object store ({type(error).__name__})") from error

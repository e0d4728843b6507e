"""A guard in an S3-compatible object store: one object for each log, the signed checkpoint itself.

``s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION``; endpoint and region may be left out for
AWS. Credentials come from where boto3 finds them (environment, profile, role of the machine), never
from the URL.

The compare-and-swap is a conditional write: PUT with ``If-Match`` and the ETag of what was
compared, or ``If-None-Match: *`` where nothing was there. A store that does not enforce these (S3
itself does since November 2024) is no guard; ``prepare`` finds out before one begins.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote

from ledger.address import check_url
from ledger.errors import InputError, OutsideError
from ledger.store.guards.guard import LARGEST, Guarded, guard_damaged, guard_failed, guarded_note

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 5.0
_TRIES: Final = 2
# 409 is what S3 answers when another write of the same object is under way.
_LOST: Final = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_NOTHING: Final = {"NoSuchKey", "404"}
_MAY_NOT: Final = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403"}


def open_bucket(parts: SplitResult) -> ObjectGuard:
    """The guard at ``s3://BUCKET/PREFIX?endpoint=...&region=...``.

    Raises:
        InputError: ``setting-invalid``; ``extra-missing`` where boto3 is not installed.
    """
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    endpoint = options.pop("endpoint", "")
    region = options.pop("region", "")
    if not parts.hostname or parts.netloc != parts.hostname or parts.fragment or options:
        raise InputError(
            "The guard's URL names no bucket.",
            code="setting-invalid",
            remedy="Write s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION; credentials "
            "come from the environment or a profile, as boto3 reads them.",
        )
    if endpoint:
        endpoint = check_url(endpoint)
    prefix = unquote(parts.path).strip("/")
    return ObjectGuard(parts.hostname, prefix, endpoint=endpoint, region=region)


class ObjectGuard:
    """The checkpoint of each log as an object."""

    def __init__(
        self,
        bucket: str,
        prefix: str,
        *,
        endpoint: str = "",
        region: str = "",
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        try:
            import boto3
            from botocore.config import Config
        except ImportError as error:
            raise InputError(
                "A guard in an object store needs the library boto3.",
                code="extra-missing",
                remedy="Install it: pip install 'counterseal[s3]'.",
            ) from error
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        # Path-style addresses work with every store that has a name of its own.
        style = {"addressing_style": "path"} if endpoint else {}
        config = Config(
            connect_timeout=connect_seconds,
            read_timeout=read_seconds,
            retries={"mode": "standard", "total_max_attempts": _TRIES},
            s3=style,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        with _typed():
            self._client: Any = boto3.session.Session().client(
                "s3", endpoint_url=endpoint or None, region_name=region or None, config=config
            )
        self._known: dict[str, tuple[Guarded, str]] = {}
        self._knowing = threading.Lock()

    def prepare(self) -> None:
        """See ``Guard.prepare``; also proves that the store refuses a write it must refuse.

        Raises:
            OutsideError: ``guard-failed``; ``guard-unconditional``.
        """
        key = f"{self._prefix}try-{secrets.token_hex(8)}"
        with _typed():
            first = self._client.put_object(
                Bucket=self._bucket, Key=key, Body=b"1", IfNoneMatch="*"
            )
            try:
                refused = not self._put(key, b"2", IfNoneMatch="*")
                refused = refused and bool(self._put(key, b"3", IfMatch=first["ETag"]))
                refused = refused and not self._put(key, b"4", IfMatch=first["ETag"])
            finally:
                # Who may not delete leaves one byte behind.
                with suppress(self._client.exceptions.ClientError):
                    self._client.delete_object(Bucket=self._bucket, Key=key)
        if not refused:
            raise OutsideError(
                "This object store does not keep to If-Match, so it can't be a guard.",
                code="guard-unconditional",
                remedy="Use a store with conditional writes, a folder (file:///...) or a database.",
            )

    def read(self, origin: str) -> Guarded | None:
        """See ``Guard.read``."""
        found = self._get(origin)
        return None if found is None else found[0]

    def swap(self, origin: str, old: Guarded | None, new: Guarded) -> bool:
        """See ``Guard.swap``."""
        data = new.checkpoint.encode("utf-8")
        if old is None:
            # What is there already may be damaged: it is not replaced either way.
            return self._write(origin, new, data, IfNoneMatch="*")
        with self._knowing:
            known = self._known.get(origin)
        if known is None or not known[0].same_tree(old):
            known = self._get(origin)
        elif self._write(origin, new, data, IfMatch=known[1]):
            return True
        else:
            # The same tree under another ETag (a store was moved, say) is still the same promise.
            known = self._get(origin)
        if known is None or not known[0].same_tree(old):
            return False
        return self._write(origin, new, data, IfMatch=known[1])

    def _key(self, origin: str) -> str:
        return f"{self._prefix}{hashlib.sha256(origin.encode()).hexdigest()}.checkpoint"

    def _get(self, origin: str) -> tuple[Guarded, str] | None:
        with _typed():
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._key(origin))
                with answer["Body"] as body:
                    note = body.read(LARGEST + 1)
            except self._client.exceptions.ClientError as error:
                if _code(error) not in _NOTHING:
                    raise
                return None
        if len(note) > LARGEST:
            raise guard_damaged("its object is too large")
        return guarded_note(origin, note), answer["ETag"]

    def _write(self, origin: str, new: Guarded, data: bytes, **condition: str) -> bool:
        with _typed():
            tag = self._put(self._key(origin), data, **condition)
        with self._knowing:
            if tag:
                self._known[origin] = (new, tag)
            else:
                self._known.pop(origin, None)
        return bool(tag)

    def _put(self, key: str, data: bytes, **condition: str) -> str:
        """Write under a condition; the new ETag, or nothing when the condition did not hold."""
        try:
            answer = self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=data,
                ContentType="text/plain; charset=utf-8",
                **condition,
            )
        except self._client.exceptions.ClientError as error:
            # If-Match on an object that is gone is answered 404.
            if _code(error) in _LOST | _NOTHING:
                return ""
            raise
        tag: str = answer["ETag"]
        return tag

    def close(self) -> None:
        """Give back connections."""
        self._client.close()


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _typed() -> Iterator[None]:
    """Tell of a failure without the URL, the key or anything that was signed."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = _code(error)
        remedy = ""
        if code in _MAY_NOT:
            remedy = "Give the service's credentials the right to get and put below the prefix."
        raise guard_failed(f"its object store answers {code or 'an error'}", remedy) from error
    except BotoCoreError as error:
        raise guard_failed(f"its object store ({type(error).__name__})") from error

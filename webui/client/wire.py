"""How requests travel: one protocol, and the way that the standard library offers.

``StandardWire`` is for a command that asks once and ends: it is loaded in a third of the time that
httpx takes. Programs that ask for hours use ``webui.client.pooled.PooledWire`` (httpx), which keeps
connections. Both keep these rules:

* the server's certificate is checked; there is no way to switch that off;
* a redirect is not followed: it would carry the token to another place;
* an answer has at most 64 MiB and a time within which all of it must have come;
* proxies of the environment (``HTTPS_PROXY``, ``NO_PROXY``) are used.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from http.client import HTTPException, IncompleteRead
from typing import TYPE_CHECKING, Final, Protocol
from urllib import request as urllib_request

from webui.client.errors import AnswerError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_ANSWER: Final = 64 * 1024 * 1024
_CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire(Protocol):
    """Carries one request and brings its answer, whatever its status."""

    def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float
    ) -> Reply:
        """Send a request and wait at most ``seconds`` for the whole answer.

        Raises:
            UnreachableError: no answer; whether the request arrived is not known.
            AnswerError: an answer that is larger than any of ours.
        """
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


class StandardWire:
    """A connection for each request, by ``urllib``. Safe for several threads."""

    def __init__(self) -> None:
        self._opener: urllib_request.OpenerDirector | None = None

    def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float
    ) -> Reply:
        """Send a request; see ``Wire``."""
        end = time.monotonic() + seconds
        try:
            asked = urllib_request.Request(url, body, dict(headers), method=method)  # noqa: S310 (the client let only https and loopback through)
            with self._open(url).open(asked, timeout=seconds) as answer:
                found = {name.lower(): value for name, value in answer.headers.items()}
                body_read = _read(answer, end)
                if len(body_read) != int(found.get("content-length", len(body_read))):
                    raise IncompleteRead(b"")
                return Reply(answer.status, found, body_read)
        except (OSError, HTTPException, ValueError) as error:
            raise unreachable(error) from None

    def close(self) -> None:
        """Nothing is kept open."""

    def _open(self, url: str) -> urllib_request.OpenerDirector:
        """An opener that raises for no status and follows no redirect."""
        if self._opener is None:
            opener = urllib_request.OpenerDirector()
            opener.add_handler(urllib_request.ProxyHandler())
            opener.add_handler(urllib_request.HTTPHandler())
            if url.startswith("https:"):
                import ssl

                context = ssl.create_default_context()
                opener.add_handler(urllib_request.HTTPSHandler(context=context))
            self._opener = opener
        return self._opener


class _Readable(Protocol):
    def read(self, amount: int, /) -> bytes: ...


def _read(answer: _Readable, end: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := answer.read(_CHUNK):
        size += len(part)
        if size > LARGEST_ANSWER:
            raise AnswerError("The answer is larger than any that a server of ours gives.")
        if time.monotonic() > end:
            raise TimeoutError
        parts.append(part)
    return b"".join(parts)


def unreachable(error: Exception) -> UnreachableError:
    """An error of the network in a sentence that holds no part of the request."""
    cause = getattr(error, "reason", error)
    name = type(cause).__name__
    if "CertificateVerif" in name or "CERTIFICATE_VERIFY" in str(cause):
        why = getattr(cause, "verify_message", "") or "it is not trusted"
        return UnreachableError(
            f"The server's certificate can't be trusted: {why}.",
            code="certificate-not-trusted",
            remedy="Trust its authority with SSL_CERT_FILE, or mend the certificate.",
        )
    if isinstance(cause, TimeoutError):
        return UnreachableError("The server did not answer in time.", code="timed-out")
    said = getattr(cause, "strerror", None) or name
    return UnreachableError(f"The server can't be reached: {said}.")

"""Connections that are kept (httpx), for programs that ask for hours. Safe for many threads."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import httpx

from webui.client.errors import AnswerError
from webui.client.wire import LARGEST_ANSWER, Reply, unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping


class PooledWire:
    """A pool of connections; the rules are those of ``webui.client.wire``."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(follow_redirects=False, transport=transport)

    def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float
    ) -> Reply:
        """Send a request; see ``Wire``."""
        end = monotonic() + seconds
        try:
            with self._client.stream(
                method, url, headers=dict(headers), content=body, timeout=seconds
            ) as answer:
                data = bytearray()
                for part in answer.iter_bytes():
                    data += part
                    if len(data) > LARGEST_ANSWER:
                        raise AnswerError("The answer is larger than any of ours.")
                    if monotonic() > end:
                        raise TimeoutError
                found = {name.lower(): value for name, value in answer.headers.items()}
                return Reply(answer.status_code, found, bytes(data))
        except httpx.TimeoutException:
            raise unreachable(TimeoutError()) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise unreachable(_cause(error)) from None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _cause(error: BaseException) -> Exception:
    """The error of the operating system or of TLS below that of httpx, where there is one."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError):
            return found
        found = found.__cause__ or found.__context__
    return error if isinstance(error, Exception) else OSError()

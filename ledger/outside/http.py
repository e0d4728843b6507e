"""One bounded exchange over HTTP: a body up to a size, within a time, from where we asked.

Redirects are not followed and the environment's proxies not used, because the address of a witness
or authority is part of what its operator agreed on with us.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from ledger.errors import InputError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS: Final = 10.0
WHOLE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer; ``media_type`` is the header as it stands."""

    status: int
    media_type: str
    body: bytes


def post(
    client: httpx.Client,
    url: str,
    body: bytes,
    *,
    media_type: str,
    most: int,
    headers: Mapping[str, str] | None = None,
    server_name: str = "",
) -> Reply:
    """Send a body and read at most ``most`` bytes of the answer.

    ``server_name`` is whom the certificate must be for, where the URL names an IP address.

    Raises:
        OutsideError: ``unreachable`` if there is no answer in time, ``answer-too-long``.
    """
    sent = {"Content-Type": media_type, **(headers or {})}
    return _exchanged(client, "POST", url, body, most, sent, server_name)


def get(
    client: httpx.Client,
    url: str,
    *,
    most: int,
    headers: Mapping[str, str] | None = None,
    server_name: str = "",
) -> Reply:
    """Ask, and read at most ``most`` bytes of the answer; for the rest as ``post``.

    Raises:
        OutsideError: ``unreachable`` if there is no answer in time, ``answer-too-long``.
    """
    return _exchanged(client, "GET", url, None, most, headers or {}, server_name)


def _exchanged(  # noqa: PLR0917 (what is sent to whom, and how much is read)
    client: httpx.Client,
    method: str,
    url: str,
    body: bytes | None,
    most: int,
    sent: Mapping[str, str],
    server_name: str,
) -> Reply:
    until = time.monotonic() + WHOLE_SECONDS
    named = {"sni_hostname": server_name} if server_name else {}
    try:
        with client.stream(method, url, content=body, headers=sent, extensions=named) as answer:
            data = b""
            for chunk in answer.iter_raw():
                data += chunk
                if len(data) > most or time.monotonic() > until:
                    raise OutsideError(
                        "The answer is too long or too slow.", code="answer-too-long"
                    )
            return Reply(answer.status_code, answer.headers.get("Content-Type", ""), data)
    except httpx.HTTPError as error:
        raise OutsideError(
            f"There was no answer ({type(error).__name__}).", code="unreachable"
        ) from error
    except httpx.InvalidURL as error:
        raise InputError("This address can't be asked.", code="bad-url") from error


def new_client() -> httpx.Client:
    """A client with our limits. Safe from several threads."""
    return httpx.Client(
        timeout=httpx.Timeout(SECONDS),
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "counterseal", "Accept-Encoding": "identity"},
    )

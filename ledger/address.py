"""An address that may be asked: https, or plain http on this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from ledger.errors import InputError


def check_url(url: str) -> str:
    """The URL, if it is one that may be asked: https, or http on this machine.

    Raises:
        InputError: ``bad-url``.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))
    if not host or not safe or parts.username or parts.query or parts.fragment:
        raise InputError(
            "This address can't be asked.",
            code="bad-url",
            remedy="Write https://HOST/PATH; plain http is for this machine alone.",
        )
    return url.rstrip("/")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""One post to an address that the operator named, and to no other machine than the one meant.

Rules:

* https only; plain http is for this machine alone;
* the name is looked up once, every address found must be a public one (unless the operator said
  that the channel is private), and the connection goes to the address that was checked, so that a
  name can't point elsewhere a moment later; the certificate must be the name's all the same;
* redirects are not followed, proxies of the environment not used;
* the answer is bounded in time and size, and never shown.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from ledger.errors import InputError, OutsideError
from ledger.outside.http import get, new_client, post

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    Resolve = Callable[[str, int], list[str]]

MOST_ANSWER_BYTES: Final = 64 * 1024
_HTTPS_PORT: Final = 443
_HTTP_PORT: Final = 80
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
# The addresses that people post to are secrets, and this library logs each of them.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Place(NamedTuple):
    """An address taken apart: ``path`` holds the query as well."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_loopback(self) -> bool:
        """Whether it names this machine itself."""
        return self.host == "localhost" or _is_loopback_address(self.host)


def check_address(url: str) -> Place:
    """An address that may be posted to.

    Raises:
        ValueError: it is none.
    """
    msg = "write https://HOST/PATH; plain http is for this machine alone"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(msg) from None
    plain = parts.scheme == "http"
    if not host or parts.scheme not in {"http", "https"} or parts.username or parts.fragment:
        raise ValueError(msg)
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError(msg)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    place = Place(parts.scheme, host, port or (_HTTP_PORT if plain else _HTTPS_PORT), path)
    if plain and not place.is_loopback:
        raise ValueError(msg)
    return place


def look_up(host: str, port: int) -> list[str]:
    """The IP addresses of a name.

    Raises:
        OutsideError: ``unreachable``.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutsideError("The name of the address is not known.", code="unreachable") from error
    return [str(info[4][0]) for info in found]


def choose(place: Place, *, private: bool, resolve: Resolve = look_up) -> str:
    """The IP address to speak to: checked, and the one that is then used.

    Raises:
        InputError: ``private-address``.
        OutsideError: ``unreachable``.
    """
    found = [address.partition("%")[0] for address in resolve(place.host, place.port)]
    if not found:
        raise OutsideError("The name of the address is not known.", code="unreachable")
    if not all(_may_be_asked(address, place, private=private) for address in found):
        raise InputError(
            "The address leads into a private network.",
            code="private-address",
            remedy="Where that is meant, write private = true for this channel.",
        )
    return found[0]


def send(
    client: httpx.Client,
    url: str,
    body: bytes,
    *,
    private: bool = False,
    headers: dict[str, str] | None = None,
    resolve: Resolve = look_up,
) -> None:
    """Post JSON; any answer of 2xx means that it arrived.

    Raises:
        OutsideError: ``unreachable``, ``answer-too-long`` or ``not-accepted``.
        InputError: ``private-address`` or ``bad-url``.
    """
    place = check_address(url)
    address = choose(place, private=private, resolve=resolve)
    shown = f"[{address}]" if ":" in address else address
    reply = post(
        client,
        f"{place.scheme}://{shown}:{place.port}{place.path}",
        body,
        media_type="application/json",
        most=MOST_ANSWER_BYTES,
        headers={"Host": _host_header(place), **(headers or {})},
        server_name=place.host,
    )
    if not 200 <= reply.status < 300:  # noqa: PLR2004 (the class of success)
        raise OutsideError(
            f"It was not accepted (status {reply.status}).",
            code="not-accepted",
            status=reply.status,
        )


def fetch(
    client: httpx.Client,
    url: str,
    most: int,
    *,
    private: bool = False,
    resolve: Resolve = look_up,
) -> bytes:
    """Ask for a document of at most ``most`` bytes; only 200 is an answer.

    Raises:
        OutsideError: ``unreachable``, ``answer-too-long`` or ``not-found``.
        InputError: ``private-address``.
        ValueError: the address is none.
    """
    place = check_address(url)
    address = choose(place, private=private, resolve=resolve)
    shown = f"[{address}]" if ":" in address else address
    reply = get(
        client,
        f"{place.scheme}://{shown}:{place.port}{place.path}",
        most=most,
        headers={"Host": _host_header(place), "Accept": "application/json"},
        server_name=place.host,
    )
    if reply.status != 200:  # noqa: PLR2004 (success, RFC 9110)
        raise OutsideError(
            f"It has no such document (status {reply.status}).",
            code="not-found",
            status=reply.status,
        )
    return reply.body


def _host_header(place: Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    usual = _HTTP_PORT if place.scheme == "http" else _HTTPS_PORT
    return host if place.port == usual else f"{host}:{place.port}"


def _may_be_asked(text: str, place: Place, *, private: bool) -> bool:
    """A public address; or loopback where the operator wrote loopback; or any, where allowed.

    Addresses of the link (169.254.169.254 gives cloud machines their credentials), of many and of
    none are never asked.
    """
    address = _as_meant(ipaddress.ip_address(text))
    if place.is_loopback:
        return address.is_loopback
    if address.is_loopback or address.is_link_local or address.is_multicast:
        return False
    if address.is_unspecified or address.is_reserved:
        return False
    return private or address.is_global


def _as_meant(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 address stands for (mapped, 6to4, NAT64), or it itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_loopback_address(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


__all__ = ["Place", "check_address", "choose", "fetch", "look_up", "new_client", "send"]

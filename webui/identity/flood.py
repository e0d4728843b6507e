"""How much one address may ask of what is open to strangers, in a minute.

Rules:

* counted is what was refused; where a request costs something even when it is answered well
  (``EVERY``), each is. Whoever sends what is right is not held up;
* once an address has used up what a route allows, it is answered 429 with ``Retry-After`` until
  the minute is over. Addresses of IPv6 count by their network of 64 bits: one customer holds it;
* nothing can be guessed at these routes, so this is no guard of secrets (that is
  ``webui.identity.throttle``) but of the work: it lives in memory, costs the database nothing, and
  holds for one process. At most ``MOST_ADDRESSES`` are remembered; the oldest are forgotten first.

What may be cached, such as the published log, is not counted.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from flask import request

from webui.identity.errors import ThrottledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask, Response

MOST_ADDRESSES: Final = 10_000
MINUTE: Final = 60.0
A_MINUTE: Final[dict[str, int]] = {
    "api.exchange_token": 300,
    "api.submit_signed": 300,
    "pages.sign_in": 120,
    "pages.code": 120,
    "pages.link": 120,
    "pages.set_up": 120,
    "pages.sso": 120,
    "pages.sso_return": 120,
}
EVERY: Final = frozenset({"pages.sso"})
_REFUSED: Final = 400
_NETWORK: Final = 64


class Flood:
    """What addresses have used up. Safe for use by several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._used: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def check(self, endpoint: str, address: str) -> None:
        """Check that an address has something left at a route.

        Raises:
            ThrottledError: it has not.
        """
        most = A_MINUTE.get(endpoint)
        if most is None:
            return
        with self._lock:
            begun, used = self._used.get((endpoint, place(address)), (0.0, 0))
        left = begun + MINUTE - self._clock()
        if used >= most and left > 0:
            seconds = int(left) + 1
            raise ThrottledError(
                "Too much was asked from this address.",
                code="too-many-requests",
                remedy=f"Wait {seconds} seconds.",
                seconds=seconds,
            )

    def note(self, endpoint: str, address: str, status: int) -> None:
        """Count an answer, where it counts."""
        if endpoint not in A_MINUTE or not (endpoint in EVERY or status >= _REFUSED):
            return
        key, now = (endpoint, place(address)), self._clock()
        with self._lock:
            begun, used = self._used.pop(key, (now, 0))
            self._used[key] = (begun, used + 1) if now - begun < MINUTE else (now, 1)
            while len(self._used) > MOST_ADDRESSES:
                self._used.popitem(last=False)


def place(address: str) -> str:
    """What an address counts as: itself, or the network of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, _NETWORK), strict=False))
    return str(found)


def install(app: Flask) -> Flood:
    """Guard the routes of ``app`` that are open to strangers."""
    flood = Flood()

    def check() -> None:
        flood.check(request.endpoint or "", request.remote_addr or "")

    def note(response: Response) -> Response:
        flood.note(request.endpoint or "", request.remote_addr or "", response.status_code)
        return response

    app.before_request(check)
    app.after_request(note)
    return flood

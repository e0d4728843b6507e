"""Bearers of tokens who were looked up a moment ago, so that not each command looks one up again.

Only for whoever submits a command: the transaction that would record it asks whether the token is
still good (``webui.identity.tokens.no_longer_good``), so a token that was revoked a moment ago, by
whatever process, records nothing. What is kept is a digest, never the secret.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from webui.identity.secret import stored_form

if TYPE_CHECKING:
    from collections.abc import Callable

    from webui.identity.tokens import Bearer

SECONDS: Final = 5.0
MOST: Final = 1_000


class Remembered:
    """Who sent which ``Authorization`` header. Safe for use by several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, Bearer]] = OrderedDict()

    def bearer(self, header: str, look_up: Callable[[str], Bearer]) -> Bearer:
        """Who sent a header; asks ``look_up`` unless it did so a moment ago.

        Raises:
            TokenError: as ``look_up``; that a header opens nothing is not remembered.
        """
        digest = stored_form(header)
        now = self._clock()
        with self._lock:
            until, bearer = self._known.get(digest, (now, None))
        if bearer is not None and now < until:
            return bearer
        bearer = look_up(header)
        with self._lock:
            self._known[digest] = (now + SECONDS, bearer)
            self._known.move_to_end(digest)
            if len(self._known) > MOST:
                self._known.popitem(last=False)
        return bearer

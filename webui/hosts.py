"""The names under which we may be reached. A request for another name is refused.

Otherwise a name of another site could be made to point here, and its pages would count as ours
(DNS rebinding).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flask import request

from webui.identity.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

THIS_MACHINE: Final = ("localhost", "127.0.0.1", "[::1]")
_HOST: Final = re.compile(r"(\[[0-9a-f:]{2,45}\]|[a-z0-9._-]{1,253})(:[0-9]{1,5})?")


def install(app: Flask, names: Iterable[str]) -> None:
    """Serve requests for this machine's own names and for ``names`` alone."""
    served = frozenset((*THIS_MACHINE, *(name.lower() for name in names)))

    def check_host() -> None:
        found = _HOST.fullmatch(request.headers.get("Host", "").lower())
        if found is None or found[1] not in served:
            raise HostError(
                "This name is not served here.",
                remedy="Use the name that the operator gave, or have this one added.",
            )

    app.before_request(check_host)

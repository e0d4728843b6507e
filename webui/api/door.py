"""The API's door: every route but the public ones asks for a bearer token first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Response, request

from webui.api.route import Asker
from webui.here import wired
from webui.identity.errors import TokenError
from webui.identity.scope import check_read
from webui.identity.tokens import authenticate

if TYPE_CHECKING:
    from collections.abc import Callable

    from webui.api.route import Route

_SCHEME: Final = "bearer "


def guarded(route: Route) -> Callable[..., Response]:
    """The view that Flask calls: who asks is known before the route's own view runs."""

    def view(**path: str) -> Response:
        if route.needs == "nothing":
            return route.view(**path)
        asker = _asker()
        if route.needs == "read":
            check_read(asker.scope)
        return route.view(asker, **path)

    return view


def _asker() -> Asker:
    """Who sends this request.

    Raises:
        TokenError: nobody we know.
    """
    header = request.headers.get("Authorization", "")
    if header[: len(_SCHEME)].lower() != _SCHEME:
        raise TokenError(
            "This needs an API token.",
            code="token-missing",
            remedy="Send `Authorization: Bearer cst_...`.",
        )
    wiring = wired()
    bearer = authenticate(wiring, header[len(_SCHEME) :].strip())
    return Asker(wiring, bearer.actor, bearer.scope)

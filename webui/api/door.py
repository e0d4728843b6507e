"""The API's door: every route but the public ones asks for a bearer token first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, request

from webui.api.route import Asker
from webui.here import wired
from webui.identity.scope import check_read
from webui.identity.tokens import bearer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from webui.api.route import Route


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
    wiring = wired()
    bearer = bearer_of(wiring, request.headers.get("Authorization", ""))
    return Asker(wiring, bearer.actor, bearer.scope)

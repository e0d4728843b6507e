"""The API's door: every route but the public ones asks for a bearer token first.

Who submits a command may be remembered from a moment ago (``webui.identity.remembered``): it is
asked again where the command would be recorded. A command that fails before is asked for anew, so
that a token which was revoked meanwhile learns nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, g, request

from ledger.errors import ConflictError, InputError
from webui.api.route import Asker
from webui.here import wired
from webui.identity.errors import ScopeError
from webui.identity.remembered import Remembered
from webui.identity.scope import check_read
from webui.identity.tokens import bearer_of
from webui.reads import check_may_read

if TYPE_CHECKING:
    from collections.abc import Callable

    from webui.api.route import Route
    from webui.identity.tokens import Bearer


def guarded(route: Route) -> Callable[..., Response]:
    """The view that Flask calls: who asks is known before the route's own view runs."""
    remembered = Remembered()

    def command(**path: str) -> Response:
        asker = _asked_by(remembered.bearer(_header(), _look_up))
        try:
            return route.view(asker, **path)
        except (InputError, ConflictError, ScopeError):
            _look_up(_header())
            raise

    def view(**path: str) -> Response:
        if route.needs == "nothing":
            return route.view(**path)
        asker = _asked_by(_look_up(_header()))
        if route.needs == "read":
            check_read(asker.scope)
        check_may_read(f"api.{route.name}", asker.actor.id)
        return route.view(asker, **path)

    return command if route.needs == "command" else view


def _header() -> str:
    return request.headers.get("Authorization", "")


def _look_up(header: str) -> Bearer:
    """Who sends this request.

    Raises:
        TokenError: nobody we know.
    """
    return bearer_of(wired(), header)


def _asked_by(bearer: Bearer) -> Asker:
    g.asker = bearer.actor
    return Asker(wired(), bearer.actor, bearer.scope, bearer.proof)

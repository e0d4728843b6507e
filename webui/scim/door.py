"""Who may provision people: a workload that holds the role ``people_feed`` now, by its token.

A token of a person opens nothing here, whatever roles they hold: what a provider does is done by a
machine, and entries say by which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import g, request

from ledger.core.encoding import parse_json
from ledger.errors import EncodingError, InputError
from ledger.events.names import format_instant
from webui.errors_http import SCIM_JSON
from webui.here import wired
from webui.identity.errors import ScopeError
from webui.identity.feeds import PROVIDERS
from webui.identity.scope import check_read
from webui.identity.single_sign_on import doors
from webui.identity.tokens import bearer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from ledger.events.actor import Actor
    from webui.identity.providers import Provider, Scim
    from webui.identity.scope import TokenScope
    from webui.wiring import Wiring

ROLE: Final = "people_feed"
LARGEST: Final = 1024 * 1024
_TYPES: Final = frozenset({SCIM_JSON, "application/json"})


@dataclass(frozen=True)
class Provisioner:
    """The identity provider that asks, as the workload it is here, and what the settings say."""

    wiring: Wiring
    actor: Actor
    scope: TokenScope
    scim: Scim
    provider: Provider | None

    @property
    def feed(self) -> str:
        """Under what the people are kept of whom it tells: each provider has its own."""
        return f"{PROVIDERS}{self.actor.id}"

    @property
    def base(self) -> str:
        """The address of SCIM, as it is reached."""
        url = self.wiring.settings.public_url or request.host_url.rstrip("/")
        return f"{url}/scim/v2"


def guarded(name: str) -> Callable[..., Response]:
    """The view that Flask calls: who asks is known before the view is even loaded."""

    def view(**path: str) -> Response:
        asker = _asker()
        from webui.scim.views import VIEWS, answered

        return answered(VIEWS[name], asker, path)

    return view


def body() -> dict[str, object]:
    """The request's body as a JSON object.

    Raises:
        InputError, EncodingError: it is none.
    """
    if request.mimetype not in _TYPES or request.content_encoding:
        raise InputError(
            "The body is of another type than is read here.",
            code="wrong-content-type",
            remedy=f"Send it as {SCIM_JSON}, in UTF-8 and not compressed.",
        )
    request.max_content_length = LARGEST + 1
    fits = (request.content_length or 0) <= LARGEST
    data = request.get_data(cache=False) if fits else b""
    if not fits or len(data) > LARGEST:
        raise EncodingError(f"The body is larger than {LARGEST} bytes.", code="too-large")
    found = parse_json(data, max_bytes=LARGEST)
    if not isinstance(found, dict):
        raise EncodingError("This must be a JSON object.", code="not-json")
    return found


def _asker() -> Provisioner:
    """Who asks.

    Raises:
        TokenError: nobody we know.
        ScopeError: no workload that holds the role now, or a token that may not read.
    """
    wiring = wired()
    bearer = bearer_of(wiring, request.headers.get("Authorization", ""))
    g.asker = bearer.actor
    check_read(bearer.scope)
    state = wiring.reader.actor(bearer.actor.id)
    if state.type != "workload" or not state.holds(ROLE, format_instant(wiring.now())):
        raise ScopeError(
            f"This is for a workload with the role {ROLE}.",
            remedy="Give a workload that role, and use its token.",
        )
    sign_in = doors().sign_in
    provider = sign_in.provider(sign_in.scim.provider) if sign_in.scim.provider else None
    return Provisioner(wiring, bearer.actor, bearer.scope, sign_in.scim, provider)

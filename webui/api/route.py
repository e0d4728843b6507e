"""A route of the API as a value: from it come the URL rule, the guard and the description."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Response
    from pydantic import BaseModel

    from ledger.events.actor import Actor
    from ledger.events.proof import Proof
    from webui.identity.scope import TokenScope
    from webui.wiring import Wiring

Method = Literal["GET", "POST", "PUT", "DELETE"]
Needs = Literal["read", "token", "command", "nothing"]
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
DSSE: Final = "application/vnd.dsse.envelope.v1+json"
NDJSON: Final = "application/x-ndjson"
TEXT: Final = "text/plain; charset=utf-8"
PDF: Final = "application/pdf"
PROBLEM: Final = "application/problem+json"


@dataclass(frozen=True)
class Asker:
    """Who asks: the installation asked, the actor, how far the token reaches, on what proof."""

    wiring: Wiring
    actor: Actor
    scope: TokenScope
    proof: Proof | None = None


@dataclass(frozen=True)
class Answer:
    """A successful answer, as the description tells it."""

    status: int
    says: str
    shape: type[BaseModel] | None = None
    page: bool = False
    media: str = JSON


@dataclass(frozen=True)
class Route:
    """One method at one path. ``path`` is below ``/api`` and names its parameters in braces.

    ``needs`` is what the token must be good for; a view that submits checks the scope itself, when
    it knows the event. ``command`` is for a view that submits and tells nothing besides. ``body``
    is the name of a component of the description. ``key`` tells that the header
    ``Idempotency-Key`` is required; ``long`` that it may be sent, and that
    ``Prefer: respond-async`` (RFC 7240) is heard. ``matched`` tells that ``If-Match`` (RFC 9110,
    13.1.1) is heard, and with PUT ``If-None-Match: *``.
    """

    method: Method
    path: str
    name: str
    says: str
    view: Callable[..., Response]
    answers: tuple[Answer, ...]
    needs: Needs = "read"
    query: type[BaseModel] | None = None
    body: str = ""
    body_media: str = JSON
    parameters: Mapping[str, str] = field(default_factory=dict)
    key: bool = False
    long: bool = False
    matched: bool = False

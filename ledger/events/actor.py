"""Who asks, and how we know."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from ledger.events.names import ActorId, Slug, Value, no_person
from ledger.events.people import ActorType

Via = Literal[
    "service",
    "password",
    "password+totp",
    "password+code",
    "sso",
    "token",
    "setup",
    "id-token",
    "client-key",
    "webhook",
]
ContextClass = Annotated[
    str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$"), AfterValidator(no_person)
]
MethodName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,39}$")]


class Actor(Value):
    """The asker of a command, under a random id.

    ``via`` is how the asker was authenticated; ``credential`` is the public id of the API token or
    session that was used, never its secret.

    How strong the sign-in was: ``second_factor`` is what the service found when it happened, None
    where it can't tell (tokens, and entries from before it was recorded); ``acr`` and ``amr`` are
    what the provider of single sign-on said (OpenID Connect Core 1.0 section 2, RFC 8176).
    """

    id: ActorId
    type: ActorType
    via: Via
    credential: Slug | None = None
    second_factor: bool | None = None
    acr: ContextClass | None = None
    amr: Annotated[tuple[MethodName, ...], Field(min_length=1, max_length=8)] | None = None

"""Who asks, and how we know."""

from __future__ import annotations

from typing import Literal

from ledger.events.names import ActorId, Slug, Value
from ledger.events.people import ActorType

Via = Literal["service", "password", "token", "setup", "id-token", "client-key"]


class Actor(Value):
    """The asker of a command, under a random id.

    ``via`` is how the asker was authenticated; ``credential`` is the public id of the API token or
    session that was used, never its secret.
    """

    id: ActorId
    type: ActorType
    via: Via
    credential: Slug | None = None

"""Names of actors, for showing: from the vault, while it still knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from ledger.query import Reader

_SHOWN_CHARACTERS: Final = 8


def namer(reader: Reader, connection: Connection | None = None) -> Callable[[str], str]:
    """A function from an actor's id to a name, which looks up each id once.

    With a connection it is called only while that is open, by whoever reads on it.

    The service and actors whose name was never given are called by what they are and the beginning
    of their id; who was erased is called that.
    """
    known: dict[str, str] = {}

    def name_of(actor_id: str) -> str:
        if actor_id not in known:
            known[actor_id] = _name(reader, actor_id, connection)
        return known[actor_id]

    return name_of


def _name(reader: Reader, actor_id: str, connection: Connection | None) -> str:
    person = reader.people([actor_id], connection).get(actor_id)
    if person is None:
        return f"unknown {actor_id[:_SHOWN_CHARACTERS]}"
    if person.actor.type == "service":
        return "the service"
    if person.erased is not None:
        return f"erased {actor_id[:_SHOWN_CHARACTERS]}"
    return person.name or f"{person.actor.type} {actor_id[:_SHOWN_CHARACTERS]}"

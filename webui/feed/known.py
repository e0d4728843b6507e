"""Who is here already, by address: whoever has an account, else whom the vault still knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.state.aggregates import ActorState
from ledger.store import folded
from ledger.store.database import reading
from webui.identity.accounts import normal_address
from webui.identity.feeds import addresses
from webui.identity.secret import digester

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from webui.wiring import Wiring

_PAGE = 500


def everybody(wiring: Wiring) -> Iterator[ActorState]:
    """Every actor, newest first."""
    before = None
    while True:
        page = wiring.reader.actors(before=before, limit=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        before = page[-1].since


def address_book(wiring: Wiring, people: Iterable[str]) -> dict[str, str]:
    """Who is found under which look-up of an address, of some people.

    Reads the vault of those who have no account, so it costs more where there are many of them.
    """
    known = set(people)
    book = {found: actor for found, actor in addresses(wiring).items() if actor in known}
    lookup = digester(wiring, "email-lookup")
    for person in wiring.reader.people(known.difference(book.values())).values():
        if person.email:
            book.setdefault(lookup(normal_address(person.email)), person.actor.id)
    return book


def person_at(wiring: Wiring, email: str) -> str | None:
    """The person who is here already with an address, or None."""
    with reading(wiring.engine) as connection:
        people = folded.keys(connection, wiring.log.log_id, ActorState, status="person")
    book = address_book(wiring, people)
    return book.get(digester(wiring, "email-lookup")(email))

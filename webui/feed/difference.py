"""A list of people held against the ledger: who joins, is found, moves, returns, leaves.

Rules:

* somebody whom this list told of before is found by its key, whatever else changed; whom it never
  told of is found by address, once, and is shown as such. An address that belongs to somebody whom
  the list knows under another key is a fault: addresses are given to other people;
* whoever the list calls gone leaves. So does, where the list is complete, whom it told of before
  and tells of no more; people whom it never told of are named as unlisted and left alone;
* roles are given as the list tells them; only the roles that the list manages are taken from people
  who stay;
* nothing is changed by looking. ``commands`` are in the order in which they are to be submitted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from ledger.events.access import InventoryReconciled, Left
from ledger.events.people import ActorEnrolled, RoleGranted, RoleRevoked
from ledger.genesis import new_actor_id
from ledger.state.access import Reconciled
from webui.feed.asking import steps
from webui.feed.known import address_book, everybody
from webui.feed.leaving import roles_end
from webui.feed.reading import Fault, ListError
from webui.identity.accounts import normal_address
from webui.identity.feeds import Fed, new_fed, read_feed
from webui.identity.secret import digester
from webui.identity.subjects import whose_subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ledger.events.actor import Actor
    from ledger.events.event import Event
    from ledger.state.aggregates import ActorState
    from webui.feed.asking import Step, Steps
    from webui.feed.reading import Listed, PeopleList
    from webui.identity.providers import Provider
    from webui.wiring import Wiring

What = Literal["join", "find", "move", "return", "leave"]
PEOPLE: Final = "people"
_NAMED_AT_ONCE: Final = 250
_DIFFERS: Final = "name or address differ; somebody who may puts them right on the person's page"


@dataclass(frozen=True)
class Terms:
    """How a list is meant. ``as_of`` is the instant of which it speaks.

    ``source`` names it, so that the next one is known as its successor. ``managed`` are the roles
    that the list alone decides. ``provider`` says whose subjects its column of that name holds.
    """

    source: str
    as_of: str
    complete: bool = True
    managed: frozenset[str] = frozenset()
    provider: Provider | None = None


@dataclass(frozen=True)
class Change:
    """What becomes of one person: steps under the policy, and notes where something is left."""

    what: What
    fed: Fed
    listed: Listed | None = None
    at: str = ""
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def changes_something(self) -> bool:
        """Whether anything is done for it, and not only said."""
        if any(step.outcome in {"recorded", "proposed"} for step in self.steps):
            return True
        if self.what == "leave":
            return self.fed.state != "left"
        return self.what in {"find", "return"} or (self.what == "join" and not self.steps_enrol)

    @property
    def steps_enrol(self) -> bool:
        """Whether they are to be enrolled: not where an import was interrupted after it."""
        return any(isinstance(step.event, ActorEnrolled) for step in self.steps[:1])

    @property
    def joins(self) -> bool:
        """Whether they become known by it."""
        return self.steps_enrol and self.steps[0].outcome == "recorded"


@dataclass
class Difference:
    """What holding a list against the ledger shows. ``ending`` of the commands are of who leaves.

    ``unlisted`` hold a role and stand on no list of this source; ``later`` leave after now.
    ``known_since`` is the entry that records this very list, where nothing is to be done any more.
    ``refused`` says why the policy does not take the list from the asker.
    """

    terms: Terms
    digest: str
    listed: int
    matched: int
    staying: int
    unlisted: tuple[str, ...]
    later: tuple[Listed, ...]
    changes: list[Change] = field(default_factory=list)
    ending: list[list[Event]] = field(default_factory=list)
    commands: list[list[Event]] = field(default_factory=list)
    known_since: int | None = None
    refused: str = ""

    @property
    def leaving(self) -> int:
        """How many leave who had not left before."""
        return sum(one.what == "leave" and one.fed.state != "left" for one in self.changes)

    def of(self, what: What) -> list[Change]:
        """The changes of a sort."""
        return [one for one in self.changes if one.what == what]


def feed_of(source: str) -> str:
    """Under what the people of a list are kept."""
    return f"list.{source}"


def told_digest(digest: Callable[[str], str], name: str, email: str) -> str:
    """What is kept of what a list says of somebody: enough to see that it says something else."""
    return digest(f"told\n{name}\n{email}")


def difference(wiring: Wiring, asker: Actor, people: PeopleList, terms: Terms) -> Difference:
    """Hold a list against the ledger; nothing is changed.

    Raises:
        ListError: the list names somebody in a way that can't be right.
    """
    look = _Look(wiring, terms, digester(wiring, "people-feed"))
    found = [(one, look.find(one)) for one in people.people]
    if look.faults:
        raise ListError.over(tuple(look.faults))
    with steps(wiring, asker) as asked:
        later = tuple(one for one, _ in found if one.gone and one.left > asked.now)
        leaving = list(look.leaving(found, asked.now))
        unlisted = look.unlisted(found, {change.fed.actor_id for change in leaving}, asked.now)
        here = [fed for _, fed in found if fed is not None and fed.actor_id in look.actors]
        made = Difference(
            terms, people.digest, len(people.people), len(here),
            sum(not one.gone for one, _ in found), unlisted, later,
        )  # fmt: skip
        made.known_since = _known(asked, made)
        for event in _reconciled(made, leaving):
            step = asked.ask(event)
            made.refused = made.refused or step.why
            asked.begin()
        reconciled = len([group for group in asked.commands if group])
        for change in leaving:
            asked.begin()
            ends = roles_end(asked, change.fed.actor_id)
            made.changes.append(replace(change, steps=ends))
        made.ending = [group for group in asked.commands if group]
        asked.commands[:] = [[]]
        for one, fed in found:
            if not (one.gone and one.left <= asked.now):
                asked.begin()
                made.changes += look.staying(asked, one, fed)
        made.commands = [group for group in asked.commands if group]
        if not any(one.changes_something for one in made.changes) and made.known_since is not None:
            made.ending[:] = made.ending[reconciled:]
        else:
            made.known_since = None
    return made


def _known(asked: Steps, made: Difference) -> int | None:
    """The entry that says that this very list was held against the ledger, if it is the newest."""
    before = asked.registry.find(Reconciled, PEOPLE)
    if before is None:
        return None
    same = (before.digest, before.source) == (made.digest, made.terms.source)
    return before.entry if same else None


def _reconciled(made: Difference, leaving: list[Change]) -> Iterator[InventoryReconciled]:
    """That the list was held against the ledger; as many entries as it takes to name everybody."""
    left = [
        Left(actor_id=one.fed.actor_id, at=one.at) for one in leaving if one.fed.state != "left"
    ]
    for at in range(0, max(len(left), len(made.unlisted), 1), _NAMED_AT_ONCE):
        yield InventoryReconciled(
            inventory=PEOPLE,
            source=made.terms.source,
            as_of=made.terms.as_of,
            digest=made.digest,
            listed=made.listed,
            matched=made.matched,
            unknown=made.listed - made.matched,
            unlisted=made.unlisted[at : at + _NAMED_AT_ONCE],
            left=tuple(left[at : at + _NAMED_AT_ONCE]),
        )


class _Look:
    """Who is who: the people of the list, of this source so far, and of the ledger."""

    def __init__(self, wiring: Wiring, terms: Terms, digest: Callable[[str], str]) -> None:
        self.wiring, self.terms, self.digest = wiring, terms, digest
        self.actors = {one.id: one for one in everybody(wiring) if one.type == "person"}
        self.fed = read_feed(wiring, feed_of(terms.source))
        self.known = {one.actor_id: one for one in self.fed.values()}
        self.faults: list[Fault] = []
        self._lookup = digester(wiring, "email-lookup")
        self._book: dict[str, str] | None = None

    def find(self, one: Listed) -> Fed | None:
        """Who somebody on the list is; None for somebody new."""
        digest = self.digest(one.key)
        if (fed := self.fed.get(digest)) is not None:
            return fed
        actor_id = self._by_address(one.email)
        if actor_id is None:
            return None
        if actor_id in self.known:
            said = "this address belongs to somebody whom the list told of under another id."
            self.faults.append(Fault(one.line, "email", said))
            return None
        person = self.wiring.reader.person(actor_id)
        told = told_digest(self.digest, person.name, _address(person.email))
        return new_fed(self.wiring, feed_of(self.terms.source), actor_id, digest, told)

    def _by_address(self, email: str) -> str | None:
        if self._book is None:
            self._book = address_book(self.wiring, self.actors)
        return self._book.get(self._lookup(email))

    def leaving(self, found: list[tuple[Listed, Fed | None]], now: str) -> Iterator[Change]:
        """Who has left: as the list says, or because a complete list tells of them no more."""
        for one, fed in found:
            if one.gone and one.left <= now and fed is not None and self._has_a_door(fed, now):
                yield Change("leave", fed, one, one.left or self.terms.as_of)
        if self.terms.complete:
            told = {self.digest(one.key) for one, _ in found}
            for digest, fed in self.fed.items():
                if digest not in told and self._has_a_door(fed, now):
                    yield Change("leave", fed, None, self.terms.as_of)

    def _has_a_door(self, fed: Fed, now: str) -> bool:
        actor = self.actors.get(fed.actor_id)
        if actor is None:
            return False
        return fed.state in {"new", "active"} or any(one.in_time(now) for one in actor.roles)

    def unlisted(
        self, found: list[tuple[Listed, Fed | None]], leaving: set[str], now: str
    ) -> tuple[str, ...]:
        """Who holds a role and is not on the list."""
        told = {fed.actor_id for _, fed in found if fed is not None} | leaving
        return tuple(
            actor.id
            for actor in self.actors.values()
            if actor.id not in told and any(one.in_time(now) for one in actor.roles)
        )

    def staying(self, asked: Steps, one: Listed, fed: Fed | None) -> Iterator[Change]:
        """What becomes of somebody who has not left."""
        if fed is None or fed.actor_id not in self.actors:
            if not one.gone:
                yield self._joins(asked, one, fed)
            return
        notes, told = self._named(asked, one, fed)
        made = self._roles(asked, one, fed.actor_id, self.actors[fed.actor_id])
        fed = replace(fed, told=told)
        what: What | None = "move" if made or notes or fed != self.known.get(fed.actor_id) else None
        if fed.actor_id not in self.known:
            what = "find"
        elif fed.state == "new":
            what = "join"
        elif fed.state in {"left", "gone"} and not one.gone:
            what = "return"
        if what is not None:
            yield Change(what, fed, one, "", made, notes)

    def _joins(self, asked: Steps, one: Listed, fed: Fed | None) -> Change:
        told = told_digest(self.digest, one.name, one.email)
        feed, digest = feed_of(self.terms.source), self.digest(one.key)
        fed = replace(fed or new_fed(self.wiring, feed, new_actor_id(), digest, told), told=told)
        provider = self.terms.provider
        if one.subject and provider and whose_subject(self.wiring, provider, one.subject):
            said = "this sign-in is somebody else's already."
            raise ListError.over((Fault(one.line, "subject", said),))
        event = ActorEnrolled(
            actor_id=fed.actor_id, actor_type="person", name=one.name, email=one.email
        )
        enrolled = asked.ask(event, or_propose=False)
        if enrolled.outcome != "recorded":
            return Change("join", fed, one, "", (enrolled,))
        return Change("join", fed, one, "", (enrolled, *self._roles(asked, one, fed.actor_id)))

    def _roles(
        self, asked: Steps, one: Listed, actor_id: str, actor: ActorState | None = None
    ) -> tuple[Step, ...]:
        """Roles as the list tells them, as far as they are not so yet."""
        if one.roles is None or one.gone:
            return ()
        held = {role.role for role in actor.roles if role.in_time(asked.now)} if actor else set()
        taken = sorted((held & self.terms.managed) - set(one.roles))
        found = [asked.ask(RoleRevoked(actor_id=actor_id, role=role)) for role in taken]
        given = sorted(set(one.roles) - held)
        found += [asked.ask(RoleGranted(actor_id=actor_id, role=role)) for role in given]
        return tuple(found)

    def _named(self, asked: Steps, one: Listed, fed: Fed) -> tuple[tuple[str, ...], str]:
        """Name and address put right, where the policy lets the asker; and what is known then."""
        told = told_digest(self.digest, one.name, one.email)
        if told == fed.told:
            return (), told
        other = self._by_address(one.email)
        if other not in {None, fed.actor_id}:
            return (f"{one.email} is the address of somebody else",), fed.told
        if asked.put_right(fed.actor_id, one.name, one.email).outcome == "recorded":
            return ("name or address are put right",), told
        return (_DIFFERS,), fed.told


def _address(email: str) -> str:
    return normal_address(email) if email else ""

"""Quorums as a matching of people to seats, and why somebody cannot take one.

One person takes one seat, however many roles they hold and however often they spoke. A vote counts
when the person may vote at all, holds a role of some seat now, said so about the same artifact,
after the last change of what there was to look at, and not too long ago; for a seat that comes
after others', once these have approved. Source: bipartite
matching by augmenting paths (Kuhn 1955).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.events.names import parse_instant
from ledger.state.aggregates import ActorState
from policies.duration import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from ledger.state.aggregates import Vote
    from policies.asked import Asked
    from policies.document import Approvals
    from policies.facts import Case
    from policies.party import Party

    Seats = Sequence[tuple[str, ...]]


# Marks the role of a seat that comes after others'; no role's name can hold it.
_IN_TURN = ">"


@dataclass(frozen=True)
class Refusal:
    """Somebody whose vote cannot count, and why; ``entry`` is the vote, -1 where there is none."""

    actor: str
    code: str
    detail: str
    entry: int


@dataclass(frozen=True)
class Quorum:
    """The outcome: which votes fill seats, which seats are empty, who could fill them and who not.

    ``missing`` holds, for each empty seat, the roles that may fill it: giving exactly these makes
    the quorum met. ``could`` are all whose approval would bring it nearer, also by letting somebody
    who has a seat move to an empty one.
    """

    by: tuple[int, ...]
    people: tuple[str, ...]
    missing: tuple[tuple[str, ...], ...] = ()
    could: tuple[str, ...] = ()
    cannot: tuple[Refusal, ...] = ()

    @property
    def met(self) -> bool:
        """Whether every seat is taken."""
        return not self.missing


@dataclass(frozen=True)
class Table:
    """The seats of a rule, each with the roles that may take it, and what its votes must be."""

    seats: tuple[tuple[str, ...], ...]
    roles: frozenset[str]
    lasts: timedelta
    valid_for: str
    after: tuple[tuple[str, tuple[str, ...]], ...] = ()


def table_of(rule: Approvals) -> Table:
    """The seats of a rule and how long its votes last: worked out once per document."""
    seats = seats_of(rule)
    roles = frozenset(role for seat in seats for role in _plain(seat))
    after = tuple((seat.role, seat.after) for seat in rule.seats if seat.after)
    return Table(seats, roles, parse_duration(rule.valid_for), rule.valid_for, after)


def seats_of(rule: Approvals) -> tuple[tuple[str, ...], ...]:
    """One item per seat: the roles that may take it, named seats first.

    A seat that comes after others' is of a role of its own, which a voter is given in turn.
    """
    named = tuple(
        (seat.role + (_IN_TURN if seat.after else ""),)
        for seat in rule.seats
        for _ in range(seat.at_least)
    )
    return named + (rule.any_of,) * (rule.at_least - len(named))


def excluded_by(case: Case, parties: Sequence[Party]) -> dict[str, str] | None:
    """Who may not do it, with the party that is the reason; None where a party is not known."""
    found: dict[str, str] = {}
    for party in parties:
        actors = case.party(party)
        if actors is None:
            return None
        for actor in actors:
            found.setdefault(actor, party)
    return found


def find_quorum(case: Case, asked: Asked, table: Table, excluded: Mapping[str, str]) -> Quorum:
    """Match the people who approved to the seats of a table."""
    seats = table.seats
    voters = _Voters(case, asked, excluded, table, case.now - table.lasts)
    counting: dict[str, Vote] = {}
    held: dict[str, frozenset[str]] = {}
    cannot = []
    for vote in sorted(asked.votes, key=lambda vote: vote.actor):
        if not vote.counts or vote.verdict != "approve":
            continue
        roles, code, detail = voters.weigh(vote)
        if code:
            cannot.append(Refusal(vote.actor, code, detail, vote.entry))
        else:
            counting[vote.actor] = vote
            held[vote.actor] = roles
    early = _take_turns(table, counting, held)
    taken = match(seats, held)
    by = tuple(sorted(counting[actor].entry for actor in taken.values()))
    people = tuple(sorted(taken.values()))
    missing = tuple(_plain(seat) for at, seat in enumerate(seats) if at not in taken)
    if not missing:
        return Quorum(by, people)
    wanted = frozenset(_plain(roles_wanted(seats, held, taken)))
    cannot.extend(early[actor] for actor in sorted(early.keys() - taken.values()))
    could, barred = _who_could(case, wanted, counting, excluded)
    known = {refusal.actor for refusal in cannot}
    cannot.extend(refusal for refusal in barred if refusal.actor not in known)
    return Quorum(by, people, missing, could, tuple(cannot))


def _take_turns(
    table: Table, counting: Mapping[str, Vote], held: dict[str, frozenset[str]]
) -> dict[str, Refusal]:
    """Give each voter the seats that come after others', where somebody else went before.

    Returns who approved too early for such a seat, and why.
    """
    early: dict[str, Refusal] = {}
    for role, before in table.after:
        for actor, vote in counting.items():
            if role not in held[actor]:
                continue
            late = [name for name in before if not _went_before(name, actor, counting, held)]
            if late:
                early[actor] = Refusal(actor, "E_BEFORE_ITS_TURN", "|".join(late), vote.entry)
            else:
                held[actor] |= {role + _IN_TURN}
    return early


def _went_before(
    role: str, actor: str, counting: Mapping[str, Vote], held: Mapping[str, frozenset[str]]
) -> bool:
    return any(
        other != actor and role in held[other] and vote.entry < counting[actor].entry
        for other, vote in counting.items()
    )


def _plain(roles: Iterable[str]) -> tuple[str, ...]:
    return tuple(role.removesuffix(_IN_TURN) for role in roles)


def match(seats: Seats, held: Mapping[str, frozenset[str]]) -> dict[int, str]:
    """As many seats as possible to distinct people: seat number to person."""
    taken: dict[int, str] = {}

    def seat_for(person: str, tried: set[int]) -> bool:
        for at, roles in enumerate(seats):
            if at in tried or not held[person].intersection(roles):
                continue
            tried.add(at)
            if at not in taken or seat_for(taken[at], tried):
                taken[at] = person
                return True
        return False

    for person in held:
        seat_for(person, set())
    return taken


def roles_wanted(
    seats: Seats, held: Mapping[str, frozenset[str]], taken: Mapping[int, str]
) -> frozenset[str]:
    """The roles with which one more person would fill a seat.

    Those of every empty seat, and of every taken seat whose holder could move to a wanted one.
    """
    open_seats = {at for at in range(len(seats)) if at not in taken}
    wanted = {role for at in open_seats for role in seats[at]}
    grew = True
    while grew:
        grew = False
        for at, person in taken.items():
            if at not in open_seats and held[person] & wanted:
                open_seats.add(at)
                wanted.update(seats[at])
                grew = True
    return frozenset(wanted)


@dataclass(frozen=True)
class _Voters:
    """Who may count for one rule on one question. Votes of ``too_old`` or before have expired."""

    case: Case
    asked: Asked
    excluded: Mapping[str, str]
    table: Table
    too_old: datetime

    def weigh(self, vote: Vote) -> tuple[frozenset[str], str, str]:
        """The voter's roles; and the code and detail of why the vote does not count, or nothing."""
        actor = self.case.registry.find(ActorState, vote.actor)
        held = frozenset(item.role for item in actor.roles) if actor else frozenset()
        return held, *self._why(vote, actor, held)

    def _why(  # noqa: PLR0911 (one return per reason)
        self, vote: Vote, actor: ActorState | None, held: frozenset[str]
    ) -> tuple[str, str]:
        if vote.actor in self.excluded:
            return "E_SELF", self.excluded[vote.actor]
        if actor is None or actor.type != "person":
            return "E_NOT_A_PERSON", ""
        if vote.artifact != self.asked.digest:
            return "E_OTHER_ARTIFACT", ""
        if vote.entry <= self.asked.changed:
            return "E_STALE", str(self.asked.changed)
        if parse_instant(vote.at) <= self.too_old:
            return "E_EXPIRED", self.table.valid_for
        if not held & self.table.roles:
            return "E_ROLE_LOST", ""
        return "", ""


def _who_could(
    case: Case,
    wanted: frozenset[str],
    counting: Mapping[str, Vote],
    excluded: Mapping[str, str],
) -> tuple[tuple[str, ...], list[Refusal]]:
    """Who holds a wanted role: those who could still approve, and those who are excluded."""
    could = []
    barred = []
    holders = {holder for role in wanted for holder in case.registry.holders(role)}
    for holder in sorted(holders.difference(counting)):
        actor = case.registry.find(ActorState, holder)
        if holder in excluded:
            barred.append(Refusal(holder, "E_SELF", excluded[holder], -1))
        elif actor is not None and actor.type == "person":
            could.append(holder)
    return tuple(could), barred

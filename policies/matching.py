"""Matching people to seats: how many can be taken, by whom, and who else would help.

Pure counting, without votes: a person is a set of roles. Source: bipartite matching by augmenting
paths (Kuhn 1955). Tested against every way of seating people.
"""

from __future__ import annotations

from itertools import combinations_with_replacement, islice, product
from typing import TYPE_CHECKING, Final

from policies.ways import plain_role, ways_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from policies.agreeing import Quorum

    Seats = Sequence[tuple[str, ...]]
    Benches = Sequence[Seats]
    """The seats of one way, bench by bench."""
    People = tuple[frozenset[str], ...]
    """People by their roles, in one order."""

MOST_COMPARED: Final = 5_000
"""Groups of people that are looked through to compare two quorums."""


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


def fills(rule: Quorum, held: Mapping[str, frozenset[str]]) -> bool:
    """Whether these people could meet a quorum, each with the roles they hold, in whatever turn."""
    return _fill(_without_turns(rule), held)


def _without_turns(rule: Quorum) -> list[Benches]:
    """The ways of meeting a quorum, whoever's turn it is."""
    return [
        [[tuple(map(plain_role, seat)) for seat in bench.seats] for bench in way]
        for way in ways_of(rule)
    ]


def _fill(ways: Iterable[Benches], held: Mapping[str, frozenset[str]]) -> bool:
    return any(all(len(match(seats, held)) == len(seats) for seats in way) for way in ways)


def asks_no_more(rule: Quorum, other: Quorum) -> bool | None:
    """Whether every group of people that meets ``other`` meets ``rule``; turns are left out.

    It is enough to look at groups of which nobody can be left out and no role be taken away, since
    more people and more roles never hurt. None where there are too many of them.
    """
    groups = list(islice(_least(other), MOST_COMPARED + 1))
    if len(groups) > MOST_COMPARED:
        return None
    ways = _without_turns(rule)
    return all(_fill(ways, {str(at): roles for at, roles in enumerate(group)}) for group in groups)


def _least(rule: Quorum) -> Iterator[People]:
    """The groups that just meet a quorum: each seat with one role, people in as few as may be."""
    seen: set[People] = set()
    for way in ways_of(rule):
        for chosen in product(*(_taken(bench.seats) for bench in way)):
            for group in _seated_anyhow(chosen):
                if group not in seen:
                    seen.add(group)
                    yield group


def _taken(seats: Seats) -> Iterator[tuple[str, ...]]:
    """Every choice of one role for each seat; seats that are alike are taken in one order."""
    alike: dict[tuple[str, ...], int] = {}
    for seat in seats:
        roles = tuple(plain_role(role) for role in seat)
        alike[roles] = alike.get(roles, 0) + 1
    choices = (combinations_with_replacement(roles, number) for roles, number in alike.items())
    return (tuple(role for part in chosen for role in part) for chosen in product(*choices))


def _seated_anyhow(benches: Iterable[tuple[str, ...]]) -> Iterator[People]:
    """Every way in which people sit on several benches, at most once on each."""
    first, *others = benches
    groups: Iterable[People] = [tuple(frozenset((role,)) for role in first)]
    for bench in others:
        groups = _grown(groups, bench)
    return (tuple(sorted(group, key=sorted)) for group in groups)


def _grown(groups: Iterable[People], bench: tuple[str, ...]) -> Iterator[People]:
    for group in groups:
        yield from _with(group, bench, frozenset(range(len(group))))


def _with(group: People, roles: tuple[str, ...], free: frozenset[int]) -> Iterator[People]:
    """A group in which each of these roles is somebody's who is free, or a newcomer's."""
    if not roles:
        yield group
        return
    role, rest = roles[0], roles[1:]
    yield from _with((*group, frozenset((role,))), rest, free)
    for at in free:
        grown = (*group[:at], group[at] | {role}, *group[at + 1 :])
        yield from _with(grown, rest, free - {at})

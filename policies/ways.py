"""The ways in which a quorum can be met: each is who must sit at which tables.

``2 of ml_lead, and 1 of clinical or 2 of medical_board`` can be met in two ways: by three people at
one table, or by four. A *bench* is one table, whose seats are taken by different people; a way has
more than one only where a quorum lets people overlap. So the tree that a document holds becomes a
short list, and each item of it is an exact matching (``policies.quorum``).

Rules:
- At most ``DEEPEST`` quorums stand in each other, a quorum has at most ``MOST`` ways, and a way at
  most ``MOST_SEATS`` seats.
- Where people must differ, nothing overlaps further inside.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policies.agreeing import Quorum
    from policies.strict_yaml import Path

DEEPEST: Final = 4
MOST: Final = 64
MOST_SEATS: Final = 50
_IN_TURN: Final = ">"
"""Marks the role of a seat that comes after others'; no role's name can hold it."""


class Turn(NamedTuple):
    """A role whose holders have their turn after those of others: then they hold ``marked`` too."""

    role: str
    marked: str
    after: tuple[str, ...]


class Bench(NamedTuple):
    """Seats for different people: of each the roles that may take it, and who has a turn when."""

    seats: tuple[tuple[str, ...], ...]
    turns: tuple[Turn, ...]
    roles: frozenset[str]


Way = tuple[Bench, ...]


def plain_role(role: str) -> str:
    """A role as the document names it, whether it has its turn or not."""
    return role.partition(_IN_TURN)[0]


def ways_of(rule: Quorum) -> tuple[Way, ...]:
    """Every way in which a quorum can be met, in the order in which the document tells them."""
    if rule.one_of is not None:
        return tuple(dict.fromkeys(way for part in rule.one_of for way in ways_of(part)))
    if rule.all_of is not None:
        every = product(*(ways_of(part) for part in rule.all_of))
        joined = _side_by_side if rule.may_overlap else _at_one_table
        return tuple(dict.fromkeys(joined(chosen) for chosen in every))
    return ((_bench(rule),),)


def _bench(rule: Quorum) -> Bench:
    turns = []
    seats: list[tuple[str, ...]] = []
    for seat in rule.seats:
        role = seat.role
        if seat.after:
            role = f"{seat.role}{_IN_TURN}{','.join(seat.after)}"
            turns.append(Turn(seat.role, role, seat.after))
        seats += [(role,)] * seat.at_least
    others = (rule.at_least or 0) - len(seats)
    return _made((*seats, *(rule.any_of,) * others), turns)


def _made(seats: Iterable[tuple[str, ...]], turns: Iterable[Turn]) -> Bench:
    there = tuple(seats)
    roles = frozenset(plain_role(role) for seat in there for role in seat)
    return Bench(there, tuple(dict.fromkeys(turns)), roles)


def _side_by_side(chosen: Iterable[Way]) -> Way:
    return tuple(bench for way in chosen for bench in way)


def _at_one_table(chosen: Iterable[Way]) -> Way:
    """One table for all of them: named seats first, as where one quorum names them."""
    benches = _side_by_side(chosen)
    seats = sorted((seat for bench in benches for seat in bench.seats), key=len)
    return (_made(seats, (turn for bench in benches for turn in bench.turns)),)


def problem_of(rule: Quorum) -> str:
    """Why a quorum can't be looked through, empty where it can."""
    if _depth(rule) > DEEPEST:
        return f"quorums stand in each other at most {DEEPEST} deep"
    if _overlaps_within(rule, inside=False):
        return "may_overlap stands outermost or in one_of, not within an all_of of different people"
    if _number(rule) > MOST:
        return f"it could be met in more than {MOST} ways"
    if any(sum(len(bench.seats) for bench in way) > MOST_SEATS for way in ways_of(rule)):
        return f"it could ask for more than {MOST_SEATS} people"
    return ""


def _depth(rule: Quorum) -> int:
    return 1 + max((_depth(part) for part in rule.parts), default=0)


def _overlaps_within(rule: Quorum, *, inside: bool) -> bool:
    if rule.all_of is not None:
        if rule.may_overlap and inside:
            return True
        inside = inside or not rule.may_overlap
    return any(_overlaps_within(part, inside=inside) for part in rule.parts)


def _number(rule: Quorum) -> int:
    """How many ways there are at most, without making them."""
    if rule.one_of is not None:
        return sum(_number(part) for part in rule.one_of)
    number = 1
    for part in rule.all_of or ():
        number = min(number * _number(part), MOST + 1)
    return number


def parts_at(rule: Quorum, path: Path) -> Iterator[tuple[Quorum, Path]]:
    """The quorums that one is made of, each with its path."""
    name = "all_of" if rule.all_of is not None else "one_of"
    return ((part, (*path, name, at)) for at, part in enumerate(rule.parts))


def named(rule: Quorum, path: Path = ()) -> Iterator[tuple[Quorum, Path]]:
    """Every quorum within one that names people itself, with its path."""
    if not rule.parts:
        yield rule, path
    for part, within in parts_at(rule, path):
        yield from named(part, within)


def roles_of(rule: Quorum) -> tuple[str, ...]:
    """Every role that may take some seat."""
    found = (
        role for one, _ in named(rule) for role in (*(seat.role for seat in one.seats), *one.any_of)
    )
    return tuple(dict.fromkeys(found))

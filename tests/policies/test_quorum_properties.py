"""The quorum against brute force, and what adding a person can never do."""

from __future__ import annotations

from itertools import permutations
from random import Random  # noqa: TID251 (no secret)
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.quorum import match, roles_wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    Seats = list[tuple[str, ...]]
    Held = dict[str, frozenset[str]]

ROLES = ("a", "b", "c")
seats_strategy = st.lists(
    st.sets(st.sampled_from(ROLES), min_size=1).map(lambda roles: tuple(sorted(roles))),
    min_size=1,
    max_size=5,
)
people_strategy = st.dictionaries(
    st.sampled_from([f"p{n}" for n in range(6)]), st.frozensets(st.sampled_from(ROLES)), max_size=6
)


def most_seats(seats: list[tuple[str, ...]], held: dict[str, frozenset[str]]) -> int:
    """Every way of seating people, tried."""
    people = list(held)
    places = [*range(len(seats)), *[None] * len(people)]
    best = 0
    for order in set(permutations(places, len(people))):
        pairs = [(p, s) for p, s in zip(people, order, strict=True) if s is not None]
        if all(held[person].intersection(seats[seat]) for person, seat in pairs):
            best = max(best, len(pairs))
    return best


@given(seats_strategy.filter(lambda s: len(s) <= 3), people_strategy.filter(lambda p: len(p) <= 4))
def test_matching_is_as_good_as_trying_everything(
    seats: list[tuple[str, ...]], held: dict[str, frozenset[str]]
) -> None:
    taken = match(seats, held)
    assert len(taken) == most_seats(seats, held)
    assert len(set(taken.values())) == len(taken)
    assert all(held[person].intersection(seats[seat]) for seat, person in taken.items())


@given(seats_strategy, people_strategy, st.frozensets(st.sampled_from(ROLES)))
def test_one_more_person_never_empties_a_seat(
    seats: list[tuple[str, ...]], held: dict[str, frozenset[str]], roles: frozenset[str]
) -> None:
    assert len(match(seats, {**held, "newcomer": roles})) >= len(match(seats, held))


@given(seats_strategy, people_strategy)
def test_the_order_of_people_does_not_matter(
    seats: list[tuple[str, ...]], held: dict[str, frozenset[str]]
) -> None:
    backwards = dict(reversed(list(held.items())))
    assert len(match(seats, held)) == len(match(seats, backwards))


def most_by_trying(seats: Seats, held: Held, used: int = 0, at: int = 0) -> int:
    """Seat by seat: left empty, or given to each person who is free and may take it."""
    if at == len(seats):
        return 0
    best = most_by_trying(seats, held, used, at + 1)
    for number, roles in enumerate(held.values()):
        if not used & 1 << number and roles.intersection(seats[at]):
            best = max(best, 1 + most_by_trying(seats, held, used | 1 << number, at + 1))
    return best


def first_come_first_served(seats: Seats, held: Held) -> int:
    """A broken twin: nobody moves for anybody."""
    taken: set[str] = set()
    for seat in seats:
        found = next((who for who in held if who not in taken and held[who] & set(seat)), None)
        if found is not None:
            taken.add(found)
    return len(taken)


def count_of_roles(seats: Seats, held: Held) -> int:
    """A broken twin: a seat is taken where anybody holds its role."""
    return sum(any(roles & set(seat) for roles in held.values()) for seat in seats)


def random_tables(number: int) -> list[tuple[Seats, Held]]:
    """Up to six seats and seven people, of four roles."""
    chance, found = Random(7), []
    for _ in range(number):
        seats = [
            tuple(sorted(chance.sample("abcd", chance.randint(1, 3))))
            for _ in range(chance.randint(1, 6))
        ]
        held = {
            f"p{at}": frozenset(chance.sample("abcd", chance.randint(0, 3)))
            for at in range(chance.randint(0, 7))
        }
        found.append((seats, held))
    return found


def test_matching_is_as_good_as_trying_everything_on_larger_tables() -> None:
    wrong = [
        (seats, held)
        for seats, held in random_tables(4_000)
        if len(match(seats, held)) != most_by_trying(seats, held)
    ]
    assert wrong == []


@pytest.mark.parametrize("twin", [first_come_first_served, count_of_roles])
def test_a_broken_twin_is_caught(twin: Callable[[Seats, Held], int]) -> None:
    tables = random_tables(1_000)
    wrong = sum(twin(seats, held) != most_by_trying(seats, held) for seats, held in tables)
    assert wrong > 20


def test_exactly_what_is_wanted_fills_one_more_seat() -> None:
    for seats, held in random_tables(2_000):
        taken = match(seats, held)
        wanted = roles_wanted(seats, held, taken)
        for role in "abcd":
            more = match(seats, {**held, "newcomer": frozenset(role)})
            assert (len(more) > len(taken)) == (role in wanted), (seats, held, role)

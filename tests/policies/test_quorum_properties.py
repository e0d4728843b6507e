"""The quorum against brute force, and what adding a person can never do."""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement, permutations, product
from random import Random  # noqa: TID251 (no secret)
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.agreeing import Quorum, Seat
from policies.matching import asks_no_more, fills, match, roles_wanted
from policies.ways import ways_of

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


# Quorums that nest.


def random_quorum(chance: Random, depth: int = 0, *, overlap: bool = True) -> Quorum:
    """Of three roles, up to three deep."""
    shape = chance.choice(["people"] if depth > 1 else ["people", "all_of", "one_of"])
    if shape == "people":
        seats = tuple(
            Seat(role=role, at_least=1) for role in chance.sample(ROLES, chance.randint(0, 2))
        )
        others = chance.randint(0 if seats else 1, 1)
        roles = tuple(sorted(chance.sample(ROLES, chance.randint(1, 2)))) if others else ()
        return Quorum(at_least=len(seats) + others, seats=seats, any_of=roles)
    may_overlap = shape == "all_of" and overlap and chance.random() < 0.3
    inner = overlap and (shape == "one_of" or may_overlap)
    parts = tuple(random_quorum(chance, depth + 1, overlap=inner) for _ in range(2))
    if shape == "one_of":
        return Quorum(one_of=parts)
    return Quorum(all_of=parts, may_overlap=may_overlap)


def is_met(rule: Quorum, people: tuple[frozenset[str], ...]) -> bool:
    """By the words of the rule: people split among the parts in every way."""
    if rule.one_of is not None:
        return any(is_met(part, people) for part in rule.one_of)
    if rule.all_of is not None and rule.may_overlap:
        return all(is_met(part, people) for part in rule.all_of)
    if rule.all_of is not None:
        return any(
            all(
                is_met(
                    part, tuple(p for p, where in zip(people, split, strict=True) if where == at)
                )
                for at, part in enumerate(rule.all_of)
            )
            for split in product(range(len(rule.all_of)), repeat=len(people))
        )
    assert rule.at_least is not None
    wanted = [{seat.role} for seat in rule.seats for _ in range(seat.at_least)]
    wanted += [set(rule.any_of)] * (rule.at_least - len(wanted))
    return any(
        all(roles & seat for roles, seat in zip(order, wanted, strict=True))
        for order in permutations(people, len(wanted))
    )


def counted_once_for_all(rule: Quorum, people: tuple[frozenset[str], ...]) -> bool:
    """A broken twin: each part of an ``all_of`` looks for people by itself."""
    if rule.parts:
        judge = all if rule.all_of is not None else any
        return judge(counted_once_for_all(part, people) for part in rule.parts)
    return is_met(rule, people)


def random_people(chance: Random) -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset(chance.sample(ROLES, chance.randint(0, 2))) for _ in range(chance.randint(0, 5))
    )


def as_held(people: tuple[frozenset[str], ...]) -> Held:
    return {f"p{at}": roles for at, roles in enumerate(people)}


def test_quorums_that_nest_are_met_as_their_words_say() -> None:
    chance, met = Random(11), 0
    for _ in range(1_500):
        rule, people = random_quorum(chance), random_people(chance)
        expected = is_met(rule, people)
        assert fills(rule, as_held(people)) == expected, (rule, people)
        met += expected
    assert 200 < met < 1_300


def test_a_twin_that_counts_people_twice_is_caught() -> None:
    chance = Random(12)
    tried = [(random_quorum(chance), random_people(chance)) for _ in range(1_000)]
    wrong = sum(
        counted_once_for_all(rule, people) != is_met(rule, people) for rule, people in tried
    )
    assert wrong > 20


def test_of_two_quorums_it_is_told_exactly_which_asks_for_no_more() -> None:
    chance = Random(13)
    kinds = [frozenset(one) for size in (1, 2) for one in combinations(ROLES, size)]
    groups = [group for size in range(5) for group in combinations_with_replacement(kinds, size)]
    less = 0
    for _ in range(60):
        rule, other = random_quorum(chance, 1), random_quorum(chance, 1)
        if chance.random() < 0.5:
            other = Quorum(all_of=(rule, other))
        everybody = [group for group in groups if fills(other, as_held(group))]
        expected = all(fills(rule, as_held(group)) for group in everybody)
        found = asks_no_more(rule, other)
        assert not found or expected, (rule, other)
        small = len(max((*_seats(other), ()), key=len)) <= 4
        assert not small or found == expected, (rule, other)
        less += bool(found)
    assert less > 10


def _seats(rule: Quorum) -> list[list[tuple[str, ...]]]:
    return [[seat for bench in way for seat in bench.seats] for way in ways_of(rule)]

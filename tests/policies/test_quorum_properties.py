"""The quorum against brute force, and what adding a person can never do."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from policies.quorum import match

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

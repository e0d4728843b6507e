"""Natural persons, not accounts: links only ever take seats away, and one person takes one."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ledger.errors import ConflictError, UnknownSubjectError
from ledger.events.people import IdentityLinked, IdentityUnlinked
from ledger.state.fold import Place, fold
from policies import explain
from policies.matching import match
from tests.policies.test_activation import STRICTER, change
from tests.policies.test_changes import code
from tests.policies.test_decide_properties import PEOPLE, SERVICE, roles_held, votes, with_votes
from tests.world import DIGEST, Company, World

links = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=3)


def link(world: World, pairs: list[tuple[str, str]]) -> None:
    for one, other in pairs:
        if other not in world.registry.accounts(one):
            world.force("identity.linked", SERVICE, actor_id=one, same_as=other)


def groups(world: World) -> dict[str, str]:
    return {one: world.registry.actor(one).person for one in PEOPLE}


@settings(max_examples=80)
@given(roles_held, votes, links)
def test_a_link_never_turns_refused_into_allowed(roles, said, pairs) -> None:  # noqa: ANN001
    world, release = with_votes(roles, said)
    before = world.granting(release)
    link(world, pairs)
    assert before.allowed or not world.granting(release).allowed


@settings(max_examples=80)
@given(roles_held, votes, links)
def test_a_quorum_of_accounts_is_the_quorum_of_their_persons(roles, said, pairs) -> None:  # noqa: ANN001
    """Against seats taken by whole persons, each with the roles of the accounts that voted well."""
    # Whether a vote of just a fortnight has expired is a matter of seconds, and of another test.
    assume(all(days != 14 for _, days, _, _ in said))
    world, release = with_votes(roles, said)
    link(world, pairs)
    good = [
        actor for actor, days, digest, counts in said if counts and digest == DIGEST and days < 14
    ]
    persons: dict[str, frozenset[str]] = {}
    for actor in good:
        held = frozenset(roles[PEOPLE.index(actor)])
        person = groups(world)[actor]
        persons[person] = persons.get(person, frozenset()) | held
    seats = [("compliance",), ("ml_lead", "compliance")]
    decision = world.granting(release)
    review = next(result for result in decision.results if result.requirement == "review")
    assert (review.state == "met") == (len(match(seats, persons)) == 2)
    if review.state == "met":
        taken = [world.registry.actor(one).person for one in review.params["people"]]
        assert len(set(taken)) == 2
    else:
        helped = {world.registry.actor(one).person for one in review.params["could"]}
        seated = {world.registry.actor(one).person for one in review.params["people"]}
        assert not helped & seated, "somebody who sits already is not asked for again"


@given(
    st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=6),
    st.sampled_from(PEOPLE),
)
def test_links_make_groups_and_unlinking_takes_one_out(pairs, leaves) -> None:  # noqa: ANN001
    world, _ = with_votes([set()] * 5, [])
    link(world, pairs)
    for one in PEOPLE:
        accounts = set(world.registry.accounts(one))
        assert all(set(world.registry.accounts(other)) == accounts for other in accounts)
        assert len({groups(world)[other] for other in accounts}) == 1
    before = set(world.registry.accounts(leaves))
    if before == {leaves}:
        with pytest.raises(ConflictError, match="linked with no other"):
            world.force("identity.unlinked", SERVICE, actor_id=leaves)
        return
    world.force("identity.unlinked", SERVICE, actor_id=leaves)
    assert world.registry.accounts(leaves) == (leaves,)
    for other in before - {leaves}:
        assert set(world.registry.accounts(other)) == before - {leaves}


def test_what_makes_no_sense_is_refused() -> None:
    company = Company()
    world = company.world
    place = Place(99, world.instant, SERVICE.id)
    bo, chi = company.bo.id, company.chi.id
    for wrong, error, told in (
        (IdentityLinked(actor_id=bo, same_as=bo), ConflictError, "one already"),
        (IdentityLinked(actor_id=bo, same_as=SERVICE.id), ConflictError, "nobody's account"),
        (IdentityLinked(actor_id=SERVICE.id, same_as=bo), ConflictError, "nobody's account"),
        (IdentityLinked(actor_id=bo, same_as="ff" * 16), UnknownSubjectError, ""),
        (IdentityUnlinked(actor_id=bo), ConflictError, "no other account"),
    ):
        with pytest.raises(error, match=told or None):
            fold(world.registry, wrong, place)
    world.force("identity.linked", SERVICE, actor_id=bo, same_as=chi)
    with pytest.raises(ConflictError, match="one already"):
        fold(world.registry, IdentityLinked(actor_id=chi, same_as=bo), place)


def test_one_person_has_no_end_of_accounts_but_a_bound() -> None:
    world = Company().world
    ids = [f"{number:032x}" for number in range(0x100, 0x121)]
    for one in ids:
        world.force("actor.enrolled", SERVICE, actor_id=one, actor_type="workload")
    for one in ids[1:32]:
        world.force("identity.linked", SERVICE, actor_id=ids[0], same_as=one)
    with pytest.raises(ConflictError, match="at most 32"):
        world.force("identity.linked", SERVICE, actor_id=ids[0], same_as=ids[32])


def test_the_reason_names_the_account_that_counts() -> None:
    company = Company()
    world = company.world
    eve = world.person("eve", "ml_lead")
    world.force("identity.linked", SERVICE, actor_id=eve.id, same_as=company.bo.id)
    release = world.request(company.ci)
    world.approve(release, company.bo)
    names = {actor.id: name for name, actor in world.names.items()}
    told = explain(world.granting(release), lambda actor: names.get(actor, actor))[0]
    assert "chi or dee can give it" in told
    world.approve(release, eve)
    told = explain(world.granting(release), lambda actor: names.get(actor, actor))[0]
    assert "is the same person as" in told
    assert "one person takes one seat" in told


def test_rules_that_only_one_person_is_left_to_change_are_refused() -> None:
    """Two administrators who are one: nobody could agree to what the other proposed."""
    world = World()
    world.person("rita", "administrator")
    second = world.names["rita"].id
    facts = change(world, STRICTER)
    assert "E_POLICY_LOCKED" not in code(world, "policy.activated", "root", **facts)
    world.force("identity.linked", SERVICE, actor_id=world.names["root"].id, same_as=second)
    assert "E_POLICY_LOCKED" in code(world, "policy.activated", "root", **facts)

"""Decisions over random companies: total, repeatable, and never bettered by knowing less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.encoding import canonical
from ledger.errors import LedgerError
from ledger.events.actor import Actor
from ledger.events.catalogue import CATALOGUE
from ledger.events.decision import Decision
from ledger.state.aggregates import ReleaseState, Vote
from policies import explain, granting_approvals, make_decide, pending
from policies.matching import match, roles_wanted
from tests.examples import EXAMPLES
from tests.world import DIGEST, SERVICE, Company, World

if TYPE_CHECKING:
    from ledger.events.event import Event

KINDS = sorted(set(CATALOGUE) - {"log.created"})
PEOPLE = [f"{number:02x}" * 16 for number in range(1, 6)]
ROLES = ["data_scientist", "ml_lead", "compliance", "operations", "pipeline", "administrator"]

# What belongs together with other fields of the example.
KEPT = {("version.registered", "artifact"), ("hold.placed", "model"), ("recall.placed", "model")}

ids = st.sampled_from([*PEOPLE, "ff" * 16, SERVICE.id])
names = {
    "model": st.sampled_from(["churn", "none"]),
    "version": st.sampled_from(["1.0.0", "1.1.0", "9.9.9"]),
    "environment": st.sampled_from(["development", "staging", "production", "elsewhere"]),
    "artifact": st.sampled_from([DIGEST, "c9" * 32]),
    "release": st.integers(0, 40),
    "deployment": st.integers(0, 40),
    "actor_id": ids,
    "owner": st.sampled_from(PEOPLE),
    "actor_type": st.sampled_from(["person", "workload", "service"]),
    "role": st.sampled_from([*ROLES, "auditor", "somebody"]),
    "task": st.sampled_from(["classification", "regression", "other"]),
    "risk_tier": st.sampled_from(["low", "prohibited"]),
    "replacement": st.none(),
    "parents": st.just(()),
}


@st.composite
def events(draw: st.DrawFn, kinds: list[str] = KINDS) -> Event:
    """Any event of the examples, about other things."""
    kind = draw(st.sampled_from(kinds))
    fields: dict[str, Any] = dict(EXAMPLES[kind])
    for name in names.keys() & CATALOGUE[kind].model_fields.keys():
        if (kind, name) not in KEPT:
            fields[name] = draw(names[name])
    if kind == "metrics.observed":
        fields["phase"] = draw(st.sampled_from(["evaluation", "monitoring"]))
    return CATALOGUE[kind].model_validate(fields)


actors = st.builds(
    Actor,
    id=ids,
    type=st.sampled_from(["person", "workload", "service"]),
    via=st.sampled_from(["service", "password", "token", "setup"]),
)


def company_of(kinds_of_people: list[str], history: list[tuple[Event, Actor]]) -> World:
    """A company in which whatever makes sense happened, whatever its policy says."""
    world = World()
    for actor_id, kind in zip(PEOPLE, kinds_of_people, strict=False):
        world.force("actor.enrolled", SERVICE, actor_id=actor_id, actor_type=kind)
    for event, actor in history:
        try:
            world.fold(event, actor)
        except LedgerError:
            continue
    return world


worlds = st.builds(
    company_of,
    st.lists(st.sampled_from(["person", "person", "workload"]), min_size=5, max_size=5),
    st.lists(st.tuples(events([k for k in KINDS if k != "policy.activated"]), actors), max_size=25),
)


@settings(max_examples=60)
@given(worlds, events(), actors, st.integers(0, 400))
def test_every_event_is_decided_whatever_the_registry_holds(
    world: World, event: Event, actor: Actor, days: int
) -> None:
    world.wait(days=days)
    decision = world.decide(world.registry, event, actor, world.instant)
    assert Decision.model_validate(decision.model_dump()) == decision
    assert decision.results
    assert decision.allowed == all(result.state == "met" for result in decision.results)
    assert all(explain(decision, str))
    canonical(decision.model_dump(mode="json"))


@settings(max_examples=50)
@given(worlds, events(), actors)
def test_the_same_question_gets_the_same_bytes(world: World, event: Event, actor: Actor) -> None:
    first = world.decide(world.registry, event, actor, world.instant)
    fresh = make_decide(lambda digest: world.document)
    again = fresh(world.registry.fork(), event, actor, world.instant)
    assert canonical(first.model_dump(mode="json")) == canonical(again.model_dump(mode="json"))


votes = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.integers(0, 20),
        st.sampled_from([DIGEST, DIGEST, DIGEST, "c9" * 32]),
        st.booleans(),
    ),
    unique_by=lambda vote: vote[0],
    max_size=5,
)
roles_held = st.lists(st.sets(st.sampled_from(["ml_lead", "compliance"])), min_size=5, max_size=5)


def with_votes(roles: list[set[str]], said: list[tuple[str, int, str, bool]]) -> tuple[World, int]:
    company = Company()
    world = company.world
    for actor_id, held in zip(PEOPLE, roles, strict=True):
        world.force("actor.enrolled", SERVICE, actor_id=actor_id, actor_type="person")
        for role in sorted(held):
            world.force("role.granted", SERVICE, actor_id=actor_id, role=role)
    release = world.request(company.ci)
    put_votes(world, release, said)
    return world, release


def put_votes(world: World, release: int, said: list[tuple[str, int, str, bool]]) -> None:
    asked = world.registry.release(release)
    given_ = tuple(
        Vote(
            entry=release + 1 + place,
            at=World(now=world.now).wait(days=-days).instant,
            actor=actor,
            verdict="approve",
            artifact=artifact,
            policy=world.registry.policy_digest(),
            counts=counts,
        )
        for place, (actor, days, artifact, counts) in enumerate(said)
    )
    changed: ReleaseState = asked.model_copy(update={"votes": given_})
    world.registry.apply([changed], release)


@settings(max_examples=60)
@given(roles_held, votes, st.randoms(use_true_random=False))
def test_the_order_of_votes_does_not_matter(roles, said, chance) -> None:  # noqa: ANN001
    world, release = with_votes(roles, said)
    first = world.granting(release)
    shuffled = list(world.registry.release(release).votes)
    chance.shuffle(shuffled)
    asked = world.registry.release(release).model_copy(update={"votes": tuple(shuffled)})
    world.registry.apply([asked], release)
    assert world.granting(release) == first


@settings(max_examples=60)
@given(roles_held, votes, st.sampled_from(PEOPLE))
def test_one_more_good_vote_never_turns_met_into_unmet(roles, said, actor) -> None:  # noqa: ANN001
    world, release = with_votes(roles, said)
    before = world.granting(release)
    others = [vote for vote in said if vote[0] != actor]
    put_votes(world, release, [*others, (actor, 0, DIGEST, True)])
    after = world.granting(release)
    assert after.allowed or not before.allowed


@settings(max_examples=25)
@given(roles_held, votes)
def test_what_is_announced_as_missing_is_exact(roles, said) -> None:  # noqa: ANN001
    """Who could give one brings it nearer; who is not named does not."""
    world, release = with_votes(roles, said)
    decision = world.granting(release)
    review = next(result for result in decision.results if result.requirement == "review")
    asked = world.registry.release(release)
    waited = pending(world.registry, world.document, asked, world.instant)
    if review.state == "met":
        assert waited == ()
        assert set(granting_approvals(decision)) <= {vote.entry for vote in asked.votes}
        return
    missing = len(review.params["missing"])
    assert sum(item.number for item in waited) == missing
    for actor in PEOPLE:
        others = [vote for vote in said if vote[0] != actor]
        put_votes(world, release, [*others, (actor, 0, DIGEST, True)])
        again = next(r for r in world.granting(release).results if r.requirement == "review")
        fewer = len(again.params.get("missing", [])) < missing
        assert fewer == (actor in review.params["could"])


seats_of_roles = st.lists(
    st.sets(st.sampled_from("abc"), min_size=1).map(lambda roles: tuple(sorted(roles))),
    min_size=1,
    max_size=5,
)
held_roles = st.dictionaries(
    st.sampled_from([f"p{n}" for n in range(5)]), st.frozensets(st.sampled_from("abc")), max_size=5
)


@given(seats_of_roles, held_roles, st.sampled_from("abc"))
def test_a_wanted_role_is_one_that_fills_a_seat(seats, held, role) -> None:  # noqa: ANN001
    taken = match(seats, held)
    helps = len(match(seats, {**held, "new": frozenset(role)})) > len(taken)
    assert helps == (role in roles_wanted(seats, held, taken))


@given(seats_of_roles, held_roles, st.data())
def test_giving_exactly_what_is_missing_fills_every_seat(seats, held, data) -> None:  # noqa: ANN001
    taken = match(seats, held)
    missing = [seat for at, seat in enumerate(seats) if at not in taken]
    newcomers = {
        f"new{number}": frozenset(data.draw(st.sampled_from(seat)))
        for number, seat in enumerate(missing)
    }
    assert len(match(seats, {**held, **newcomers})) == len(seats)
    if newcomers:
        newcomers.popitem()
        assert len(match(seats, {**held, **newcomers})) < len(seats)

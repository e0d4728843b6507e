"""Delegations: who stands in for whom, for how long, and what that never gets round."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import ConflictError, InputError, UnknownSubjectError
from policies import explain
from tests.world import Company, World

WEEK = "2026-11-08T09:00:00Z"


def code_of(text: str) -> str:
    return text.split(":")[1]


@pytest.fixture
def company() -> Company:
    """The company of the other tests, with two people who hold no role."""
    made = Company()
    made.world.person("noa")
    made.world.person("ned")
    return made


def lend(company: Company, by: str, to: str, role: str, **more: Any) -> int:
    world = company.world
    fields = {"until": "2026-11-20T09:00:00Z", **more}
    return world.do(
        "role.delegated", world.names[by], actor_id=world.names[to].id, role=role, **fields
    )


def review(company: Company, release: int) -> Any:
    found = [
        item for item in company.world.granting(release).results if item.requirement == "review"
    ]
    return found[0]


def reasons(company: Company, release: int) -> dict[str, str]:
    """Why each voter does not count, by name."""
    names = {actor.id: name for name, actor in company.world.names.items()}
    cannot = review(company, release).params.get("cannot", [])
    return {names[text.split(":")[0]]: code_of(text) for text in cannot}


def approve(company: Company, release: int, *who: str) -> None:
    for name in who:
        company.world.approve(release, by=company.world.names[name])


def chi(company: Company) -> str:
    """The name of whoever is from compliance."""
    return next(
        name
        for name, actor in company.world.names.items()
        if actor.id in company.world.registry.holders("compliance")
    )


def lead(company: Company) -> str:
    """The name of an ML lead."""
    return next(
        name
        for name, actor in company.world.names.items()
        if actor.id in company.world.registry.holders("ml_lead")
    )


def test_a_delegate_takes_the_seat_of_the_one_who_is_away(company: Company) -> None:
    boss = chi(company)
    lend(company, boss, "noa", "compliance")
    release = company.world.request(company.ci)
    approve(company, release, "noa", lead(company))
    result = review(company, release)
    assert result.state == "met"
    noa, away = company.world.names["noa"].id, company.world.names[boss].id
    assert result.params["stand_ins"] == [f"{noa}:{away}"]
    names = {actor.id: name for name, actor in company.world.names.items()}
    said = explain(company.world.granting(release), names.__getitem__)
    assert any(f"noa for {boss}" in sentence for sentence in said)


def test_delegate_and_delegator_are_one_seat(company: Company) -> None:
    boss = chi(company)
    lend(company, boss, "noa", "compliance")
    release = company.world.request(company.ci)
    approve(company, release, "noa", boss)
    assert review(company, release).state == "unmet"
    assert reasons(company, release)["noa"] == "E_DELEGATOR_VOTED"
    approve(company, release, lead(company))
    assert review(company, release).state == "met"


def test_two_delegates_of_one_are_one_seat(company: Company) -> None:
    boss = chi(company)
    lend(company, boss, "noa", "compliance")
    lend(company, boss, "ned", "compliance")
    release = company.world.request(company.ci)
    approve(company, release, "noa", "ned")
    assert review(company, release).state == "unmet"
    assert "E_OTHER_STANDS_IN" in reasons(company, release).values()


def test_nobody_stands_in_for_whoever_asked(company: Company) -> None:
    boss = lead(company)
    lend(company, boss, "noa", "ml_lead")
    release = company.world.request(company.world.names[boss])
    decision = company.world.ask(
        "release.approved",
        company.world.names["noa"],
        release=release,
        artifact=company.world.registry.release(release).artifact,
    )
    assert not decision.allowed
    company.world.force(
        "release.approved",
        company.world.names["noa"],
        release=release,
        artifact=company.world.registry.release(release).artifact,
    )
    assert reasons(company, release)["noa"] == "E_STANDS_IN_EXCLUDED"


def test_whoever_asked_does_not_approve_as_somebodys_delegate(company: Company) -> None:
    boss = chi(company)
    asker = lead(company)
    lend(company, boss, asker, "compliance")
    release = company.world.request(company.world.names[asker])
    decision = company.world.ask(
        "release.approved",
        company.world.names[asker],
        release=release,
        artifact=company.world.registry.release(release).artifact,
    )
    assert "E_SELF" in {result.code for result in decision.unmet}


def test_a_lent_role_is_not_lent_on(company: Company) -> None:
    lend(company, chi(company), "noa", "compliance")
    with pytest.raises(ConflictError, match="holds oneself"):
        company.world.force(
            "role.delegated",
            company.world.names["noa"],
            actor_id=company.world.names["ned"].id,
            role="compliance",
            until=WEEK,
        )


def test_an_approval_from_before_the_delegation_does_not_count(company: Company) -> None:
    release = company.world.request(company.ci)
    company.world.force(
        "release.approved",
        company.world.names["noa"],
        release=release,
        artifact=company.world.registry.release(release).artifact,
    )
    lend(company, chi(company), "noa", "compliance", since="2026-10-01T09:00:00Z")
    assert reasons(company, release)["noa"] == "E_DELEGATION_OVER"


@pytest.mark.parametrize(("wait", "state"), [({"days": 6}, "met"), ({"days": 8}, "unmet")])
def test_a_delegation_must_hold_at_the_vote_and_at_the_decision(
    company: Company, wait: dict[str, float], state: str
) -> None:
    lend(company, chi(company), "noa", "compliance", until=WEEK)
    release = company.world.request(company.ci)
    approve(company, release, "noa", lead(company))
    company.world.wait(**wait)
    assert review(company, release).state == state


def test_the_end_is_the_first_moment_at_which_it_does_not_hold(company: Company) -> None:
    lend(company, chi(company), "noa", "compliance", until=WEEK)
    world = company.world
    release = world.request(company.ci)
    approve(company, release, "noa", lead(company))
    from ledger.events.names import parse_instant

    world.now = parse_instant(WEEK)
    assert review(company, release).state == "unmet"
    world.wait(microseconds=-1)
    assert review(company, release).state == "met"


def test_when_the_delegator_loses_the_role_the_delegate_does(company: Company) -> None:
    boss = chi(company)
    lend(company, boss, "noa", "compliance")
    release = company.world.request(company.ci)
    approve(company, release, "noa", lead(company))
    company.world.do(
        "role.revoked",
        company.world.names["root"],
        actor_id=company.world.names[boss].id,
        role="compliance",
    )
    assert review(company, release).state == "unmet"


def test_an_ended_delegation_counts_no_more(company: Company) -> None:
    boss = chi(company)
    entry = lend(company, boss, "noa", "compliance")
    release = company.world.request(company.ci)
    approve(company, release, "noa", lead(company))
    company.world.do("delegation.ended", company.world.names[boss], delegation=entry)
    assert review(company, release).state == "unmet"
    with pytest.raises(ConflictError, match="is over"):
        company.world.do("delegation.ended", company.world.names[boss], delegation=entry)


def test_who_could_give_it_names_those_who_stand_in(company: Company) -> None:
    lend(company, chi(company), "noa", "compliance")
    release = company.world.request(company.ci)
    assert company.world.names["noa"].id in review(company, release).params["could"]


@pytest.mark.parametrize(
    ("to", "more", "error"),
    [
        ("boss", {}, InputError),
        ("ci", {}, InputError),
        ("noa", {"until": "2026-10-01T09:00:00Z"}, InputError),
        ("noa", {"since": "2026-11-15T09:00:00Z", "until": WEEK}, InputError),
        ("nobody", {}, UnknownSubjectError),
    ],
)
def test_what_makes_no_sense_is_refused(
    company: Company, to: str, more: dict[str, str], error: type[Exception]
) -> None:
    world = company.world
    who = {"boss": world.names[chi(company)].id, "ci": company.ci.id, "nobody": "77" * 16}
    actor = who.get(to) or world.names[to].id
    with pytest.raises(error):
        world.force(
            "role.delegated",
            world.names[chi(company)],
            actor_id=actor,
            role="compliance",
            **{"until": WEEK, **more},
        )


def test_the_same_delegation_twice_is_refused_while_it_holds(company: Company) -> None:
    boss = chi(company)
    lend(company, boss, "noa", "compliance", until=WEEK)
    with pytest.raises(ConflictError, match="stands in for this role already"):
        lend(company, boss, "noa", "compliance", until=WEEK)
    company.world.wait(days=8)
    lend(company, boss, "noa", "compliance")


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=6),
    st.permutations(range(6)),
    st.integers(0, 5),
    st.integers(0, 5),
)
def test_votes_with_lent_roles_only_ever_add(
    lent: list[tuple[int, int]], order: list[int], voters: int, more: int
) -> None:
    """One more approval never turns met into unmet, whoever stands in for whom."""
    company = Company(World())
    world = company.world
    people = [
        world.person(f"x{at}", *roles)
        for at, roles in enumerate(
            (["compliance"], ["ml_lead"], ["compliance"], ["ml_lead"], [], [])
        )
    ]
    for boss, delegate in lent:
        if boss != delegate:
            role = "compliance" if boss % 2 == 0 else "ml_lead"
            try:
                world.force(
                    "role.delegated", people[boss], actor_id=people[delegate].id, role=role,
                    until="2026-11-20T09:00:00Z",
                )  # fmt: skip
            except ConflictError:
                continue
    release = world.request(company.ci)
    artifact = world.registry.release(release).artifact
    states = []
    for at in [*order[:voters], order[more]]:
        world.force("release.approved", people[at], release=release, artifact=artifact)
        result = review(company, release)
        states.append(result.state == "met")
        seats = [pair.split(":") for pair in result.params.get("stand_ins", [])]
        taken = [*result.params["people"], *(boss for _, boss in seats)]
        assert len(taken) == len(set(taken)), "delegate and delegator are one seat"
    assert states == sorted(states)

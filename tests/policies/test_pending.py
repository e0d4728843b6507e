"""What an open release waits for, and from whom."""

from __future__ import annotations

import pytest

from policies import (
    Missing,
    asks_for_passkey,
    granting_approvals,
    load_document,
    may_vote,
    pending,
    what_is_missing,
    who_could_approve,
)
from policies.bundle import compose
from policies.shipped import shipped_bundle
from tests.world import SERVICE, SHIPPED, Company, World

TEXT = SHIPPED.read_text(encoding="utf-8")


@pytest.fixture
def company() -> Company:
    return Company()


def waits_for(company: Company, release: int) -> tuple[Missing, ...]:
    world = company.world
    return pending(world.registry, world.document, world.registry.release(release), world.instant)


def test_production_waits_for_two_people_and_names_who_could(company: Company) -> None:
    release = company.world.request(company.ci)
    compliance = (company.chi.id, company.dee.id)
    assert waits_for(company, release) == (
        Missing("release-production", ("compliance",), 1, tuple(sorted(compliance))),
        Missing(
            "release-production",
            ("ml_lead", "compliance"),
            1,
            tuple(sorted((*compliance, company.bo.id))),
        ),
    )


def test_after_the_vote_of_the_technical_lead_only_compliance_is_waited_for(
    company: Company,
) -> None:
    release = company.world.request(company.ci)
    company.world.approve(release, company.bo)
    assert [(item.roles, item.number) for item in waits_for(company, release)] == [
        (("compliance",), 1)
    ]


def test_who_asked_is_not_waited_for(company: Company) -> None:
    release = company.world.request(company.bo)
    assert all(company.bo.id not in item.actors for item in waits_for(company, release))


def test_development_waits_for_nobody(company: Company) -> None:
    release = company.world.request(company.ana, environment="development")
    assert waits_for(company, release) == ()
    assert company.world.granting(release).allowed


def test_a_closed_release_waits_for_nobody(company: Company) -> None:
    release = company.world.request(company.ci)
    company.world.do("release.withdrawn", company.ci, release=release)
    assert waits_for(company, release) == ()


def test_who_could_help_by_letting_another_move_is_named_too() -> None:
    """eve sits in compliance's seat; dee of compliance can take it, eve then leads."""
    text = TEXT.replace(
        "          seats: [{role: compliance, at_least: 1}]\n"
        "          any_of: [ml_lead, compliance]\n",
        "          seats: [{role: compliance, at_least: 1}, {role: ml_lead, at_least: 1}]\n",
    )
    company = Company(World(document=load_document(text)))
    eve = company.world.person("eve", "ml_lead", "compliance")
    release = company.world.request(company.ci)
    company.world.approve(release, eve)
    missing = company.world.granting(release)
    assert company.dee.id in who_could_approve(missing)
    company.world.approve(release, company.dee)
    assert company.world.granting(release).allowed


def test_the_entries_that_filled_the_seats_are_given(company: Company) -> None:
    release = company.world.request(company.ci)
    company.world.approve(release, company.bo)
    chi = company.world.approve(release, company.chi)
    dee = company.world.approve(release, company.dee)
    world = company.world
    decision = what_is_missing(
        world.decide, world.registry, world.registry.release(release), SERVICE, world.instant
    )
    filled = granting_approvals(decision)
    assert len(filled) == 2
    assert {chi, dee}.intersection(filled)


def test_may_vote_says_why_not(company: Company) -> None:
    release = company.world.request(company.bo)
    world = company.world
    asked = world.registry.release(release)
    codes = {
        name: may_vote(world.decide, world.registry, asked, actor, world.instant).results[0].code
        for name, actor in world.names.items()
    }
    assert codes["bo"] == "E_SELF"
    assert codes["ana"] == "E_SELF"  # she registered the version
    assert codes["chi"] == "M_ACTOR"
    assert codes["ops"] == "E_NOROLE"
    assert codes["ci"] == "E_TYPE"


@pytest.mark.parametrize("environment", ["development", "production"])
def test_a_passkey_is_asked_for_where_a_rule_that_applies_counts_nothing_else(
    company: Company, environment: str
) -> None:
    world = company.world
    asked = world.registry.release(world.request(company.ci, environment=environment))
    strict = compose(world.document, [shipped_bundle("strict-four-eyes")])
    assert not asks_for_passkey(world.document, world.registry, asked, world.instant)
    told = asks_for_passkey(strict, world.registry, asked, world.instant)
    assert told == (environment == "production")  # the rule is of all but development

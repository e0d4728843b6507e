"""Roles with a scope or an end count only there and until then, for every rule."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ledger.errors import ConflictError
from ledger.events.catalogue import CATALOGUE
from ledger.events.names import format_instant
from ledger.state.aggregates import RoleHeld
from policies.pending import pending
from tests.examples import EXAMPLES
from tests.world import Company, shipped_policy

if TYPE_CHECKING:
    from ledger.events.actor import Actor


@pytest.fixture
def company() -> Company:
    return Company()


def given(company: Company, name: str, role: str, **limits: object) -> Actor:
    """Somebody with one role and its limits."""
    world = company.world
    actor = world.person(name)
    world.force("role.granted", world.names["root"], actor_id=actor.id, role=role, **limits)
    return actor


def waited_for(company: Company, release: int) -> set[str]:
    world = company.world
    asked = world.registry.release(release)
    missing = pending(world.registry, shipped_policy(), asked, world.instant)
    return {actor for one in missing for actor in one.actors}


def test_an_approver_of_another_model_cannot_approve_and_is_not_waited_for(
    company: Company,
) -> None:
    here = given(company, "here", "compliance", models=("churn",))
    there = given(company, "there", "compliance", models=("demand",))
    release = company.world.request(company.ci)
    assert here.id in waited_for(company, release)
    assert there.id not in waited_for(company, release)
    vote = {"release": release, "artifact": company.world.registry.release(release).artifact}
    assert company.world.ask("release.approved", here, **vote).allowed
    assert not company.world.ask("release.approved", there, **vote).allowed


def test_a_vote_by_a_role_for_other_models_fills_no_seat(company: Company) -> None:
    there = given(company, "there", "compliance", models=("demand",))
    world = company.world
    release = world.request(company.ci)
    artifact = world.registry.release(release).artifact
    world.approve(release, company.bo)
    world.force("release.approved", there, release=release, artifact=artifact)
    decision = world.granting(release)
    cannot = [item for result in decision.unmet for item in result.params["cannot"]]
    assert f"{there.id}:E_ROLE_ELSEWHERE:" in cannot


def test_a_role_for_a_tag_counts_for_models_that_have_it(company: Company) -> None:
    world = company.world
    tagged = given(company, "tagged", "data_scientist", tags=("clinical",))
    world.model(company.ana, "triage", tags=["clinical"])
    wanted = {
        "artifact": {"sha256": "ab" * 32, "size_bytes": 1, "format": "onnx"},
        "trained_at": "2026-10-30T10:00:00Z",
        "version": "2.0.0",
        "code": {"repository": "git", "commit": "ab" * 20, "dirty": False},
        "data_sets": [
            {
                "name": "d", "version": "1", "sha256": "d0" * 32, "source": "warehouse",
                "classification": "internal",
            }
        ],
    }  # fmt: skip
    assert world.ask("version.registered", tagged, model="triage", **wanted).allowed
    assert not world.ask("version.registered", tagged, model="churn", **wanted).allowed


def test_a_role_that_is_over_counts_for_nothing_and_can_be_given_anew(company: Company) -> None:
    world = company.world
    until = format_instant(world.now + timedelta(days=3))
    eve = given(company, "eve", "compliance", until=until)
    release = world.request(company.ci)
    artifact = world.registry.release(release).artifact
    world.approve(release, company.bo)
    world.approve(release, eve)
    assert world.granting(release).allowed
    with pytest.raises(ConflictError):
        given_again(company, eve)
    world.wait(days=4)
    decision = world.granting(release)
    cannot = [item for result in decision.unmet for item in result.params["cannot"]]
    assert f"{eve.id}:E_ROLE_OVER:" in cannot
    assert not world.ask("release.approved", eve, release=release, artifact=artifact).allowed
    given_again(company, eve)
    assert world.granting(release).allowed


def given_again(company: Company, actor: Actor) -> None:
    root = company.world.names["root"]
    company.world.force("role.granted", root, actor_id=actor.id, role="compliance")


def test_the_last_lasting_administrator_remains_beside_one_for_a_time(company: Company) -> None:
    world = company.world
    until = format_instant(world.now + timedelta(days=3))
    helper = given(company, "helper", "administrator", until=until)
    root = world.names["root"]
    taken = {"actor_id": root.id, "role": "administrator"}
    for asker in (root, helper):
        codes = {result.code for result in world.ask("role.revoked", asker, **taken).unmet}
        assert "E_CHECK" in codes or any(code.startswith("E_LIMIT") for code in codes), codes


def test_an_administrator_of_some_models_administers_nobody(company: Company) -> None:
    some = given(company, "some", "administrator", models=("churn",))
    other = company.world.person("other")
    asked = {"actor_id": other.id, "role": "data_scientist"}
    assert not company.world.ask("role.granted", some, **asked).allowed


def test_an_auditor_writes_nothing_but_reports_and_samples(company: Company) -> None:
    company.released()
    auditor = company.world.person("aud", "auditor")
    allowed = set()
    for kind, event in CATALOGUE.items():
        if event.written_by_submit:
            continue
        decision = company.world.decide(
            company.world.registry, event.model_validate(EXAMPLES[kind]), auditor,
            company.world.instant,
        )  # fmt: skip
        if decision.allowed:
            allowed.add(kind)
    assert allowed <= {"report.issued", "sample.opened", "sample.extended"}


def test_a_role_without_limits_is_written_as_it_always_was() -> None:
    assert RoleHeld(role="compliance", granted=7).model_dump(mode="json") == {
        "role": "compliance",
        "granted": 7,
    }

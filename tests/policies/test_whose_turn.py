"""Who is asked by name: it says whose turn it is, and changes nothing about who may approve."""

from __future__ import annotations

import pytest

from ledger.errors import ConflictError, UnknownSubjectError
from policies import is_asked, whose_turn
from tests.world import Company


def test_who_was_asked_last_is_asked_and_nobody_before() -> None:
    company = Company()
    world = company.world
    release = world.request(company.ci)
    world.do("release.assigned", company.bo, release=release, reviewers=[company.bo.id])
    world.do("release.assigned", company.ci, release=release, reviewers=[company.chi.id])
    found = world.registry.assignment(release)
    assert found is not None
    assert (found.reviewers, found.by, found.times) == ((company.chi.id,), company.ci.id, 1)
    world.do("release.assigned", company.bo, release=release, reviewers=[company.chi.id])
    again = world.registry.assignment(release)
    assert again is not None
    assert (again.times, again.since) == (2, found.since)


def test_who_stands_in_is_asked_while_the_delegation_lasts() -> None:
    company = Company()
    world = company.world
    release = world.request(company.ci)
    nora = world.person("nora")
    until = "2026-11-03T09:00:00Z"
    world.do("role.delegated", company.chi, actor_id=nora.id, role="compliance", until=until)
    world.do("release.assigned", company.bo, release=release, reviewers=[company.chi.id])
    found = world.registry.assignment(release)
    assert found is not None
    turn = whose_turn(world.registry, found, world.instant)
    assert turn == {company.chi.id: (nora.id,)}
    assert is_asked(world.registry, turn, nora.id)
    assert not is_asked(world.registry, turn, company.dee.id)
    over = whose_turn(world.registry, found, "2026-11-03T09:00:00.000000Z")
    assert over == {company.chi.id: ()}
    assert not is_asked(world.registry, over, nora.id)


def test_whoever_is_asked_is_asked_under_every_account() -> None:
    company = Company()
    world = company.world
    release = world.request(company.ci)
    other = world.person("chi2")
    world.do("identity.linked", company.dee, actor_id=other.id, same_as=company.chi.id)
    world.do("release.assigned", company.bo, release=release, reviewers=[company.chi.id])
    found = world.registry.assignment(release)
    assert found is not None
    turn = whose_turn(world.registry, found, world.instant)
    assert is_asked(world.registry, turn, other.id)


def test_being_asked_or_commented_on_changes_no_decision() -> None:
    company = Company()
    world = company.world
    release = world.request(company.ci)
    before = world.granting(release).canonical
    world.do("release.assigned", company.bo, release=release, reviewers=[company.ana.id])
    world.do("release.commented", company.chi, release=release, comment="I approve!")
    assert world.granting(release).canonical == before
    world.approve(release, company.bo)
    world.approve(release, company.dee)
    assert world.granting(release).allowed


def test_a_comment_does_not_make_an_approval_lapse() -> None:
    company = Company()
    release = company.released()
    company.world.do("release.commented", company.ana, release=release, comment="Thank you")
    asked = company.world.registry.release(release)
    assert asked.status == "granted"


def test_only_people_who_are_there_are_asked_once_each_and_not_for_yesterday() -> None:
    company = Company()
    world = company.world
    release = world.request(company.ci)
    nobody = "ee" * 16
    for reviewers, error in (
        ([nobody], UnknownSubjectError),
        ([company.chi.id, company.ci.id], ConflictError),
        ([company.chi.id, company.chi.id], ConflictError),
    ):
        with pytest.raises(error) as caught:
            world.do("release.assigned", company.bo, release=release, reviewers=reviewers)
        at = len(reviewers) - 1
        assert caught.value.pointer == f"/event/reviewers/{at}"
    past = {"reviewers": [company.chi.id], "due": "2026-10-01T00:00:00Z"}
    with pytest.raises(ConflictError) as caught:
        world.do("release.assigned", company.bo, release=release, **past)
    assert caught.value.pointer == "/event/due"
    world.do("release.withdrawn", company.ci, release=release)
    with pytest.raises(ConflictError, match="withdrawn"):
        world.do("release.assigned", company.bo, release=release, reviewers=[company.chi.id])
    world.do("release.commented", company.bo, release=release, comment="What a pity")

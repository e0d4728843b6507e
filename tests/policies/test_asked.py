"""What is asked: a release as a question, with when it was answered and under which policy."""

from __future__ import annotations

from ledger.state.aggregates import VersionState, version_key
from policies.asked import release_asked
from tests.world import Company


def test_a_release_is_a_question_until_it_is_granted() -> None:
    company = Company()
    world = company.world
    number = world.request(company.ci)
    version = world.registry.find(VersionState, version_key("churn", "1.0.0"))
    asked = release_asked(world.registry.release(number), version, "p")
    assert (asked.since, asked.answered, asked.policy) == (number, "", "p")
    world.approve(number, company.bo)
    world.approve(number, company.chi)
    world.wait(days=1)
    at = world.instant
    world.grant(number)
    answered = release_asked(world.registry.release(number), version, "p")
    assert (answered.since, answered.answered, answered.policy) == (number, at, "")
    assert [vote.entry for vote in answered.votes] == [number + 1, number + 2]

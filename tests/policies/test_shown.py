"""What was approved: one digest over everything there was to look at, under one policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.errors import ConflictError
from ledger.state.pack import pack_of
from policies import Document, document_digest, explain, load_document
from policies.decide import compile_document, decide_with
from tests.world import DIGEST, SERVICE, SHIPPED, Company, granted, metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.events.decision import Decision
    from ledger.state.pack import Pack

TEXT = SHIPPED.read_text(encoding="utf-8")
PRODUCTION = {"model": "churn", "version": "1.0.0", "environment": "production"}


@pytest.fixture
def company() -> Company:
    return Company()


def pack(company: Company, release: int) -> Pack:
    registry = company.world.registry
    return pack_of(registry, registry.release(release))


def approve(company: Company, release: int, digest: str) -> int:
    fields = {"release": release, "artifact": DIGEST, "pack": digest}
    return company.world.do("release.approved", company.chi, **fields)


def measured(company: Company) -> None:
    of = {"model": "churn", "version": "1.0.0"}
    worse = [metric("accuracy", "0.91")]
    company.world.do("metrics.observed", company.ci, **of, phase="evaluation", metrics=worse)


def documented(company: Company) -> None:
    company.world.do(
        "evidence.attached",
        company.ci,
        model="churn",
        version="1.0.0",
        type="bias_report",
        sha256="b1" * 32,
        size_bytes=1,
        media_type="text/plain",
        title="Bias",
    )


def deprecated(company: Company) -> None:
    fields = {"cause": "quality", "effective_on": "2026-12-01", "reason": "Worse"}
    company.world.force("version.deprecated", company.bo, model="churn", version="1.0.0", **fields)


def replaced(company: Company) -> None:
    """Another version begins to run there."""
    company.world.version(company.ana, "0.9.0", digest="c9" * 32, accuracy="0.91")
    fields = {**PRODUCTION, "version": "0.9.0", "artifact": "c9" * 32}
    company.world.force("deployment.recorded", company.ci, **fields)


def other_rules(company: Company) -> None:
    activate(company, load_document(TEXT.replace("P14D", "P13D")))


def activate(company: Company, document: Document) -> None:
    world = company.world
    in_force = world.registry.policy()
    assert in_force is not None
    world.force(
        "policy.activated",
        SERVICE,
        policy=document.id,
        digest=document_digest(document),
        previous=in_force.digest,
        document=document.canonical(),
    )


@pytest.mark.parametrize("change", [measured, documented, deprecated, replaced, other_rules])
def test_what_changed_after_the_look_is_not_approved(
    company: Company, change: Callable[[Company], None]
) -> None:
    release = company.world.request(company.ci)
    seen = pack(company, release).digest()
    change(company)
    assert pack(company, release).digest() != seen
    with pytest.raises(ConflictError, match="changed since you were shown it") as error:
        approve(company, release, seen)
    assert error.value.pointer == "/event/pack"
    approve(company, release, pack(company, release).digest())


def test_what_is_shown_is_kept_with_the_vote(company: Company) -> None:
    release = company.world.request(company.ci)
    seen = pack(company, release)
    approve(company, release, seen.digest())
    (vote,) = company.world.registry.release(release).votes
    assert vote.pack == seen.digest()
    assert vote.policy == seen.policy == company.world.registry.policy_digest()


def test_a_vote_of_somebody_else_does_not_change_what_there_is_to_look_at(
    company: Company,
) -> None:
    release = company.world.request(company.ci)
    seen = pack(company, release).digest()
    approve(company, release, seen)
    assert pack(company, release).digest() == seen


def test_the_pack_of_another_release_is_another(company: Company) -> None:
    here = company.world.request(company.ci)
    there = company.world.do(
        "release.requested", company.ci, **{**PRODUCTION, "environment": "staging"}
    )
    with pytest.raises(ConflictError, match="changed since you were shown it"):
        approve(company, here, pack(company, there).digest())


# Under which policy an approval was given.


def approved(company: Company, document: Document) -> int:
    """A release that two people approved, before the policy changed and while it was open."""
    release = company.world.request(company.ci)
    for person in (company.chi, company.bo):
        company.world.force("release.approved", person, release=release, artifact=DIGEST)
    activate(company, document)
    return release


def decided(company: Company, release: int, document: Document) -> Decision:
    world = company.world
    event = granted(world.registry.release(release))
    compiled = compile_document(document, document_digest(document))
    return decide_with(compiled, world.registry, event, SERVICE, world.instant)


def why_not(decision: Decision) -> list[Any]:
    (unmet,) = decision.unmet
    return [item.split(":")[1] for item in unmet.params["cannot"]]  # type: ignore[union-attr]


def test_an_approval_counts_under_the_policy_it_was_given_under(company: Company) -> None:
    other = load_document(TEXT.replace("P14D", "P13D"))
    release = approved(company, other)
    decision = decided(company, release, other)
    assert not decision.allowed
    assert set(why_not(decision)) == {"E_OLD_WORDING"}


def test_given_again_it_counts(company: Company) -> None:
    other = load_document(TEXT.replace("P14D", "P13D"))
    release = approved(company, other)
    for person in (company.chi, company.bo):
        company.world.force("release.approved", person, release=release, artifact=DIGEST)
    assert decided(company, release, other).allowed


def test_a_policy_can_let_approvals_come_over(company: Company) -> None:
    carried = load_document(
        TEXT.replace(
            "          seats: [{role: compliance, at_least: 1}]\n",
            "          seats: [{role: compliance, at_least: 1}]\n          across_policies: true\n",
        )
    )
    assert document_digest(carried) != document_digest(load_document(TEXT))
    release = approved(company, carried)
    assert decided(company, release, carried).allowed


def test_a_release_that_was_granted_stays_so_when_the_policy_changes(company: Company) -> None:
    world = company.world
    release = company.released()
    other = load_document(TEXT.replace("P14D", "P13D"))
    activate(company, other)
    assert decided(company, release, other).allowed
    cy = world.person("cy", "compliance")
    world.force("release.approved", cy, release=release, artifact=DIGEST)
    assert decided(company, release, other).allowed


def test_the_refusal_says_so_in_words(company: Company) -> None:
    other = load_document(TEXT.replace("P14D", "P13D"))
    release = approved(company, other)
    told = " ".join(explain(decided(company, release, other), str))
    assert "approved under an earlier policy" in told

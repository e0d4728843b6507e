"""What the shipped policy lets happen, what it refuses, and how it says so."""

from __future__ import annotations

import pytest

from policies import explain, what_is_missing, who_could_approve
from tests.world import DIGEST, SERVICE, Company, RefusedInWorldError, World, metric

PRODUCTION = {"model": "churn", "version": "1.0.0", "environment": "production"}


@pytest.fixture
def company() -> Company:
    return Company()


def codes(decision) -> set[str]:  # noqa: ANN001
    return {result.code for result in decision.unmet}


def test_two_people_one_of_them_compliance_release_to_production(company: Company) -> None:
    release = company.world.request(company.ci)
    assert codes(company.world.granting(release)) == {"E_NEED"}
    company.world.approve(release, company.bo)
    assert codes(company.world.granting(release)) == {"E_NEED"}
    company.world.approve(release, company.chi)
    decision = company.world.granting(release)
    assert decision.allowed
    review = next(result for result in decision.results if result.requirement == "review")
    votes = [vote.entry for vote in company.world.registry.release(release).votes]
    assert list(review.by) == votes


def test_two_approvals_without_compliance_are_not_enough(company: Company) -> None:
    ben = company.world.person("ben", "ml_lead")
    release = company.world.request(company.ci)
    company.world.approve(release, company.bo)
    company.world.approve(release, ben)
    assert not company.world.granting(release).allowed


def test_a_requester_cannot_approve_the_own_request(company: Company) -> None:
    release = company.world.request(company.bo)
    decision = company.world.ask("release.approved", company.bo, release=release, artifact=DIGEST)
    assert codes(decision) == {"E_SELF"}
    names = {company.bo.id: "Bo"}
    assert explain(decision, names.get)[0] == (
        "Bo cannot do this: the same person asked for this release"
    )


def test_whoever_registered_the_version_cannot_approve_it(company: Company) -> None:
    company.world.version(company.bo, "1.1.0", digest="c1" * 32, accuracy="0.95")
    release = company.world.request(company.ci, "1.1.0")
    decision = company.world.ask(
        "release.approved", company.bo, release=release, artifact="c1" * 32
    )
    assert codes(decision) == {"E_SELF"}


def test_one_person_with_two_roles_takes_one_seat(company: Company) -> None:
    both = company.world.person("eve", "ml_lead", "compliance")
    release = company.world.request(company.ci)
    company.world.approve(release, both)
    assert codes(company.world.granting(release)) == {"E_NEED"}


def test_an_approval_lapses_when_the_evidence_changes(company: Company) -> None:
    release = company.world.request(company.ci)
    company.world.approve(release, company.bo)
    company.world.approve(release, company.chi)
    company.world.evaluated(company.ana, digest="e9" * 32)
    decision = company.world.granting(release)
    refusals = next(result for result in decision.unmet).params["cannot"]
    assert {item.split(":")[1] for item in refusals} == {"E_STALE"}
    company.world.approve(release, company.bo)
    company.world.approve(release, company.dee)
    assert company.world.granting(release).allowed


def test_an_approval_lapses_when_better_metrics_are_recorded(company: Company) -> None:
    release = company.world.request(company.ci)
    company.world.approve(release, company.bo)
    company.world.approve(release, company.chi)
    company.world.do(
        "metrics.observed",
        company.ana,
        model="churn",
        version="1.0.0",
        phase="evaluation",
        metrics=[metric("accuracy", "0.97")],
    )
    assert not company.world.granting(release).allowed


def test_monitoring_does_not_make_approvals_stale(company: Company) -> None:
    release = company.released()
    company.world.do(
        "metrics.observed",
        company.ops,
        model="churn",
        version="1.0.0",
        phase="monitoring",
        environment="production",
        metrics=[metric("accuracy", "0.60")],
    )
    assert company.world.ask(
        "deployment.recorded", company.ci, **PRODUCTION, artifact=DIGEST
    ).allowed
    assert company.world.registry.release(release).status == "granted"


def test_an_approval_expires_after_a_fortnight_to_the_second(company: Company) -> None:
    release = company.world.request(company.ci)
    company.world.approve(release, company.bo)
    company.world.approve(release, company.chi)
    first = company.world.registry.release(release).votes[0].at
    from datetime import timedelta

    from ledger.events.names import parse_instant

    limit = parse_instant(first) + timedelta(days=14)
    company.world.now = limit - timedelta(microseconds=1)
    assert company.world.granting(release).allowed
    company.world.now = limit
    assert not company.world.granting(release).allowed


def test_an_approver_who_lost_the_role_no_longer_counts(company: Company) -> None:
    release = company.world.request(company.ci)
    company.world.approve(release, company.bo)
    company.world.approve(release, company.chi)
    company.world.do(
        "role.revoked", company.world.names["root"], actor_id=company.chi.id, role="compliance"
    )
    decision = company.world.granting(release)
    assert any(
        "E_ROLE_LOST" in item for result in decision.unmet for item in result.params["cannot"]
    )
    assert who_could_approve(decision) == {company.dee.id}


def test_a_workload_never_approves(company: Company) -> None:
    with pytest.raises(RefusedInWorldError):
        company.world.do(
            "role.granted", company.world.names["root"], actor_id=company.ci.id, role="compliance"
        )
    company.world.force(
        "role.granted", company.world.names["root"], actor_id=company.ci.id, role="compliance"
    )
    release = company.world.request(company.ana)
    decision = company.world.ask("release.approved", company.ci, release=release, artifact=DIGEST)
    assert "E_TYPE" in codes(decision)
    company.world.force("release.approved", company.ci, release=release, artifact=DIGEST)
    company.world.approve(release, company.bo)
    found = company.world.granting(release).unmet[0].params["cannot"]
    assert found == [f"{company.ci.id}:E_NOT_A_PERSON:"]


def test_giving_exactly_what_is_announced_as_missing_makes_it_met(company: Company) -> None:
    release = company.world.request(company.ci)
    for _ in range(2):
        asked = company.world.registry.release(release)
        decision = what_is_missing(
            company.world.decide, company.world.registry, asked, SERVICE, company.world.instant
        )
        missing = decision.unmet[0].params["missing"]
        giver = company.chi if "compliance" in missing else company.bo
        assert giver.id in who_could_approve(decision)
        company.world.approve(release, giver)
    assert company.world.granting(release).allowed


@pytest.mark.parametrize(
    ("accuracy", "met"),
    [("0.90", True), ("0.9", True), ("0.8999999999999999", False), ("1", True), ("-0.0", False)],
)
def test_the_threshold_is_decimal_and_inclusive(accuracy: str, met: bool) -> None:
    company = Company()
    company.world.do(
        "metrics.observed",
        company.ana,
        model="churn",
        version="1.0.0",
        phase="evaluation",
        metrics=[metric("accuracy", accuracy)],
    )
    release = company.world.request(company.ci)
    found = {result.requirement: result.state for result in company.world.granting(release).results}
    assert found["accuracy"] == ("met" if met else "unmet")


def test_a_metric_that_was_never_measured_satisfies_nothing(company: Company) -> None:
    company.world.version(company.ana, "1.1.0", digest="c1" * 32, roc_auc="0.99")
    release = company.world.request(company.ci, "1.1.0")
    found = {result.requirement: result for result in company.world.granting(release).results}
    assert (found["accuracy"].state, found["accuracy"].code) == ("not_known", "E_NOT_RECORDED")


def test_a_metric_on_training_data_does_not_count(company: Company) -> None:
    company.world.version(company.ana, "1.1.0", digest="c1" * 32)
    company.world.do(
        "metrics.observed",
        company.ana,
        model="churn",
        version="1.1.0",
        phase="evaluation",
        metrics=[metric("accuracy", "0.99", held_out=False)],
    )
    release = company.world.request(company.ci, "1.1.0")
    found = {result.requirement: result.state for result in company.world.granting(release).results}
    assert found["accuracy"] == "not_known"


def test_of_two_held_out_data_sets_the_worse_counts(company: Company) -> None:
    company.world.do(
        "metrics.observed",
        company.ana,
        model="churn",
        version="1.0.0",
        phase="evaluation",
        metrics=[metric("accuracy", "0.5", "another-holdout")],
    )
    release = company.world.request(company.ci)
    found = {result.requirement: result.state for result in company.world.granting(release).results}
    assert found["accuracy"] == "unmet"


def test_the_latest_evaluation_counts_and_not_the_best(company: Company) -> None:
    for value in ("0.99", "0.70"):
        company.world.do(
            "metrics.observed",
            company.ana,
            model="churn",
            version="1.0.0",
            phase="evaluation",
            metrics=[metric("accuracy", value)],
        )
    release = company.world.request(company.ci)
    found = {result.requirement: result.state for result in company.world.granting(release).results}
    assert found["accuracy"] == "unmet"


def test_production_needs_an_evaluation_report(company: Company) -> None:
    company.world.version(company.ana, "1.1.0", digest="c1" * 32, accuracy="0.95")
    release = company.world.request(company.ci, "1.1.0")
    assert "E_DOC_MISSING" in codes(company.world.granting(release))


def test_an_unreleased_version_is_not_deployed(company: Company) -> None:
    deploy = {**PRODUCTION, "artifact": DIGEST}
    assert codes(company.world.ask("deployment.recorded", company.ci, **deploy)) == {"E_NO_RELEASE"}
    company.world.request(company.ci)
    assert codes(company.world.ask("deployment.recorded", company.ci, **deploy)) == {
        "E_NOT_GRANTED"
    }


def test_other_bytes_than_the_approved_ones_are_not_deployed(company: Company) -> None:
    company.released()
    decision = company.world.ask(
        "deployment.recorded", company.ci, **PRODUCTION, artifact="ff" * 32
    )
    assert codes(decision) == {"E_OTHER_ARTIFACT"}


def test_a_staging_release_does_not_open_production(company: Company) -> None:
    release = company.world.request(company.ci, environment="staging")
    company.world.approve(release, company.bo)
    company.world.grant(release)
    deploy = {**PRODUCTION, "artifact": DIGEST}
    assert codes(company.world.ask("deployment.recorded", company.ci, **deploy)) == {"E_NO_RELEASE"}
    deploy["environment"] = "staging"
    assert company.world.ask("deployment.recorded", company.ci, **deploy).allowed


def test_a_grant_is_good_for_thirty_days(company: Company) -> None:
    company.released()
    company.world.wait(days=31)
    decision = company.world.ask("deployment.recorded", company.ci, **PRODUCTION, artifact=DIGEST)
    assert codes(decision) == {"E_GRANT_OLD"}


@pytest.mark.parametrize("state", ["deprecated", "archived"])
def test_deprecated_and_archived_versions_are_not_deployed(company: Company, state: str) -> None:
    company.released()
    company.world.do(
        "version.deprecated",
        company.bo,
        model="churn",
        version="1.0.0",
        cause="quality",
        effective_on="2026-12-01",
        reason="weak",
    )
    if state == "archived":
        company.world.do("version.archived", company.bo, model="churn", version="1.0.0")
    decision = company.world.ask("deployment.recorded", company.ci, **PRODUCTION, artifact=DIGEST)
    assert "E_CHECK" in codes(decision)


def test_an_environment_nobody_knows_is_refused_even_if_it_looks_alike(company: Company) -> None:
    from ledger.errors import InputError

    decision = company.world.ask(
        "release.requested", company.ci, model="churn", version="1.0.0", environment="prod"
    )
    assert codes(decision) == {"E_CHECK"}
    with pytest.raises(InputError):
        company.world.ask(
            "release.requested",
            company.ci,
            model="churn",
            version="1.0.0",
            environment="pr\N{CYRILLIC SMALL LETTER O}duction",
        )


def test_only_a_version_that_ran_here_is_rolled_back_to(company: Company) -> None:
    company.released()
    roll = {**PRODUCTION, "artifact": DIGEST, "cause": "quality", "reason": "r"}
    assert codes(company.world.ask("deployment.rolled_back", company.ops, **roll)) == {
        "E_NEVER_RAN"
    }
    company.world.do("deployment.recorded", company.ci, **PRODUCTION, artifact=DIGEST)
    assert company.world.ask("deployment.rolled_back", company.ops, **roll).allowed


def test_nobody_gives_a_role_to_themselves(company: Company) -> None:
    root = company.world.names["root"]
    decision = company.world.ask("role.granted", root, actor_id=root.id, role="compliance")
    assert "E_SELF" in codes(decision)


def test_the_last_administrator_stays(company: Company) -> None:
    root = company.world.names["root"]
    decision = company.world.ask("role.revoked", root, actor_id=root.id, role="administrator")
    assert codes(decision) == {"E_CHECK", "E_NOT_PROPOSED"}


def test_an_auditor_holds_no_other_role(company: Company) -> None:
    root = company.world.names["root"]
    auditor = company.world.person("fay", "auditor")
    assert not company.world.ask("role.granted", root, actor_id=auditor.id, role="ml_lead").allowed
    assert not company.world.ask(
        "role.granted",
        root,
        actor_id=company.bo.id,
        role="auditor",
        until="2026-12-31T00:00:00Z",
    ).allowed


def test_after_set_up_the_service_can_neither_enrol_nor_grant(company: Company) -> None:
    enrol = {"actor_id": "12" * 16, "actor_type": "person"}
    assert codes(company.world.ask("actor.enrolled", SERVICE, **enrol)) == {"E_NOROLE"}
    grant = {"actor_id": company.bo.id, "role": "administrator"}
    assert codes(company.world.ask("role.granted", SERVICE, **grant)) == {"E_NOROLE"}


def test_during_set_up_only_the_role_of_administrator_is_given() -> None:
    world = World()
    world.registry.apply(
        [world.registry.actor(world.names["root"].id).model_copy(update={"roles": ()})], 0
    )
    from ledger.state.aggregates import RoleState

    world.registry.apply([RoleState(since=0, role="administrator", holders=())], 0)
    decision = world.ask(
        "role.granted", SERVICE, actor_id=world.names["root"].id, role="compliance"
    )
    assert codes(decision) == {"E_CHECK"}


def test_every_opened_kind_has_a_gate_and_every_kind_outside_is_opened(company: Company) -> None:
    from ledger.events.catalogue import CATALOGUE

    opened = set(company.world.document.opens)
    outside = {name for name, kind in CATALOGUE.items() if not kind.written_by_submit}
    assert outside <= opened
    assert opened - outside == {"release.granted", "sample.drawn"}


def test_an_expired_approval_is_given_again(company: Company) -> None:
    release = company.world.request(company.ci)
    company.world.approve(release, company.bo)
    company.world.approve(release, company.chi)
    company.world.wait(days=15)
    assert not company.world.granting(release).allowed
    company.world.approve(release, company.bo)
    company.world.approve(release, company.chi)
    assert company.world.granting(release).allowed

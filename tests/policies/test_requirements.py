"""What each form of requirement looks at, to the day and to the second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from policies import PolicyError, explain, load_document
from tests.world import DIGEST, SHIPPED, Company, World, metric

if TYPE_CHECKING:
    from ledger.events.decision import Decision, Result

TEXT = SHIPPED.read_text(encoding="utf-8")
PRODUCTION = {"model": "churn", "version": "1.0.0", "environment": "production"}


def company_under(old: str, new: str) -> Company:
    assert old in TEXT
    return Company(World(document=load_document(TEXT.replace(old, new, 1))))


def result(decision: Decision, requirement: str) -> Result:
    return next(found for found in decision.results if found.requirement == requirement)


def report(company: Company, digest: str, **fields: Any) -> int:
    return company.world.do(
        "evidence.attached",
        company.ana,
        model="churn",
        version="1.0.0",
        type="evaluation_report",
        sha256=digest,
        size_bytes=1,
        media_type="text/plain",
        **fields,
    )


# Gates.


def test_a_gate_applies_where_its_condition_is_not_known() -> None:
    company = company_under(
        'when: target.environment == "staging"', "when: evaluation.roc_auc < 0.5"
    )
    release = company.world.request(company.ana, environment="development")
    assert result(company.world.granting(release), "review").code == "E_NEED"


def test_a_gate_is_silent_where_its_condition_is_false() -> None:
    company = company_under(
        'when: target.environment == "staging"', "when: evaluation.accuracy < 0.5"
    )
    release = company.world.request(company.ana, environment="development")
    decision = company.world.granting(release)
    assert decision.allowed
    assert "review" not in {found.requirement for found in decision.results}


def test_one_more_gate_only_ever_asks_for_more() -> None:
    more = (
        "  - id: release-big\n    event: release.granted\n    title: A further gate\n    require:\n"
        '      - id: small\n        check: model.name == "other"\n        say: It is the other\n\n'
    )
    company = company_under("  # Deployments.\n", more + "  # Deployments.\n")
    release = company.world.request(company.ana, environment="development")
    assert not company.world.granting(release).allowed


# Documents.


def test_a_document_counts_until_the_end_of_its_last_day() -> None:
    company = Company()
    report(company, "e5" * 32, valid_until="2026-11-03")
    release = company.world.request(company.ci)
    company.world.now = company.world.now.replace(day=3, hour=23, minute=59)
    assert result(company.world.granting(release), "evaluation-report").state == "met"
    company.world.wait(minutes=2)
    found = result(company.world.granting(release), "evaluation-report")
    assert (found.code, found.params["on"]) == ("E_DOC_EXPIRED", "2026-11-03")


def test_the_latest_document_of_a_type_counts() -> None:
    company = Company()
    entry = report(company, "e5" * 32)
    release = company.world.request(company.ci)
    assert result(company.world.granting(release), "evaluation-report").by == (entry,)


def test_a_document_may_not_be_older_than_the_rule_says() -> None:
    company = company_under(
        "{type: evaluation_report}", "{type: evaluation_report, not_older_than: P30D}"
    )
    entry = report(company, "e5" * 32)
    release = company.world.request(company.ci)
    version = company.world.registry.version("churn", "1.0.0")
    assert version.evidence[-1].entry == entry
    company.world.wait(days=29, hours=23)
    assert result(company.world.granting(release), "evaluation-report").state == "met"
    company.world.wait(hours=2)
    assert result(company.world.granting(release), "evaluation-report").code == "E_DOC_OLD"


def test_a_document_of_another_version_does_not_count() -> None:
    company = Company()
    company.world.version(company.ana, "1.1.0", digest="c1" * 32, accuracy="0.95")
    release = company.world.request(company.ci, "1.1.0")
    assert result(company.world.granting(release), "evaluation-report").code == "E_DOC_MISSING"


# History.


def test_a_version_is_not_rolled_back_to_under_other_bytes() -> None:
    company = Company()
    company.released()
    company.world.do("deployment.recorded", company.ci, **PRODUCTION, artifact=DIGEST)
    roll = {**PRODUCTION, "cause": "quality", "reason": "r"}
    decision = company.world.ask("deployment.rolled_back", company.ops, **roll, artifact="c9" * 32)
    assert result(decision, "known-good").code == "E_OTHER_ARTIFACT"


def test_a_version_that_ran_long_ago_is_not_rolled_back_to() -> None:
    company = Company()
    company.released()
    company.world.do("deployment.recorded", company.ci, **PRODUCTION, artifact=DIGEST)
    roll = {**PRODUCTION, "cause": "quality", "reason": "r", "artifact": DIGEST}
    company.world.wait(days=366)
    decision = company.world.ask("deployment.rolled_back", company.ops, **roll)
    assert result(decision, "known-good").code == "E_RAN_LONG_AGO"


def test_a_grant_ends_with_its_thirtieth_day() -> None:
    company = Company()
    release = company.released()
    granted_at = company.world.registry.release(release).granted_at
    assert granted_at is not None
    deploy = {**PRODUCTION, "artifact": DIGEST}
    company.world.wait(days=29, hours=23, minutes=59)
    assert company.world.ask("deployment.recorded", company.ci, **deploy).allowed
    company.world.wait(minutes=1)
    decision = company.world.ask("deployment.recorded", company.ci, **deploy)
    assert result(decision, "approved-bytes").code == "E_GRANT_OLD"


# Numbers.


def test_the_age_of_an_evaluation_is_that_of_its_oldest_metric() -> None:
    company = company_under(
        "check: evaluation.accuracy >= 0.90",
        "check: evaluation.accuracy >= 0.90 && evaluation.age_days <= 30",
    )
    company.world.wait(days=31)
    company.world.do(
        "metrics.observed",
        company.ana,
        model="churn",
        version="1.0.0",
        phase="evaluation",
        metrics=[metric("roc_auc", "0.99")],
    )
    release = company.world.request(company.ci)
    decision = company.world.granting(release)
    assert result(decision, "accuracy").code == "E_ABOVE"
    assert any(
        told.startswith("evaluation.age_days is 31, the policy needs at most 30: ")
        for told in explain(decision, str)
    )


def test_a_limit_written_the_other_way_round_is_told_the_same() -> None:
    company = company_under("evaluation.accuracy >= 0.90", "0.99 < evaluation.accuracy")
    release = company.world.request(company.ci)
    assert any(
        told.startswith("accuracy is 0.95, the policy needs more than 0.99: ")
        for told in explain(company.world.granting(release), str)
    )


def test_a_check_that_is_more_than_limits_is_told_by_its_own_sentence() -> None:
    company = company_under(
        "check: evaluation.accuracy >= 0.90",
        'check: evaluation.accuracy >= 0.99 && model.task == "classification"',
    )
    release = company.world.request(company.ci)
    found = result(company.world.granting(release), "accuracy")
    assert (found.code, found.params) == (
        "E_CHECK",
        {"say": "Accuracy on held-out data is at least 0.90"},
    )


def test_for_a_metric_that_is_better_when_lower_the_highest_counts() -> None:
    company = company_under("evaluation.accuracy >= 0.90", "evaluation.mae < 2")
    company.world.do(
        "metrics.observed",
        company.ana,
        model="churn",
        version="1.0.0",
        phase="evaluation",
        metrics=[metric("mae", "1.5", "a"), metric("mae", "2.5", "b")],
    )
    release = company.world.request(company.ci)
    assert result(company.world.granting(release), "accuracy").params["value"] == "2.5"


@pytest.mark.parametrize("r2", [("0.29", False), ("0.30", True)])
def test_a_regressor_is_judged_by_r2(r2: tuple[str, bool]) -> None:
    company = Company()
    company.world.model(company.ana, "diabetes", task="regression")
    company.world.version(company.ana, model="diabetes", digest="c7" * 32, r2=r2[0])
    fields = {"model": "diabetes", "version": "1.0.0", "environment": "production"}
    release = company.world.do("release.requested", company.ci, **fields)
    decision = company.world.granting(release)
    assert (result(decision, "r2").state == "met") is r2[1]
    assert "accuracy" not in {found.requirement for found in decision.results}


def test_the_time_of_registration_can_be_asked_for() -> None:
    for limit, state in (("2026-12-01T00:00:00Z", "met"), ("2026-01-01T00:00:00Z", "unmet")):
        company = company_under(
            "check: evaluation.accuracy >= 0.90",
            f"check: version.registered < timestamp('{limit}')",
        )
        release = company.world.request(company.ci)
        assert result(company.world.granting(release), "accuracy").state == state


# Forms where they make no sense.


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            'check: model.risk_tier != "prohibited"\n        say: A model whose purpose is prohibited is not registered',
            "approvals: {at_least: 1, any_of: [compliance], not_by: []}",
        ),
        (
            'check: model.risk_tier != "prohibited"\n        say: A model whose purpose is prohibited is not registered',
            "documents: [{type: model_card}]",
        ),
        (
            "check: policy.changes_itself\n        say: The new policy differs from the one in force",
            "history: {event: release.granted}",
        ),
    ],
    ids=["approvals", "documents", "history"],
)
def test_a_form_that_an_event_can_never_meet_is_refused(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(PolicyError):
        load_document(TEXT.replace(old, new, 1))


@pytest.mark.parametrize(
    "both",
    [
        "check: policy.changes_itself",
        "say: Something",
        "check: policy.changes_itself\n        say: x\n        actor: {any_role: [administrator]}",
        "actor: {types: [person]}",
    ],
)
def test_a_requirement_has_one_form_and_a_check_its_sentence(both: str) -> None:
    old = "check: policy.changes_itself\n        say: The new policy differs from the one in force"
    assert old in TEXT
    with pytest.raises(PolicyError):
        load_document(TEXT.replace(old, both, 1))

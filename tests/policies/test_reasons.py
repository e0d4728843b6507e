"""Every code has a sentence, and sentences say what a person can act on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import policies
from ledger.events.decision import Decision, Result
from policies import explain, sentence
from policies.reasons import CODES, why_not_counted
from tests.world import DIGEST, Company, metric


@pytest.fixture
def company() -> Company:
    return Company()


def said(company: Company, decision: Decision) -> list[str]:
    names = {actor.id: name for name, actor in company.world.names.items()}
    return explain(decision, lambda actor: names.get(actor, actor))


def test_every_code_that_the_engine_writes_has_a_sentence() -> None:
    folder = Path(policies.__file__).parent
    written = set()
    for file in folder.glob("*.py"):
        written |= set(re.findall(r'"([EMO]_[A-Z_]+)"', file.read_text(encoding="utf-8")))
    assert written == CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_result_of_an_older_program_is_shown_though_parameters_are_missing(code: str) -> None:
    result = Result(gate="g", requirement="r", state="unmet", code=code)
    assert sentence(result, str)


def test_a_code_of_a_newer_program_is_shown_as_it_is() -> None:
    result = Result(gate="g", requirement="r", state="unmet", code="E_LATER")
    assert sentence(result, str) == "E_LATER"


def test_missing_people_are_told_with_who_could_and_who_cannot(company: Company) -> None:
    fay = company.world.person("fay", "ml_lead")
    release = company.world.request(fay)
    company.world.approve(release, company.bo)
    assert said(company, company.world.granting(release))[0] == (
        "needs 1 more approval from compliance; chi or dee can give it"
    )
    company.world.force("release.approved", fay, release=release, artifact=DIGEST)
    assert (
        "fay cannot count: the same person asked for this release"
        in said(company, company.world.granting(release))[0]
    )


def test_a_number_below_the_limit_is_told_with_the_limit_and_the_authors_sentence(
    company: Company,
) -> None:
    company.world.do(
        "metrics.observed",
        company.ana,
        model="churn",
        version="1.0.0",
        phase="evaluation",
        metrics=[metric("accuracy", "0.87")],
    )
    release = company.world.request(company.ci)
    assert (
        "accuracy is 0.87, the policy needs at least 0.90: "
        "Accuracy on held-out data is at least 0.90"
    ) in said(company, company.world.granting(release))


def test_a_number_that_was_never_measured_is_named(company: Company) -> None:
    company.world.version(company.ana, "1.1.0", digest="c1" * 32)
    release = company.world.request(company.ci, "1.1.0")
    assert (
        "accuracy was never recorded, so this is not met: "
        "Accuracy on held-out data is at least 0.90"
    ) in said(company, company.world.granting(release))


def test_a_rejection_is_told_first(company: Company) -> None:
    release = company.world.request(company.ci)
    company.world.approve(release, company.chi)
    company.world.do("release.rejected", company.bo, release=release, artifact=DIGEST, reason="No")
    decision = company.world.granting(release)
    assert not decision.allowed
    assert said(company, decision)[0] == (
        f"release {release} was refused by bo; it must be asked for anew"
    )


def test_parameters_hold_ids_and_never_names(company: Company) -> None:
    release = company.world.request(company.bo)
    text = company.world.granting(release).model_dump_json()
    assert company.chi.id in text
    assert not {"chi", "bo"}.intersection(re.findall(r"[a-z]+", text))


def test_a_very_large_team_still_fits_in_an_entry(company: Company) -> None:
    for number in range(1_500):
        actor = f"ff{number:030x}"
        company.world.fold_person(actor, "compliance")
    release = company.world.request(company.ci)
    assert len(company.world.granting(release).model_dump_json()) < 20_000


def test_whose_approval_counts_no_more_is_told_as_far_as_the_same_person_can_heal_it() -> None:
    results = (
        Result(
            gate="g",
            requirement="r",
            state="unmet",
            code="E_NEED",
            params={
                "cannot": [
                    "ana:E_STALE:17",
                    "bo:E_STANDS_IN_EXCLUDED:ana:requester",
                    "chi:E_EXPIRED:P14D",
                    "dee:E_SELF:requester",
                    "eve:E_DELEGATION_OVER:fay",
                ]
            },
        ),
        Result(gate="g", requirement="other", state="unmet", code="E_CHECK", params={"say": "x"}),
        Result(
            gate="g",
            requirement="met",
            state="met",
            code="M_APPROVED",
            params={"cannot": ["gil:E_STALE:17"]},
        ),
    )
    decision = Decision(outcome="deny", policy="0" * 64, engine=1, results=results)
    told = why_not_counted(decision, str.upper)
    assert list(told) == ["ana", "chi", "eve"]
    assert "17" in told["ana"]
    assert "14 days" in told["chi"]
    assert "FAY" in told["eve"]

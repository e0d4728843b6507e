"""Forms of requirement: one of several quorums, seats in turn, waiting, what must be recorded,
what ran elsewhere, what is worse than what runs, and gates that only warn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policies import PolicyError, explain, load_document
from tests.policies.test_requirements import PRODUCTION, TEXT, company_under, result
from tests.world import DIGEST, Company, World, metric

if TYPE_CHECKING:
    from ledger.events.decision import Result

QUORUM = """        approvals:
          at_least: 2
          seats: [{role: compliance, at_least: 1}]
          any_of: [ml_lead, compliance]
"""
IN_TURN = QUORUM.replace("at_least: 1}", "at_least: 1, after: [ml_lead]}").replace(
    "any_of: [ml_lead, compliance]", "any_of: [ml_lead]"
)


def quorum(company: Company, release: int) -> Result:
    return next(
        item
        for item in company.world.granting(release).results
        if (item.gate, item.requirement) == ("release-production", "review")
    )


# Seats in turn.


def test_a_seat_in_turn_is_taken_only_after_the_others() -> None:
    company = company_under(QUORUM, IN_TURN)
    release = company.world.request(company.ci)
    company.world.approve(release, company.chi)
    company.world.approve(release, company.bo)
    said = quorum(company, release)
    assert said.code == "E_NEED"
    assert said.params["missing"] == ["compliance"]
    assert f"{company.chi.id}:E_BEFORE_ITS_TURN:ml_lead" in list(said.params["cannot"])  # type: ignore[arg-type]
    told = explain(company.world.granting(release), lambda who: bytes.fromhex(who).decode()[:3])
    assert "chi cannot count: approved before ml lead did" in told[0]
    company.world.approve(release, company.dee)
    assert quorum(company, release).code == "M_APPROVED"


def test_one_person_is_not_before_themself() -> None:
    company = company_under(QUORUM, IN_TURN)
    both = company.world.person("eve", "ml_lead", "compliance")
    release = company.world.request(company.ci)
    company.world.approve(release, both)
    assert quorum(company, release).params["missing"] == ["compliance"]


@pytest.mark.parametrize("after", ["[compliance]", "[operations]", "[ml_leed]"])
def test_a_turn_that_never_comes_is_refused(after: str) -> None:
    with pytest.raises(PolicyError):
        load_document(TEXT.replace(QUORUM, IN_TURN.replace("[ml_lead]}", f"{after}}}")))


# One of several quorums.

EITHER = """        approvals:
          one_of:
            - {at_least: 2, any_of: [compliance]}
            - {at_least: 1, any_of: [ml_lead]}
          valid_for: P1D
"""


def test_one_of_several_quorums_is_enough() -> None:
    company = company_under(QUORUM, EITHER)
    release = company.world.request(company.ci)
    assert quorum(company, release).params["missing"] == ["ml_lead"]  # the nearest
    company.world.approve(release, company.bo)
    assert quorum(company, release).code == "M_APPROVED"
    company.world.wait(days=2)
    company.world.approve(release, company.chi)
    assert quorum(company, release).code == "E_NEED"
    company.world.approve(release, company.dee)
    assert quorum(company, release).code == "M_APPROVED"


def test_what_a_quorum_leaves_out_comes_from_the_defaults_there_too() -> None:
    document = load_document(TEXT.replace(QUORUM, EITHER))
    rule = next(g for g in document.gates if g.id == "release-production").require[2].approvals
    assert rule is not None
    assert rule.valid_for == "P1D"
    assert rule.not_by == ("registrant", "requester")


# Quorums that nest.

BOARD = """        approvals:
          all_of:
            - {at_least: 2, any_of: [ml_lead]}
            - one_of:
                - {at_least: 1, any_of: [compliance]}
                - {at_least: 2, any_of: [security_officer]}
"""


def board() -> Company:
    return company_under(QUORUM, BOARD)


def test_all_of_one_of_is_met_in_either_way() -> None:
    for choice in (["compliance"], ["security_officer", "security_officer"]):
        company = board()
        leads = [company.bo, company.world.person("ben", "ml_lead")]
        others = [company.world.person(f"p{at}", role) for at, role in enumerate(choice)]
        release = company.world.request(company.ci)
        for person in (*leads, *others):
            assert quorum(company, release).code == "E_NEED"
            company.world.approve(release, person)
        said = quorum(company, release)
        assert (said.code, said.params["need"]) == ("M_APPROVED", 2 + len(choice))
        assert set(said.params["people"]) == {one.id for one in (*leads, *others)}  # type: ignore[arg-type]


def test_one_person_takes_one_seat_of_all_that_stands_in_it() -> None:
    company = board()
    both = company.world.person("eve", "ml_lead", "compliance")
    company.world.person("sam", "security_officer")
    release = company.world.request(company.ci)
    company.world.approve(release, company.bo)
    company.world.approve(release, both)
    said = quorum(company, release)
    assert (said.code, said.params["missing"]) == ("E_NEED", ["compliance"])
    company.world.approve(release, company.chi)
    assert quorum(company, release).code == "M_APPROVED"


def test_what_lacks_least_is_told_and_what_would_do_instead() -> None:
    company = board()
    sam = company.world.person("sam", "security_officer")
    lead = company.world.person("ben", "ml_lead")
    release = company.world.request(company.ci)
    for person in (company.bo, lead):
        company.world.approve(release, person)
    said = quorum(company, release)
    assert said.params["missing"] == ["compliance"]
    assert said.params["instead"] == ["security_officer+security_officer"]
    assert {company.chi.id, company.dee.id, sam.id} == set(said.params["could"])  # type: ignore[arg-type]
    told = explain(company.world.granting(release), lambda who: bytes.fromhex(who).decode()[:3])
    assert (
        "needs 1 more approval from compliance; or 2 more approvals from security officer"
        in told[0]
    )


def test_people_that_may_overlap_are_seated_twice() -> None:
    company = company_under(
        QUORUM, BOARD.replace("          all_of:", "          may_overlap: true\n          all_of:")
    )
    both = company.world.person("eve", "ml_lead", "compliance")
    release = company.world.request(company.ci)
    company.world.approve(release, company.bo)
    company.world.approve(release, both)
    said = quorum(company, release)
    assert (said.code, len(said.params["people"])) == ("M_APPROVED", 2)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "{at_least: 2, any_of: [ml_lead]}",
            "{at_least: 2, any_of: [ml_leed]}",
            "Did you mean ml_lead",
        ),
        ("one_of:", "on_of:", "Did you mean one_of"),
        ("{at_least: 2, any_of: [ml_lead]}", "{any_of: [ml_lead]}", "exactly one of at_least"),
        ("all_of:", "at_least: 1\n          all_of:", "exactly one of at_least"),
        ("all_of:", "any_of: [ml_lead]\n          all_of:", "belong to at_least"),
        (
            "{at_least: 2, any_of: [ml_lead]}",
            "{at_least: 2, any_of: [ml_lead], valid_for: P1D}",
            "valid_for",
        ),
        (
            "{at_least: 2, any_of: [ml_lead]}",
            "{at_least: 1, may_overlap: true, any_of: [ml_lead]}",
            "belongs to all_of",
        ),
        (
            "{at_least: 2, any_of: [ml_lead]}",
            "{may_overlap: true, all_of: [{at_least: 1, any_of: [ml_lead]}, {at_least: 1, any_of: [compliance]}]}",
            "not within an all_of",
        ),
        ("            - {at_least: 2, any_of: [ml_lead]}\n", "", "at least 2 items"),
        (
            "any_of: [compliance]}",
            "seats: [{role: compliance, at_least: 1, after: [operations]}]}",
            "nobody could go before",
        ),
        (
            "{at_least: 1, any_of: [compliance]}",
            "one_of: [{at_least: 1, any_of: [ml_lead]}, {one_of: [{at_least: 1, any_of: [ml_lead]}, {at_least: 1, any_of: [compliance]}]}]",
            "at most 4 deep",
        ),
        (
            "{at_least: 2, any_of: [ml_lead]}",
            "{at_least: 50, any_of: [ml_lead]}",
            "more than 50 people",
        ),
    ],
)
def test_a_quorum_that_means_nothing_is_refused(old: str, new: str, says: str) -> None:
    assert old in BOARD
    with pytest.raises(PolicyError) as refused:
        load_document(TEXT.replace(QUORUM, BOARD.replace(old, new, 1)), "policy.yaml")
    assert says in f"{refused.value} {refused.value.remedy}"
    assert refused.value.line > 0


def test_a_quorum_of_too_many_ways_is_refused_without_making_them() -> None:
    either = "{{one_of: [{}]}}".format(", ".join(["{at_least: 1, any_of: [ml_lead]}"] * 8))
    many = f"          all_of: [{', '.join([either] * 8)}]\n"
    with pytest.raises(PolicyError, match="more than 64 ways"):
        load_document(TEXT.replace(QUORUM, f"        approvals:\n{many}"))


# Waiting, fields.


def test_a_release_waits_from_the_moment_it_was_asked_for() -> None:
    company = company_under(
        "      - id: evaluation-report\n",
        "      - id: cooling\n        wait: P1D\n      - id: evaluation-report\n",
    )
    release = company.world.request(company.ci)
    asked = company.world.registry.release(release).requested_at
    decision = company.world.granting(release)
    assert result(decision, "cooling").code == "E_WAIT"
    assert str(result(decision, "cooling").params["until"])[:10] > asked[:10]
    company.world.wait(days=1)
    assert result(company.world.granting(release), "cooling").code == "M_WAITED"


def test_fields_that_were_never_recorded_are_named() -> None:
    company = company_under(
        "      - id: evaluation-report\n",
        "      - id: told\n        fields: [lineage.code_commit, model.tags, evaluation.r2]\n"
        "      - id: evaluation-report\n",
    )
    release = company.world.request(company.ci)
    said = result(company.world.granting(release), "told")
    assert (said.code, said.params["fields"]) == ("E_FIELD_MISSING", ["model.tags", "r2"])


def test_a_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(PolicyError, match=r"There is no fact lineage\.comit"):
        load_document(
            TEXT.replace(
                "      - id: evaluation-report\n",
                "      - id: t\n        fields: [lineage.comit]\n      - id: evaluation-report\n",
            )
        )


# What happened elsewhere before.

THROUGH_STAGING = """      - id: came-through-staging
        history: {event: release.granted, environment: staging, at_least_before: P1D}
      - id: evaluation-report
"""


def test_production_comes_a_day_after_staging_with_the_same_bytes() -> None:
    company = company_under("      - id: evaluation-report\n", THROUGH_STAGING)
    release = company.world.request(company.ci)
    staged = result(company.world.granting(release), "came-through-staging")
    assert (staged.code, staged.params["environment"]) == ("E_NO_RELEASE", "staging")
    staging = company.world.request(company.ci, environment="staging")
    company.world.approve(staging, company.bo)
    company.world.grant(staging)
    said = result(company.world.granting(release), "came-through-staging")
    assert said.code == "E_TOO_SOON"
    company.world.wait(days=1)
    assert result(company.world.granting(release), "came-through-staging").code == "M_GRANTED"


# Against what runs now.

NO_WORSE = """      - id: no-worse
        check: "!running.any || difference.accuracy >= -0.01"
        say: Not worse than what runs now by more than 0.01
      - id: evaluation-report
"""


def deployed(company: Company) -> None:
    company.released()
    company.world.do("deployment.recorded", company.ci, **PRODUCTION, artifact=DIGEST)


@pytest.mark.parametrize(
    ("accuracy", "met"), [("0.95", True), ("0.94", True), ("0.9399", False), ("0.99", True)]
)
def test_a_version_is_measured_against_the_one_that_runs(accuracy: str, met: bool) -> None:
    company = company_under("      - id: evaluation-report\n", NO_WORSE)
    deployed(company)
    company.world.version(company.ana, "1.1.0", digest="c1" * 32, accuracy=accuracy)
    release = company.world.request(company.ci, version="1.1.0")
    assert (result(company.world.granting(release), "no-worse").state == "met") == met


def test_metrics_on_other_data_are_not_compared() -> None:
    company = company_under("      - id: evaluation-report\n", NO_WORSE)
    deployed(company)
    company.world.version(company.ana, "1.1.0", digest="c1" * 32)
    company.world.do(
        "metrics.observed",
        company.ana,
        model="churn",
        version="1.1.0",
        phase="evaluation",
        metrics=[metric("accuracy", "0.99", data_set="easier")],
    )
    release = company.world.request(company.ci, version="1.1.0")
    assert result(company.world.granting(release), "no-worse").state == "not_known"


# Gates that warn.


def test_a_gate_that_warns_stops_nothing_until_its_day_is_over() -> None:
    company = company_under(
        '    when: target.environment == "production"\n    title: A release to production\n',
        '    when: target.environment == "production"\n    warn_until: "2026-11-02"\n'
        "    title: A release to production\n",
    )
    release = company.world.request(company.ci)
    decision = company.world.granting(release)
    assert decision.allowed
    assert [item.requirement for item in decision.warned] == ["review"]
    assert decision.unmet == ()
    company.world.now = company.world.now.replace(day=2, hour=23, minute=59)
    assert company.world.granting(release).allowed
    company.world.now = company.world.now.replace(day=3, hour=0, minute=0)
    assert not company.world.granting(release).allowed


@pytest.mark.parametrize("day", ["2026-02-30", "tomorrow", "2026-11-02T10:00"])
def test_a_day_that_does_not_exist_is_refused(day: str) -> None:
    with pytest.raises(PolicyError):
        load_document(
            TEXT.replace(
                "    title: A release to production\n",
                f'    warn_until: "{day}"\n    title: A release to production\n',
            )
        )


def test_tags_are_known_to_rules() -> None:
    text = TEXT.replace(
        'when: target.environment == "staging"', 'when: "\\"customers\\" in model.tags"'
    )
    world = World(document=load_document(text))
    ana = world.person("ana", "data_scientist")
    world.model(ana, "churn", tags=["customers"])
    world.version(ana)
    release = world.request(ana, environment="development")
    assert result(world.granting(release), "review").code == "E_NEED"

"""What somebody would try, and what the policy says to it."""

from __future__ import annotations

import pytest

from ledger.errors import InputError
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from policies import PolicyError, load_document
from policies.expression.parse import parse
from policies.facts import Case
from policies.fields import FIELDS
from tests.world import DIGEST, SERVICE, SHIPPED, Company, World, metric

TEXT = SHIPPED.read_text(encoding="utf-8")
PRODUCTION = {"model": "churn", "version": "1.0.0", "environment": "production"}
DEPLOYERS = "actor: {any_role: [operations, pipeline]}"


@pytest.fixture
def company() -> Company:
    return Company()


def codes(decision) -> set[str]:  # noqa: ANN001
    return {result.code for result in decision.unmet}


def refused(old: str, new: str) -> PolicyError:
    assert old in TEXT
    with pytest.raises(PolicyError) as error:
        load_document(TEXT.replace(old, new, 1))
    return error.value


# People.


def test_self_approval_through_a_forced_vote_of_the_requester_takes_no_seat(
    company: Company,
) -> None:
    release = company.world.request(company.bo)
    company.world.force("release.approved", company.bo, release=release, artifact=DIGEST)
    company.world.approve(release, company.chi)
    decision = company.world.granting(release)
    assert [item.split(":")[1:] for item in decision.unmet[0].params["cannot"]] == [
        ["E_SELF", "requester"]
    ]


@pytest.mark.parametrize("kind", ["release.approved", "release.rejected"])
def test_the_requester_and_the_registrant_judge_nothing_of_their_own(
    company: Company, kind: str
) -> None:
    eve = company.world.person("eve", "ml_lead")
    company.world.version(eve, "1.1.0", digest="c1" * 32, accuracy="0.95")
    release = company.world.request(company.bo, "1.1.0")
    for actor in (eve, company.bo):
        judged = {"release": release, "artifact": "c1" * 32}
        more = {"reason": "No"} if kind == "release.rejected" else {}
        assert codes(company.world.ask(kind, actor, **judged, **more)) == {"E_SELF"}


def test_a_request_that_calls_a_workload_a_person_is_not_believed(company: Company) -> None:
    """What somebody is stands in the ledger, not in the request."""
    root = company.world.names["root"]
    company.world.force("role.granted", root, actor_id=company.ci.id, role="compliance")
    release = company.world.request(company.ana)
    dressed = Actor(id=company.ci.id, type="person", via="password")
    decision = company.world.ask("release.approved", dressed, release=release, artifact=DIGEST)
    assert codes(decision) == {"E_TYPE"}


def test_somebody_who_is_not_enrolled_is_not_the_service(company: Company) -> None:
    dressed = Actor(id="ee" * 16, type="service", via="service")
    report = {
        "report": "r", "framework": "soc2", "period_from": "2026-01-01",
        "period_until": "2026-06-30", "position": 1, "root": "be" * 32, "unsealed": "ca" * 32,
        "sealed": "fe" * 32, "pages": 1, "verdicts": {},
    }  # fmt: skip
    assert codes(company.world.ask("report.issued", dressed, **report)) == {"E_NOROLE"}
    assert company.world.ask("report.issued", SERVICE, **report).allowed


def test_an_approver_may_be_kept_from_deploying(company: Company) -> None:
    text = TEXT.replace(
        DEPLOYERS, "actor: {any_role: [operations, pipeline, compliance], not_by: [approver]}"
    )
    company = Company(World(document=load_document(text)))
    company.released()
    deploy = {**PRODUCTION, "artifact": DIGEST}
    ask = company.world.ask
    assert codes(ask("deployment.recorded", company.chi, **deploy)) == {"E_SELF"}
    assert ask("deployment.recorded", company.dee, **deploy).allowed


def test_who_is_excluded_is_not_known_so_nobody_may(company: Company) -> None:
    text = TEXT.replace(DEPLOYERS, "actor: {any_role: [operations], not_by: [approver]}")
    company = Company(World(document=load_document(text)))
    decision = company.world.ask("deployment.recorded", company.ops, **PRODUCTION, artifact=DIGEST)
    assert "E_PARTY_UNKNOWN" in codes(decision)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("not_by: [receiver]", "not_by: [registrant]"),
        ("not_by: [receiver]", "not_by: [requester]"),
        ("actor: {any_role: [administrator], requester: true}", "actor: {requester: true, not_by: [receiver]}"),
        ("{any_role: [ml_lead, compliance], owner: true}", "{requester: true}"),
        ("  not_by: [registrant, requester]\n  valid_for", "  not_by: [approver]\n  valid_for"),
        ("  not_by: [registrant, requester]\n  valid_for", "  not_by: [receiver]\n  valid_for"),
    ],
)  # fmt: skip
def test_a_rule_about_somebody_whom_the_event_does_not_have_is_refused(old: str, new: str) -> None:
    refused(old, new)


# Approvals and what they were given for.


def test_a_vote_for_other_bytes_takes_no_seat(company: Company) -> None:
    """As if a vote had been written into the store for another artifact."""
    release = company.world.request(company.ci)
    company.world.approve(release, company.bo)
    company.world.approve(release, company.chi)
    asked = company.world.registry.release(release)
    forged = asked.votes[0].model_copy(update={"artifact": "c9" * 32})
    votes = (forged, *asked.votes[1:])
    company.world.registry.apply([asked.model_copy(update={"votes": votes})], asked.since)
    decision = company.world.granting(release)
    found = [item.split(":")[1] for item in decision.unmet[0].params["cannot"]]
    assert found == ["E_OTHER_ARTIFACT"]


def test_a_vote_taken_back_takes_no_seat(company: Company) -> None:
    release = company.world.request(company.ci)
    company.world.approve(release, company.bo)
    company.world.approve(release, company.chi)
    company.world.do("approval.revoked", company.chi, release=release, reason="Wrong report")
    assert codes(company.world.granting(release)) == {"E_NEED"}


def test_voting_again_after_a_change_counts_once(company: Company) -> None:
    release = company.world.request(company.ci)
    company.world.approve(release, company.chi)
    company.world.evaluated(company.ana, digest="e9" * 32)
    company.world.approve(release, company.chi)
    decision = company.world.granting(release)
    review = next(result for result in decision.unmet if result.code == "E_NEED")
    assert (review.params["people"], review.params["cannot"]) == ([company.chi.id], [])
    assert len(review.params["missing"]) == 1


def test_a_staging_approval_is_not_used_for_production(company: Company) -> None:
    staging = company.world.request(company.ci, environment="staging")
    company.world.approve(staging, company.bo)
    company.world.approve(staging, company.chi)
    production = company.world.request(company.ci)
    assert codes(company.world.granting(production)) == {"E_NEED"}


def test_a_withdrawn_release_is_over_though_everybody_approved(company: Company) -> None:
    release = company.world.request(company.ci)
    company.world.approve(release, company.bo)
    company.world.approve(release, company.chi)
    company.world.do("release.withdrawn", company.ci, release=release)
    assert codes(company.world.granting(release)) == {"E_OVER"}


def test_a_role_of_a_similar_name_takes_no_seat(company: Company) -> None:
    root = company.world.names["root"]
    company.world.person("eve")
    company.world.force(
        "role.granted", root, actor_id=company.world.names["eve"].id, role="compliance-"
    )
    release = company.world.request(company.ci)
    decision = company.world.ask(
        "release.approved", company.world.names["eve"], release=release, artifact=DIGEST
    )
    assert codes(decision) == {"E_NOROLE"}


# Numbers.


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "1e400", "0.9e0", "+0.9", ".9", "0x1", " 0.9", "0,9", ""]
)
def test_a_number_that_is_none_never_reaches_the_policy(value: str) -> None:
    fields = {
        "model": "churn",
        "version": "1.0.0",
        "phase": "evaluation",
        "metrics": [metric("accuracy", value)],
    }
    with pytest.raises(InputError):
        read_command("metrics.observed", fields)


def test_a_metric_of_a_similar_name_does_not_count(company: Company) -> None:
    company.world.version(company.ana, "1.1.0", digest="c1" * 32, Accuracy="0.99")
    release = company.world.request(company.ci, "1.1.0")
    assert "E_NOT_RECORDED" in codes(company.world.granting(release))


def test_a_metric_that_claims_the_other_direction_gains_nothing(company: Company) -> None:
    """The document says which way is better, not who measured."""
    turned = {**metric("accuracy", "0.2", "b"), "higher_is_better": False}
    company.world.do(
        "metrics.observed",
        company.ana,
        model="churn",
        version="1.0.0",
        phase="evaluation",
        metrics=[turned],
    )
    release = company.world.request(company.ci)
    assert "E_BELOW" in codes(company.world.granting(release))


def test_a_metric_named_like_a_fact_is_refused() -> None:
    refused("  mae: {", "  age_days: {higher_is_better: false, about: A trick}\n  mae: {")


# Words.


@pytest.mark.parametrize(
    ("old", "new", "meant"),
    [
        ('model.task == "regression"', 'model.task == "regresion"', "regression"),
        ('model.risk_tier != "prohibited"', 'model.risk_tier != "prohibitted"', "prohibited"),
        ('version.state == "registered"', 'version.state == "Registered"', "registered"),
        ('grant.role != "auditor"', 'grant.role != "auditer"', "auditor"),
        ('!("auditor" in grant.receiver_roles)', '!("auditr" in grant.receiver_roles)', "auditor"),
        ('enrol.actor_type in ["person"', 'enrol.actor_type in ["persson"', "person"),
        ("evaluation.r2 >= 0.30", "evaluation.r3 >= 0.30", "evaluation.r2"),
    ],
)
def test_a_misspelt_word_in_a_condition_is_refused(old: str, new: str, meant: str) -> None:
    """It would not fail later: the comparison would be false for ever, and a gate never apply."""
    error = refused(old, new)
    assert (error.remedy, error.line > 0) == (f"Did you mean {meant}?", True)


def test_a_look_alike_letter_in_a_condition_is_refused() -> None:
    look_alike = "pr\N{CYRILLIC SMALL LETTER O}duction"
    error = refused('target.environment == "production"', f'target.environment == "{look_alike}"')
    assert error.code == "not-ascii"


@pytest.mark.parametrize(
    "hidden",
    ["\N{RIGHT-TO-LEFT OVERRIDE}", "\N{ZERO WIDTH JOINER}", "\x1b[31m", "\N{LINE SEPARATOR}", "\x85"],
)  # fmt: skip
def test_text_that_hides_or_reorders_is_refused(hidden: str) -> None:
    escaped = hidden.encode("unicode_escape").decode()
    refused("title: Model lifecycle, default rules", f'title: "Model {escaped} rules"')


@pytest.mark.parametrize(
    "role", ["Compliance", "compliance ", "c\u043empliance", "compl\u200diance"]
)
def test_a_role_that_only_looks_right_is_refused(role: str) -> None:
    refused("{role: compliance, at_least: 1}", f"{{role: '{role}', at_least: 1}}")


def test_an_environment_that_only_looks_right_is_refused(company: Company) -> None:
    for environment in ("Production", "production-", "prod"):
        fields = {**PRODUCTION, "environment": environment}
        try:
            decision = company.world.ask("release.requested", company.ci, **fields)
        except InputError:
            continue
        assert codes(decision) == {"E_CHECK"}


def test_a_release_to_an_unknown_environment_is_not_granted_even_if_it_was_asked_for(
    company: Company,
) -> None:
    fields = {**PRODUCTION, "environment": "shadow"}
    release = company.world.force("release.requested", company.ci, **fields)
    assert codes(company.world.granting(release)) == {"E_CHECK"}


# Bombs.


@pytest.mark.parametrize(
    "bomb",
    [
        "(" * 1_000 + "true" + ")" * 1_000,
        "!" * 1_999 + "true",
        "true" + " && true" * 200,
        '"a" in [' + ", ".join(['"a"'] * 390) + "]",
        "true || " * 10_000_000 + "true",
    ],
    ids=["brackets", "nots", "ands", "list", "length"],
)
def test_an_expression_bomb_is_refused(bomb: str) -> None:
    with pytest.raises(PolicyError):
        parse(bomb)


@pytest.mark.parametrize(
    "bomb",
    [
        "a: [" + "x, " * 60_000 + "x]",
        "a: " + "[" * 500,
        "a: &a [x]\n" + "\n".join(f"b{n}: [*a, *a]" for n in range(20)),
        "x" * 300_000,
        "- " * 1_000,
    ],
    ids=["items", "depth", "aliases", "size", "nested dashes"],
)
def test_a_yaml_bomb_is_refused(bomb: str) -> None:
    with pytest.raises(PolicyError):
        load_document(bomb)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("at_least: 2", "at_least: 010"),
        ("at_least: 2", "at_least: 1_0"),
        ("at_least: 2", "at_least: on"),
        ("at_least: 2", "at_least: 22:30"),
        ("at_least: 2", "at_least: 2\n          <<: {at_least: 1}"),
        ("at_least: 2", "at_least: 2\n          at_least: 1"),
        ("at_least: 2", "at_least: !!int '2'"),
        ("format: policy/1", "%YAML 1.1\n---\nformat: policy/1"),
        ("owner: true", "owner: yes"),
    ],
)
def test_yaml_that_means_something_else_than_it_says_is_refused(old: str, new: str) -> None:
    refused(old, new)


def test_a_document_too_large_for_an_entry_is_refused() -> None:
    many = "\n".join(f"  role-{number}: {'x' * 390}" for number in range(120))
    error = refused("roles:\n", f"roles:\n{many}\n")
    assert error.code == "policy-too-large"


def test_no_fact_holds_the_id_of_a_person(company: Company) -> None:
    company.released()
    root, world = company.world.names["root"], company.world
    ids = {actor.id for actor in world.names.values()}
    granted_role = {"actor_id": company.bo.id, "role": "auditor"}
    for kind, fields in [
        ("role.granted", granted_role),
        ("deployment.recorded", {**PRODUCTION, "artifact": DIGEST}),
    ]:
        event = read_command(kind, fields)
        case = Case(world.document, world.registry, event, root, world.instant)
        for path in FIELDS:
            value = case.fact(path)
            assert not ids.intersection(value if isinstance(value, tuple) else (value,)), path


def test_facts_about_a_person_are_marked() -> None:
    assert {path for path, field in FIELDS.items() if field.privacy != "none"} == {
        path
        for path in FIELDS
        if path.startswith(("actor.", "grant.", "enrol."))
        or path in {"delegation.role", "passkey.own"}
    }

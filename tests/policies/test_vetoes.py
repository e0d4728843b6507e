"""Vetoes: who may refuse so that it stands, beyond the release that it ended, and who lifts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.errors import ConflictError
from ledger.events.catalogue import read_command
from ledger.state.consequences import affected_releases
from policies import PolicyError, explain, load_document
from policies.doctor import examine
from policies.names_used import place_of
from policies.strict_yaml import read_yaml_with_places
from tests.policies.test_requirements import TEXT, company_under, result
from tests.world import DIGEST, Company

if TYPE_CHECKING:
    from ledger.events.actor import Actor
    from ledger.events.decision import Result

PAPER = "      - id: evaluation-report\n"
VETO = f"      - id: no-veto\n        not_vetoed_by: [compliance, security_officer]\n{PAPER}"


@pytest.fixture
def company() -> Company:
    return company_under(PAPER, VETO)


def refuse(company: Company, release: int, by: Actor) -> int:
    artifact = company.world.registry.release(release).artifact
    return company.world.force(
        "release.rejected", by, release=release, artifact=artifact, reason="No"
    )


def veto(company: Company, release: int) -> Result:
    return result(company.world.granting(release), "no-veto")


def test_a_refusal_by_a_role_that_has_a_veto_stands_when_it_is_asked_for_anew(
    company: Company,
) -> None:
    entry = refuse(company, company.world.request(company.ci), company.chi)
    again = company.world.request(company.ci)
    company.world.approve(again, company.bo)
    company.world.approve(again, company.dee)
    said = veto(company, again)
    assert (said.code, said.by, said.params) == (
        "E_VETOED",
        (entry,),
        {"people": [company.chi.id], "roles": ["compliance"]},
    )
    assert [item.requirement for item in company.world.granting(again).unmet] == ["no-veto"]
    told = explain(company.world.granting(again), lambda who: bytes.fromhex(who).decode()[:3])
    until = "until whoever refused approves, or it is lifted"
    assert told == [f"chi refused these bytes as compliance, and that stands: {until}"]


def test_a_refusal_by_another_role_ends_its_release_and_no_other(company: Company) -> None:
    refuse(company, company.world.request(company.ci), company.bo)
    assert veto(company, company.world.request(company.ci)).code == "M_NOT_VETOED"


def test_whoever_refused_takes_it_back_by_approving(company: Company) -> None:
    entry = refuse(company, company.world.request(company.ci), company.chi)
    again = company.world.request(company.ci)
    company.world.approve(again, company.dee)
    assert veto(company, again).state == "unmet"
    company.world.approve(again, company.chi)
    assert veto(company, again).state == "met"
    assert company.world.registry.rejection(entry).status == "answered"


def test_a_refusal_is_lifted_once_by_whom_the_policy_lets(company: Company) -> None:
    world = company.world
    entry = refuse(company, world.request(company.ci), company.chi)
    again = world.request(company.ci)
    lift = {"rejection": entry, "reason": "Settled"}
    for stranger in (company.bo, company.ana, company.ci):
        assert not world.ask("rejection.lifted", stranger, **lift).allowed
    for friend in (company.chi, company.dee):
        assert world.ask("rejection.lifted", friend, **lift).allowed
    number = world.do("rejection.lifted", company.dee, **lift)
    assert veto(company, again).state == "met"
    event = read_command("rejection.lifted", lift)
    assert [one.since for one in affected_releases(world.registry, event, number)] == [again]
    with pytest.raises(ConflictError, match="lifted already"):
        world.do("rejection.lifted", company.dee, **lift)


def test_who_asked_or_registered_lifts_no_refusal(company: Company) -> None:
    world = company.world
    world.force("role.granted", world.names["root"], actor_id=company.ana.id, role="compliance")
    entry = refuse(company, world.request(company.ana), company.chi)
    said = world.ask("rejection.lifted", company.ana, rejection=entry, reason="Mine")
    assert [item.code for item in said.unmet] == ["E_SELF"]


def test_two_vetoes_are_lifted_one_by_one(company: Company) -> None:
    world = company.world
    sam = world.person("sam", "security_officer")
    first = refuse(company, world.request(company.ci), company.chi)
    refuse(company, world.request(company.ci), sam)
    again = world.request(company.ci)
    assert set(veto(company, again).params["people"]) == {company.chi.id, sam.id}  # type: ignore[arg-type]
    world.do("rejection.lifted", company.dee, rejection=first, reason="Settled")
    assert veto(company, again).params["people"] == [sam.id]


def test_taking_the_role_away_takes_no_veto_back_and_giving_it_makes_none(
    company: Company,
) -> None:
    world, root = company.world, company.world.names["root"]
    refuse(company, world.request(company.ci), company.chi)
    world.force("role.revoked", root, actor_id=company.chi.id, role="compliance")
    assert veto(company, world.request(company.ci)).state == "unmet"
    other = company_under(PAPER, VETO)
    refuse(other, other.world.request(other.ci), other.bo)
    other.world.force("role.granted", root, actor_id=other.bo.id, role="compliance")
    assert veto(other, other.world.request(other.ci)).state == "met"


def test_saying_it_again_in_another_role_makes_it_no_weaker(company: Company) -> None:
    world, root = company.world, company.world.names["root"]
    refuse(company, world.request(company.ci), company.chi)
    world.force("role.revoked", root, actor_id=company.chi.id, role="compliance")
    world.force("role.granted", root, actor_id=company.chi.id, role="ml_lead")
    refuse(company, world.request(company.ci), company.chi)
    assert veto(company, world.request(company.ci)).params["roles"] == ["compliance"]


@pytest.mark.parametrize(("models", "state"), [(("churn",), "unmet"), (("demand",), "met")])
def test_a_role_for_other_models_has_no_veto_here(
    company: Company, models: tuple[str, ...], state: str
) -> None:
    world = company.world
    sam = world.person("sam")
    world.force(
        "role.granted",
        world.names["root"],
        actor_id=sam.id,
        role="security_officer",
        models=models,
    )
    refuse(company, world.request(company.ci), sam)
    assert veto(company, world.request(company.ci)).state == state


def test_who_stands_in_vetoes_in_that_role_and_a_machine_never(company: Company) -> None:
    world = company.world
    nora = world.person("nora")
    end = "2026-11-20T00:00:00Z"
    world.do("role.delegated", company.chi, actor_id=nora.id, role="compliance", until=end)
    refuse(company, world.request(company.ci), nora)
    assert veto(company, world.request(company.ci)).params["people"] == [nora.id]
    other = company_under(PAPER, VETO)
    other.world.force(
        "role.granted", other.world.names["root"], actor_id=other.ci.id, role="compliance"
    )
    refuse(other, other.world.request(other.ana), other.ci)
    assert veto(other, other.world.request(other.ana)).state == "met"


def test_the_same_bytes_under_another_version_are_refused_too(company: Company) -> None:
    world = company.world
    refuse(company, world.request(company.ci), company.chi)
    world.version(company.ana, "1.0.1", digest=DIGEST, accuracy="0.95")
    world.version(company.ana, "1.1.0", digest="c1" * 32, accuracy="0.95")
    assert veto(company, world.request(company.ci, "1.0.1")).state == "unmet"
    assert veto(company, world.request(company.ci, "1.1.0")).state == "met"


def test_a_refusal_is_of_one_environment() -> None:
    company = company_under(
        "        approvals: {at_least: 1, any_of: [ml_lead, compliance]}\n",
        "        approvals: {at_least: 1, any_of: [ml_lead, compliance]}\n"
        "      - {id: no-veto, not_vetoed_by: [compliance]}\n",
    )
    refuse(company, company.world.request(company.ci), company.chi)
    assert veto(company, company.world.request(company.ci, environment="staging")).state == "met"


# What is refused at load, and what the doctor says.


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[compliance, security_officer]", "[complience]", "There is no role complience"),
        ("[compliance, security_officer]", "[]", "at least 1 item"),
        ("not_vetoed_by", "not_vetoed", "Did you mean not_vetoed_by"),
    ],
)
def test_a_veto_that_means_nothing_is_refused(old: str, new: str, says: str) -> None:
    with pytest.raises(PolicyError) as refused:
        load_document(TEXT.replace(PAPER, VETO.replace(old, new)), "policy.yaml")
    assert says in f"{refused.value} {refused.value.remedy}"
    assert refused.value.line > 0


def test_a_veto_of_what_is_in_no_environment_is_refused() -> None:
    text = TEXT.replace(
        "      - id: lineage\n",
        "      - {id: no-veto, not_vetoed_by: [compliance]}\n      - id: lineage\n",
        1,
    )
    with pytest.raises(PolicyError, match="about no version in an environment"):
        load_document(text)


def test_the_doctor_tells_vetoes_that_nobody_has_or_lifts() -> None:
    text = TEXT.replace(PAPER, VETO.replace("security_officer", "operations"))
    text = text.replace("  - rejection.lifted\n", "")
    gate = text.index("  - id: lift-rejection")
    text = text[:gate] + text[text.index("  - id: withdraw\n") :]
    found = [one for one in examine(load_document(text)) if "veto" in one.code]
    assert [one.code for one in found] == ["idle-veto", "veto-for-ever"]
    _, places = read_yaml_with_places(text)
    lines = text.splitlines()
    assert {lines[place_of(places, one.path).line - 1].strip()[:13] for one in found} == {
        "not_vetoed_by"
    }


def test_the_doctor_tells_a_veto_of_a_role_that_nobody_holds() -> None:
    document = load_document(TEXT.replace(PAPER, VETO))
    people = {role: {"1": "person", "2": "person"} for role in document.roles}
    codes = [one.code for one in examine(document, {**people, "security_officer": {}})]
    assert "nobody-holds-it" in codes
    assert "nobody-holds-it" not in [one.code for one in examine(document, people)]

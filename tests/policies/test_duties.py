"""What is owed after the fact: reviews that come again while a version runs, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.errors import ConflictError
from ledger.events.catalogue import read_command
from ledger.state.concerns import about
from ledger.state.exceptions import OwedReviews, ReviewState
from ledger.state.following import following
from policies import PolicyError, explain, load_document, reviewers
from policies.decide import compile_document, decide_with
from policies.describe import describe_review
from policies.doctor import examine
from policies.document import document_digest
from policies.facts import Case
from policies.names_used import place_of
from policies.strict_yaml import read_yaml_with_places
from tests.policies.test_requirements import PRODUCTION, TEXT
from tests.world import DIGEST, SERVICE, Company, World, granted

if TYPE_CHECKING:
    from ledger.events.actor import Actor
    from ledger.events.decision import Decision
    from ledger.events.event import Event

REVIEW = """          seats: [{role: compliance, at_least: 1}]
          any_of: [ml_lead, compliance]
"""
DUTIES = f"""{REVIEW}    afterwards:
      - {{id: still-right, due: P90D, while_running: true}}
      - {{id: tell, notify: {{holders_of: [operations], parties: [owner, requester]}}}}
"""
DEPLOY = """      - id: approved-bytes
        history: {event: release.granted, within: P30D}
"""
REFUSED = f"""      - {{id: reviewed, check: reviews.overdue_here == 0, say: No review here is overdue}}
{DEPLOY.replace("P30D", "P999D")}"""
AGAIN = ", and again within 90 days of each review, for as long as it runs"
ASKED = "whoever asked for the release"
UNDER = TEXT.replace(REVIEW, DUTIES, 1).replace(DEPLOY, REFUSED, 1)


class Told(Company):
    """The usual company, whose entries are followed by what follows from them."""

    def record(self, event: Event, by: Actor, decision: Decision) -> int:
        world = self.world
        number = world.fold(event, by)
        concerned = about(world.registry, event)
        for one in following(event, decision, number, by.id, concerned, world.registry):
            world.fold(one, SERVICE)
        return number

    def release(self, version: str = "1.0.0") -> int:
        number = self.world.request(self.ci, version)
        for approver in (self.bo, self.chi):
            self.world.approve(number, approver)
        decision = self.world.granting(number)
        assert decision.allowed, decision.unmet
        self.record(granted(self.world.registry.release(number)), SERVICE, decision)
        return number

    def deploy(self, version: str = "1.0.0", artifact: str = DIGEST) -> int:
        fields = {**PRODUCTION, "version": version, "artifact": artifact}
        return self.world.do("deployment.recorded", self.ops, **fields)

    def made(self, review: int, by: Actor, finding: str = "accepted") -> int:
        fields = {"review": review, "finding": finding, "comment": "Looked"}
        decision = self.world.ask("review.completed", by, **fields)
        assert decision.allowed, decision.unmet
        return self.record(read_command("review.completed", fields), by, decision)

    @property
    def reviews(self) -> list[ReviewState]:
        return [one for one in self.world.registry.all(ReviewState) if one.status != "completed"]

    @property
    def overdue(self) -> int:
        found = self.world.registry.find(OwedReviews, "owed")
        return found.overdue(self.world.instant) if found else 0


@pytest.fixture
def company() -> Told:
    return Told(World(document=load_document(UNDER)))


# Reviews that come again.


def test_a_review_is_owed_while_a_version_runs_under_the_release(company: Told) -> None:
    release = company.release()
    (review,) = company.reviews
    assert (review.release, review.again_hours, review.status) == (release, 90 * 24, "paused")
    company.world.wait(days=91)
    assert company.overdue == 0
    company.deploy()
    assert (company.reviews[0].status, company.overdue) == ("required", 1)
    running = company.world.registry.running("churn", "production")
    assert running is not None
    company.world.do(
        "deployment.stopped",
        company.ops,
        deployment=running.since,
        model="churn",
        environment="production",
        reason="Enough",
    )
    assert (company.reviews[0].status, company.overdue) == ("paused", 0)


def test_where_it_is_overdue_nothing_is_deployed_until_somebody_reviews(company: Told) -> None:
    company.release()
    company.deploy()
    company.world.wait(days=89)
    assert company.world.ask(
        "deployment.recorded", company.ops, **PRODUCTION, artifact=DIGEST
    ).allowed
    company.world.wait(days=2)
    said = company.world.ask("deployment.recorded", company.ops, **PRODUCTION, artifact=DIGEST)
    assert [item.requirement for item in said.unmet] == ["reviewed"]
    company.made(company.reviews[0].since, company.dee)
    assert company.world.ask(
        "deployment.recorded", company.ops, **PRODUCTION, artifact=DIGEST
    ).allowed
    (again,) = company.reviews
    assert again.status == "required"
    company.world.wait(days=91)
    assert company.overdue == 1


def test_deploying_again_sets_no_clock_back(company: Told) -> None:
    company.release()
    company.deploy()
    due = company.reviews[0].due
    company.world.wait(days=80)
    company.deploy()
    assert [one.due for one in company.reviews] == [due]
    company.world.wait(days=11)
    assert company.overdue == 1


def test_what_takes_its_place_ends_it_and_what_comes_back_owes_it_still(company: Told) -> None:
    first = company.release()
    company.deploy()
    company.world.version(company.ana, "1.1.0", digest="c1" * 32, accuracy="0.96")
    company.world.evaluated(company.ana, "1.1.0")
    company.release("1.1.0")
    company.deploy("1.1.0", "c1" * 32)
    found = {one.release: one.status for one in company.reviews}
    assert found[first] == "paused"
    assert sorted(found.values()) == ["paused", "required"]
    company.deploy()
    assert {one.release: one.status for one in company.reviews}[first] == "required"


def test_an_objection_leaves_it_owed_until_somebody_accepts(company: Told) -> None:
    company.release()
    company.deploy()
    company.made(company.reviews[0].since, company.dee, "objected")
    (again,) = company.reviews
    company.world.wait(minutes=1)
    assert company.overdue == 1
    company.made(again.since, company.dee)
    company.world.wait(days=89)
    assert company.overdue == 0


def test_whoever_asked_or_registered_does_not_review(company: Told) -> None:
    world = company.world
    world.force("role.granted", world.names["root"], actor_id=company.ana.id, role="compliance")
    company.release()
    company.deploy()
    (review,) = company.reviews
    able = reviewers(world.decide, world.registry, world.document, review, world.instant)
    assert able == {company.bo.id, company.chi.id, company.dee.id}
    fields = {"review": review.since, "finding": "accepted", "comment": "Mine"}
    assert [i.code for i in world.ask("review.completed", company.ana, **fields).unmet] == [
        "E_SELF"
    ]


def test_it_is_overdue_here_and_nowhere_else(company: Told) -> None:
    company.release()
    company.deploy()
    company.world.wait(days=91)
    world = company.world
    world.model(company.ana, "demand")
    world.version(company.ana, model="demand", digest="c2" * 32)

    def here(model: str, environment: str) -> Any:
        asked = read_command(
            "release.requested", {"model": model, "version": "1.0.0", "environment": environment}
        )
        case = Case(world.document, world.registry, asked, company.ana, world.instant)
        return case.fact("reviews.overdue_here")

    assert [
        here("churn", "production"),
        here("churn", "staging"),
        here("demand", "production"),
    ] == [
        1,
        0,
        0,
    ]


def test_a_review_that_is_made_is_made_once(company: Told) -> None:
    company.release()
    company.deploy()
    (review,) = company.reviews
    company.made(review.since, company.dee)
    with pytest.raises(ConflictError, match="completed already"):
        company.made(review.since, company.dee)


# Telling people.


def test_who_must_be_told_stands_in_the_decision(company: Told) -> None:
    number = company.world.request(company.ci)
    for approver in (company.bo, company.chi):
        company.world.approve(number, approver)
    told = next(one for one in company.world.granting(number).owed if one.code == "O_NOTIFY")
    assert told.params == {
        "roles": ["operations"],
        "people": sorted({company.ana.id, company.ci.id}),
    }
    said = explain(company.world.granting(number), lambda who: bytes.fromhex(who).decode()[:3])
    assert "told of it: operations, ana and ci\0" in said


def test_nobody_is_told_of_what_was_refused(company: Told) -> None:
    number = company.world.request(company.ci)
    assert company.world.granting(number).owed == ()


# Words, mistakes, and what the doctor says.


def test_duties_are_told_in_words() -> None:
    gate = next(g for g in load_document(UNDER).gates if g.id == "release-production")
    assert [describe_review(one) for one in gate.afterwards] == [
        f"It is reviewed within 90 days afterwards{AGAIN}",
        f"Told of it: whoever holds the role operations, the model's owner, {ASKED}",
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("holders_of: [operations]", "holders_of: [operatoins]", "Did you mean operations"),
        ("parties: [owner, requester]", "parties: [proposer]", "has no proposer"),
        ("{holders_of: [operations], parties: [owner, requester]}", "{}", "nobody would be told"),
        ("due: P90D, while_running: true", "while_running: true", "exactly one of due, notify"),
        ("due: P90D, ", "due: P90D, notify: {parties: [owner]}, ", "exactly one of due, notify"),
        ("while_running", "while_runing", "Did you mean while_running"),
    ],
)
def test_a_duty_that_means_nothing_is_refused(old: str, new: str, says: str) -> None:
    assert old in UNDER
    with pytest.raises(PolicyError) as refused:
        load_document(UNDER.replace(old, new, 1), "policy.yaml")
    assert says in f"{refused.value} {refused.value.remedy}"
    assert refused.value.line > 0


def test_only_a_release_is_run_under() -> None:
    text = TEXT.replace(
        "{id: look-back, due: P5D}", "{id: look-back, due: P5D, while_running: true}"
    )
    with pytest.raises(PolicyError, match=r"not under a deployment\.rolled_back"):
        load_document(text)


def codes(text: str, **holders: dict[str, str]) -> dict[str, int]:
    _, places = read_yaml_with_places(text)
    document = load_document(text)
    people = {role: {"1": "person", "2": "person"} for role in document.roles}
    found = examine(document, {**people, **holders})
    return {one.code: place_of(places, one.path).line for one in found}


def test_the_doctor_tells_duties_that_come_to_nothing() -> None:
    line = next(at for at, one in enumerate(UNDER.splitlines(), 1) if "still-right" in one)
    assert not {"idle-review", "review-for-ever"} & codes(UNDER).keys()
    nothing = UNDER.replace("check: reviews.overdue == 0", "check: reviews.access_overdue == 0")
    nothing = nothing.replace("check: reviews.overdue_here == 0", 'check: model.name != "x"')
    assert codes(nothing)["idle-review"] >= line
    closed = UNDER.replace("  - review.completed\n", "")
    begun = closed.index("\n  - id: review\n") + 1
    closed = closed[:begun] + closed[closed.index("  # Data sets and base models that") :]
    assert codes(closed)["review-for-ever"] >= line
    assert "nobody-holds-it" in codes(UNDER, operations={})


def test_under_another_policy_the_same_release_owes_nothing(company: Told) -> None:
    number = company.world.request(company.ci)
    for approver in (company.bo, company.chi):
        company.world.approve(number, approver)
    plain = load_document(TEXT)
    event = granted(company.world.registry.release(number))
    other = compile_document(plain, document_digest(plain))
    said = decide_with(other, company.world.registry, event, SERVICE, company.world.instant)
    assert said.owed == ()

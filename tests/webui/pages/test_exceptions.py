"""Exceptions, reviews and stand-ins on the pages, over the API, and in what verification says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ledger.audit import audit
from ledger.batch import Batch
from ledger.events.actor import Actor
from ledger.events.assurance import PolicyActivated
from ledger.events.change import ChangeApproved, ChangeProposed
from policies import document_digest, load_document
from tests.webui.house import build
from tests.webui.pages.pages_read import PageRead
from tests.webui.pages.test_changes import say
from tests.webui.pages.test_company import shown
from tests.webui.seed import ARTIFACT, PASSWORD, Founded, Seeded, live, seed
from tests.world import SHIPPED
from webui.identity.accounts import create_account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHURN = {"model": "churn", "version": "1.0.0", "environment": "production", "artifact": ARTIFACT}


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    made = build(tmp_path_factory.mktemp("founded") / "home")
    seeded = seed(made)
    for name in ("pia", "olaf"):
        one = made.enrol(name.title(), f"{name}@example.org", "operations")
        create_account(made.wiring, one, PASSWORD)
    live(seeded)
    return Founded.of(seeded)


@pytest.fixture
def company(founded: Founded, tmp_path: Path) -> Iterator[Seeded]:
    """Pia and Olaf run deployments; Chi is from compliance, Bo and Dee are ML leads."""
    with founded.opened(tmp_path / "home") as seeded:
        yield seeded


def opened(company: Seeded, **more: str) -> int:
    """Pia proposes, Olaf agrees, Pia opens; the number of the exception."""
    pia = company.browser("pia")
    fields = {
        "model": "churn", "environment": "production", "hours": "2", "uses": "1",
        "review_days": "2", "reason": "All customers get errors", **more,
    }  # fmt: skip
    answer = company.post(pia, "/exceptions", "/exceptions", **fields)
    path = answer.headers["Location"]
    assert path.startswith("/changes/"), answer.text
    assert say(company, "olaf", path, "approve") == 302
    assert say(company, "pia", path, "carry-out") == 302
    return company.house.wiring.reader.exceptions()[0].since


def caller(company: Seeded, name: str) -> Any:
    actor = next(
        item.id
        for item in company.house.wiring.reader.actors(limit=100)
        if company.house.wiring.reader.person(item.id).name == name
    )
    return company.house.api(company.house.token(actor, days=90))


def problems(company: Seeded) -> list[str]:
    wiring = company.house.wiring
    return [item.code for item in audit(wiring.log, redecide=wiring.redecide()).problems]


def test_an_exception_lets_one_deployment_through_and_is_reviewed(company: Seeded) -> None:
    pia = caller(company, "Pia")
    assert pia.submit("deployment.recorded", CHURN).status_code == 403
    exception = opened(company)
    done = pia.submit("deployment.recorded", CHURN)
    assert done.status_code == 201, done.text
    kinds = [item["kind"] for item in done.json["consequences"]]
    assert kinds == ["exception.used"]
    state = company.house.wiring.reader.exception(exception)
    assert state.used == (done.json["sequence"],)
    assert pia.submit("deployment.recorded", CHURN).status_code == 403  # its one use is spent
    page = shown(company.browser("chi").get("/exceptions").text)
    assert "1 of 1" in page
    assert "opened by Pia, agreed to by Olaf" in page
    entry = shown(company.browser("chi").get(f"/ledger/{done.json['sequence']}").text)
    assert f"let through by exception {exception}" in entry.lower()
    closing = {"account": "Deployed 1.0.0 again"}
    there = company.post(
        company.browser("pia"), f"/exceptions/{exception}/close", "/exceptions", **closing
    )
    assert there.status_code == 302
    (owed,) = [
        item
        for item in company.house.wiring.reader.reviews(status="required")
        if item.reviewed == "exception.opened"
    ]
    form = {"finding": "accepted", "comment": "It was needed"}
    path = f"/reviews/{owed.since}"
    refused = company.post(company.browser("pia"), path, "/exceptions", **form)
    assert refused.status_code == 403
    accepted = company.post(company.browser("chi"), path, "/exceptions", **form)
    assert accepted.status_code == 302
    again = company.post(company.browser("chi"), path, "/exceptions", **form)
    assert again.status_code == 409
    assert problems(company) == []


def test_an_exception_ends_by_itself_and_an_overdue_review_stops_the_next(company: Seeded) -> None:
    opened(company)
    pia = caller(company, "Pia")
    company.house.clock.move(hours=2)
    assert pia.submit("deployment.recorded", CHURN).status_code == 403
    company.house.clock.move(days=3)
    page = shown(company.browser("chi").get("/exceptions").text)
    assert "✗ overdue" in page
    assert "over, not closed" in page
    until = company.house.clock.at + timedelta(hours=1)
    asked = {
        "model": "churn", "environment": "production", "uses": 1, "reason": "Again",
        "until": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "review_by": (until + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }  # fmt: skip
    answer = pia.submit("exception.opened", asked)
    assert answer.status_code == 403
    assert "No review after the fact is overdue" in answer.text
    assert problems(company) == []


@pytest.mark.parametrize(
    "other", [{"model": "triage"}, {"environment": "staging"}], ids=["model", "environment"]
)
def test_an_exception_is_for_one_model_in_one_environment(
    company: Seeded, other: dict[str, str]
) -> None:
    opened(company, **other)
    assert caller(company, "Pia").submit("deployment.recorded", CHURN).status_code == 403


def test_two_exceptions_at_once_would_have_twice_the_uses(company: Seeded) -> None:
    opened(company)
    pia = company.browser("pia")
    fields = {"hours": "1", "uses": "1", "review_days": "2", "reason": "More", "model": "churn"}
    answer = company.post(pia, "/exceptions", "/exceptions", environment="production", **fields)
    path = answer.headers["Location"]
    assert say(company, "olaf", path, "approve") == 302
    assert say(company, "pia", path, "carry-out") == 409


def test_a_roll_back_owes_a_look_back(company: Seeded) -> None:
    reader = company.house.wiring.reader
    running = next(run for run in reader.running() if run.environment == "production")
    ran = [run for run in reader.deployments(model=running.model, limit=50) if run.rollback]
    assert [item.reviewed for item in reader.reviews()].count("deployment.rolled_back") == len(ran)


def test_a_use_that_is_left_out_is_named(company: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that forgets to count: every signature holds, and verification says what is not there."""
    opened(company)
    monkeypatch.setattr(Batch, "_following", lambda *_: ())
    assert caller(company, "Pia").submit("deployment.recorded", CHURN).status_code == 201
    monkeypatch.undo()
    caller(company, "Pia").submit("deployment.recorded", CHURN)
    assert "follower-missing" in problems(company)


def test_a_use_that_nothing_made_is_named(company: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    from ledger.events.exception import ExceptionUsed
    from ledger.state import following

    exception = opened(company)

    def invented(_event: Any, _decision: Any, sequence: int, actor: str, *_: Any) -> Any:
        return (ExceptionUsed(exception=exception, entry=sequence, by=actor),)

    monkeypatch.setattr("ledger.batch.following", invented)
    monkeypatch.setattr("ledger.batch.ExceptionOpened", object)
    assert following.following is not invented
    refused = caller(company, "Bo").submit("release.withdrawn", {"release": company.release})
    assert refused.status_code == 201, refused.text
    assert "follower-unfounded" in problems(company)


def test_the_forms_say_what_would_be_right(company: Seeded) -> None:
    fields = {"model": "churn", "environment": "production", "uses": "1", "review_days": "2"}
    for hours in ("0", "169", "two", "1.5", ""):
        answer = company.post(
            company.browser("pia"), "/exceptions", "/exceptions", hours=hours, reason="x", **fields
        )
        assert answer.status_code == 422, hours
        assert "whole number from 1 to 168" in answer.text


def test_the_pages_are_well_made(company: Seeded) -> None:
    opened(company)
    chi = company.browser("chi")
    for path in ("/exceptions", f"/releases/{company.release}", "/account"):
        assert PageRead(chi.get(path).text).faults() == [], path
    assert "An exception is in force here" in chi.get(f"/releases/{company.release}").text


# Stand-ins.


def test_somebody_stands_in_approves_and_is_shown_for_whom(company: Seeded) -> None:
    chi = company.browser("chi")
    day = (company.house.clock.at + timedelta(days=9)).date().isoformat()
    form = {"actor": company.ana, "role": "compliance", "until": day, "reason": "On leave"}
    answer = company.post(chi, "/account/stand-ins", "/account", **form)
    assert answer.status_code == 302, answer.text
    assert "Ana Kovač Chi compliance" in shown(chi.get("/account").text)
    release = caller(company, "Dee Okafor").submit(
        "release.requested", {"model": "churn", "version": "1.0.0", "environment": "staging"}
    ).json["sequence"]  # fmt: skip
    ana = company.browser("ana")
    page = shown(ana.get(f"/releases/{release}").text)
    assert "The policy would refuse your vote" in page  # Ana registered this version
    ended = company.post(chi, f"/account/stand-ins/{_given(company)}/end", "/account")
    assert ended.status_code == 302
    assert "Nobody stands in for you" in shown(chi.get("/account").text)


def test_a_stand_in_counts_for_the_one_who_is_away(company: Seeded) -> None:
    day = (company.house.clock.at + timedelta(days=9)).date().isoformat()
    pia = next(
        item.id
        for item in company.house.wiring.reader.actors(limit=100)
        if company.house.wiring.reader.person(item.id).name == "Pia"
    )
    form = {"actor": pia, "role": "compliance", "until": day}
    assert company.post(company.browser("chi"), "/account/stand-ins", "/account", **form)
    path = f"/releases/{company.release}"
    client = company.browser("pia")
    assert "Release" in shown(client.get("/").text)
    assert company.post(client, f"{path}/approve", path, artifact=ARTIFACT).status_code == 302
    page = shown(client.get(path).text)
    assert "Pia" in page
    assert problems(company) == []


def test_what_makes_no_day_is_refused(company: Seeded) -> None:
    form = {"actor": company.ana, "role": "compliance", "until": "tomorrow"}
    answer = company.post(company.browser("chi"), "/account/stand-ins", "/account", **form)
    assert answer.status_code == 422
    assert "This is a day, such as 2026-08-31." in answer.text


def _given(company: Seeded) -> int:
    given, _ = company.house.wiring.reader.stand_ins(company.chi)
    return given[0].since


# Reviews that come again.

SEATS = (
    "          seats: [{role: compliance, at_least: 1}]\n          any_of: [ml_lead, compliance]\n"
)
OWED = f"{SEATS}    afterwards:\n      - {{id: still-right, due: P90D, while_running: true}}\n"


def under(company: Seeded, *changes: tuple[str, str]) -> None:
    """Put a policy in force that differs from the shipped one."""
    text = SHIPPED.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    document = load_document(text)
    root = Actor(id=company.house.administrator, type="person", via="password")
    event = PolicyActivated(
        policy=document.id,
        digest=document_digest(document),
        document=document.canonical(),
        previous=company.house.wiring.reader.policy()[0].digest,
    )
    chi = Actor(id=company.chi, type="person", via="password")
    submit = company.house.wiring.submitter.submit
    proposed = ChangeProposed(proposed=event.kind, event=event.facts())
    number = submit(root, proposed).sequence
    submit(chi, ChangeApproved(change=number, command=proposed.command))
    receipt = submit(root, event)
    assert receipt.outcome == "allow", receipt.decision


def test_a_review_comes_again_for_as_long_as_it_runs(company: Seeded) -> None:
    under(company, (SEATS, OWED))
    vote = {"release": company.release, "artifact": ARTIFACT}
    assert caller(company, "Dee Okafor").submit("release.approved", vote).status_code == 201
    granted = caller(company, "Chi").submit("release.approved", vote)
    assert [one["kind"] for one in granted.json["consequences"]] == [
        "release.granted",
        "review.required",
    ]
    number = granted.json["consequences"][1]["sequence"]
    reader = company.house.wiring.reader
    assert number not in [one.since for one in reader.reviews(status="required")]
    assert caller(company, "Pia").submit("deployment.recorded", CHURN).status_code == 201
    assert number in [one.since for one in reader.reviews(status="required")]
    company.house.clock.move(days=91)
    page = shown(company.browser("chi").get("/exceptions").text)
    assert "again every 90 days while it runs" in page
    assert "✗ overdue" in page
    assert "overdue" in shown(company.browser("chi").get("/?show=overdue").text)
    form = {"finding": "accepted", "comment": "As good as it was"}
    path = f"/reviews/{number}"
    assert company.post(company.browser("chi"), path, "/exceptions", **form).status_code == 302
    (again,) = [one for one in reader.reviews(status="required") if one.again_hours]
    assert again.since > number
    assert again.due > reader.reviews(status="completed")[0].due
    assert problems(company) == []


def test_a_review_that_does_not_come_again_is_named(
    company: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that forgets the next review: verification says that it is not there."""
    under(company, (SEATS, OWED))
    vote = {"release": company.release, "artifact": ARTIFACT}
    for name in ("Dee Okafor", "Chi"):
        caller(company, name).submit("release.approved", vote)
    caller(company, "Pia").submit("deployment.recorded", CHURN)
    reader = company.house.wiring.reader
    (owed,) = [one for one in reader.reviews(status="required") if one.again_hours]
    monkeypatch.setattr(Batch, "_following", lambda *_: ())
    form = {"review": owed.since, "finding": "accepted", "comment": "Well"}
    assert caller(company, "Chi").submit("review.completed", form).status_code == 201
    monkeypatch.undo()
    caller(company, "Pia").submit("deployment.recorded", CHURN)
    assert "follower-missing" in problems(company)

"""A release is talked about: people are asked by name, reminded, and comment; none of it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.audit import audit
from ledger.events.names import format_instant
from tests.webui.house import build
from tests.webui.pages.test_company import shown
from tests.webui.seed import ARTIFACT, HOSTILE, Seeded, seed
from webui.identity.accounts import create_account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

PASSWORD = "a sentence that nobody guesses"


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Seeded]:
    """A release that Bo asked for; Chi and Dan are from compliance, Dee leads as Bo does."""
    made = build(tmp_path / "home")
    seeded = seed(made)
    for name, role in (("dan", "compliance"), ("dee", "ml_lead"), ("nell", "")):
        found = made.enrol(name.title(), f"{name}@example.org", *filter(None, [role]))
        create_account(made.wiring, found, PASSWORD)
    yield seeded
    made.wiring.close()


def send(company: Seeded, browser: FlaskClient, word: str, **fields: str) -> int:
    page = f"/releases/{company.release}"
    return company.post(browser, f"{page}/{word}", page, **fields).status_code


def inbox(company: Seeded, who: str, query: str = "") -> str:
    return shown(company.browser(who).get(f"/{query}").text)


def test_whoever_is_asked_by_name_has_the_turn_and_the_rest_of_the_team_sees_it(
    company: Seeded,
) -> None:
    assert "Waiting for me 1" in inbox(company, "chi")
    assert "Waiting for me 1" in inbox(company, "dan")
    bo = company.browser("bo")
    assert send(company, bo, "assign", reviewer=company.chi, days="2", note="Please") == 302
    page = inbox(company, "chi")
    assert "Waiting for me 1" in page
    assert "Chi was asked by Bo" in page
    page = inbox(company, "dan")
    assert "Waiting for me 0" in page
    assert "Waiting for my team 1" in page
    assert "Chi was asked by Bo" in inbox(company, "dan", "?show=team")
    assert "Waiting for others 1" in inbox(company, "ana")
    assert "Overdue 0" in page
    company.house.clock.move(days=3)
    page = inbox(company, "chi", "?show=overdue")
    assert "▲ overdue" in page
    assert "Overdue 1" in page
    bo = company.browser("bo")
    assert send(company, bo, "remind") == 302
    page = shown(bo.get(f"/releases/{company.release}").text)
    assert "for the 2nd time" in page
    assert "asked Chi to look at release" in page


def test_who_stands_in_for_somebody_absent_has_the_turn(company: Seeded) -> None:
    wiring = company.house.wiring
    nell = next(one.id for one in wiring.reader.actors() if not one.roles and one.type == "person")
    chi = company.house.api(company.house.token(company.chi))
    lent = {"actor_id": nell, "role": "compliance", "until": "2026-03-20T09:00:00Z"}
    answer = chi.submit("role.delegated", lent)
    assert answer.status_code == 201, answer.text
    assert send(company, company.browser("bo"), "assign", reviewer=company.chi) == 302
    page = inbox(company, "nell")
    assert "Waiting for me 1" in page
    assert "Chi (Nell stands in) was asked by Bo" in page
    told = chi.get(f"/releases/{company.release}").json
    assert told["assignment"]["reviewers"] == [company.chi]
    assert told["standing_in"] == {company.chi: [nell]}


def test_comments_stand_apart_from_votes_escaped_and_count_for_nothing(company: Seeded) -> None:
    page = f"/releases/{company.release}"
    ana = company.browser("ana")
    before = shown(ana.get(page).text)
    assert "Nobody has commented yet." in before
    assert send(company, ana, "comment", comment=f"Approved by me {HOSTILE}") == 302
    text = ana.get(page).text
    assert "&lt;script&gt;" in text
    assert HOSTILE not in text
    assert "Nobody has voted yet." in shown(text)
    api = company.house.api(company.house.token(company.ana))
    (told,) = api.get(f"/releases/{company.release}/comments").json["items"]
    assert told["comment"] == f"Approved by me {HOSTILE}"
    assert told["actor"] == company.ana
    event = company.house.wiring.log.entry(told["sequence"]).event
    assert getattr(event, "comment", "") == "(in the vault)"
    assert audit(company.house.wiring.log).problems == []


def test_what_the_policy_does_not_let_one_say_is_refused(company: Seeded) -> None:
    nell = company.browser("nell")
    assert send(company, nell, "comment", comment="Let me in") == 403
    assert send(company, company.browser("ana"), "assign", reviewer=company.chi) == 403
    bo = company.browser("bo")
    assert send(company, bo, "assign") == 422
    assert send(company, bo, "assign", reviewer=company.chi, days="lots") == 422
    assert send(company, bo, "remind") == 422
    assert send(company, bo, "comment", comment=" ") == 422


def test_what_runs_on_after_an_approval_is_taken_back_is_shown_wherever_it_runs(
    company: Seeded,
) -> None:
    house = company.house
    bo = house.api(house.token(company.bo))
    ops = house.api(house.token(house.enrol("Otto", "otto@example.org", "operations")))
    dee = next(
        one.id
        for one in house.wiring.reader.actors()
        if one.holds("ml_lead", format_instant(house.wiring.now())) and one.id != company.bo
    )
    of = {"model": "churn", "version": "1.0.0", "environment": "staging"}
    number = bo.submit("release.requested", of).json["sequence"]
    vote = {"release": number, "artifact": ARTIFACT}
    dee_api = house.api(house.token(dee))
    assert dee_api.submit("release.approved", vote).status_code == 201
    assert ops.submit("deployment.recorded", {**of, "artifact": ARTIFACT}).status_code == 201
    page = f"/releases/{number}"
    chi = company.browser("chi")
    assert "It still runs." not in shown(chi.get(page).text)
    assert "no longer approved" not in shown(chi.get("/deployments").text)
    back = {"release": number, "reason": "I read the wrong report"}
    answer = dee_api.submit("approval.revoked", back)
    assert [one["kind"] for one in answer.json["consequences"]] == ["release.lapsed"]
    assert "It still runs. This release is lapsed" in shown(chi.get(page).text)
    assert "▲ lapsed no longer approved" in shown(chi.get("/deployments").text)
    assert "no longer approved" in shown(chi.get("/").text)

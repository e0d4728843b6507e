"""The privacy desk, its twins in API and command, and what is left of somebody afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from ledger.audit import audit
from ledger.store.database import reading
from tests.webui.house import build
from tests.webui.pages.test_company import shown
from tests.webui.seed import PASSWORD, Founded, Seeded, seed
from webui.identity.accounts import create_account, find_account
from webui.identity.erased import tables_about_people
from webui.identity.tables import metadata
from webui.privacy import due_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANA = "Ana Kova\u010d"
DESK = "/privacy"
NOT_ABOUT_ONE_PERSON = {
    "identity_throttle": "it holds keyed digests of addresses that failed, for minutes",
    "identity_shown_id_token": "it holds digests of tokens of workloads, until they expire",
    "identity_exchange": "it is of workloads, whose tokens go with their rows",
    "identity_feed_group": "it holds which role a group of the directory stands for",
    "identity_request": "it holds digests of sign-ins under way, for minutes",
}


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    made = build(tmp_path_factory.mktemp("founded") / "home")
    seeded = seed(made)
    dora = made.enrol("Dora", "dora@example.org", "data_protection_officer")
    create_account(made.wiring, dora, PASSWORD)
    return Founded.of(seeded)


@pytest.fixture
def company(founded: Founded, tmp_path: Path) -> Iterator[Seeded]:
    """Ana builds models, Chi is from compliance, Dora is the data protection officer."""
    with founded.opened(tmp_path / "home") as seeded:
        yield seeded


def take_roles(company: Seeded) -> None:
    root = company.house.api(company.house.token(company.house.administrator))
    fields = {"actor_id": company.ana, "role": "data_scientist"}
    assert root.submit("role.revoked", fields).status_code == 201


def asked(company: Seeded) -> int:
    chi = company.browser("chi")
    fields = {"actor_id": company.ana, "received": "2026-03-01", "reason": f"I, {ANA}, left"}
    today = company.house.wiring.now().date().isoformat()
    fields["received"] = today
    answer = company.post(chi, "/privacy/requests", DESK, **fields)
    assert answer.status_code == 302, answer.text
    return company.house.wiring.reader.erasures()[0].since


def approved(company: Seeded) -> int:
    number = asked(company)
    dora = company.browser("dora")
    fields = {"answer": "approve", "assessment": "No duty is left"}
    path = f"/privacy/requests/{number}/answer"
    assert company.post(dora, path, DESK, **fields).status_code == 302
    return number


def test_a_request_is_answered_and_carried_out_and_nobody_is_left(company: Seeded) -> None:
    wiring = company.house.wiring
    company.house.token(company.ana)
    number = approved(company)
    dora = company.browser("dora")
    path = f"/privacy/requests/{number}/erase"
    held = company.post(dora, path, DESK, sure=str(number))
    assert "still holds roles" in shown(held.text)
    take_roles(company)
    unsure = company.post(dora, path, DESK, sure="yes")
    assert "was not typed" in shown(unsure.text)
    assert wiring.reader.person(company.ana).name == ANA
    assert company.post(dora, path, DESK, sure=str(number)).status_code == 302
    erased = wiring.reader.erasure(number).carried_out
    page = shown(dora.get(DESK).text)
    assert ANA not in page
    assert f"entry {erased}" in page
    for where in (f"/people/{company.ana}", "/people", f"/ledger/{number}", "/ledger", "/models"):
        text = shown(dora.get(where).text)
        assert ANA not in text, where
        assert "ana@example.org" not in text, where
    assert f", entry {erased}" in shown(dora.get(f"/ledger/{number}").text)
    assert find_account(wiring, company.ana) is None
    with reading(wiring.engine) as connection:
        for table in tables_about_people():
            mine = select(table).where(table.c.actor_id == company.ana)
            assert connection.execute(mine).first() is None, table.name
    found = audit(wiring.log, redecide=wiring.redecide())
    assert found.sound, found.problems


def test_every_table_of_accounts_is_about_one_person_or_says_why_not() -> None:
    covered = {table.name for table in tables_about_people()}
    assert {name for name in metadata.tables if name not in covered} <= set(NOT_ABOUT_ONE_PERSON)


def test_a_rule_of_the_policy_keeps_it_and_says_which_and_until_when(company: Seeded) -> None:
    house = company.house
    policy = house.wiring.policy().canonical()
    rule = {
        "id": "six", "events": ["model.registered"], "keep": "P6Y", "since": "recorded",
        "basis": "45 CFR 164.316",
    }  # fmt: skip
    from policies import Document, document_digest

    document = Document.from_canonical({**policy, "retention": [rule]})
    root = house.api(house.token(house.administrator))
    fields = {
        "policy": document.id,
        "digest": document_digest(document),
        "previous": house.wiring.reader.policy()[0].digest,
        "document": document.canonical(),
    }
    assert root.submit("policy.activated", fields).status_code == 201
    number = approved(company)
    take_roles(company)
    dora = company.browser("dora")
    answer = company.post(dora, f"/privacy/requests/{number}/erase", DESK, sure=str(number))
    assert answer.status_code == 409
    assert "The rule six keeps entry" in shown(answer.text)
    year = house.wiring.now().year + 6
    assert f"until {year}-" in shown(answer.text)
    dora_api = house.api(house.token(house.wiring.reader.holders("data_protection_officer")[0]))
    refused = dora_api.post(f"/erasures/{number}/carry-out")
    assert (refused.status_code, refused.json["code"]) == (409, "kept-by-schedule")
    assert house.wiring.reader.person(company.ana).name == ANA
    assert "45 CFR 164.316" in shown(dora.get(DESK).text)


def test_only_who_may_sees_the_desk_and_the_data_of_others(company: Seeded) -> None:
    number = asked(company)
    ana, bo, chi = (company.browser(name) for name in ("ana", "bo", "chi"))
    assert [one.get(DESK).status_code for one in (ana, bo, chi)] == [403, 403, 200]
    path = f"/privacy/people/{company.ana}"
    for name in (f"{path}.json", f"{path}.pdf"):
        assert [one.get(name).status_code for one in (ana, bo, chi)] == [200, 403, 200]
    bo_api = company.house.api(company.house.token(company.bo))
    assert bo_api.get("/erasures").status_code == 403
    assert bo_api.get("/holds").status_code == 403
    assert bo_api.get(f"/people/{company.ana}/data").status_code == 403
    assert bo_api.post(f"/erasures/{number}/carry-out").status_code in {403, 409}
    ana_api = company.house.api(company.house.token(company.ana))
    assert ana_api.get(f"/people/{company.ana}/data").status_code == 200
    assert ana_api.get(f"/people/{company.ana}/data/pdf").data.startswith(b"%PDF")


def test_a_copy_holds_what_is_hers_and_nothing_of_others(company: Seeded) -> None:
    bo = company.house.api(company.house.token(company.bo))
    said = {"model": "churn", "version": "1.0.0", "environment": "staging", "note": "Words of Bo"}
    assert bo.submit("release.requested", said).status_code == 201
    ana = company.house.api(company.house.token(company.ana))
    made = ana.get(f"/people/{company.ana}/data")
    subject = made.json["subject"]
    assert (subject["name"], subject["email"]) == (ANA, "ana@example.org")
    kinds = {item["kind"]: item["part"] for item in made.json["entries"]}
    assert kinds["model.registered"] == ["made it", "named in it"]
    assert kinds["role.granted"] == ["named in it"]
    assert "Words of Bo" not in made.text
    assert "bo@example.org" not in made.text


def test_what_is_put_right_is_shown_and_signs_in(company: Seeded) -> None:
    ana = company.browser("ana")
    page = f"/people/{company.ana}"
    fields = {"name": "Ana Horvat", "email": "ana.horvat@example.org"}
    answer = company.post(ana, f"/privacy/people/{company.ana}/rectify", page, **fields)
    assert answer.status_code == 302
    assert "Ana Horvat" in shown(ana.get(page).text)
    company.browser("ana.horvat")
    taken = {"name": "Ana Horvat", "email": "bo@example.org"}
    answer = company.post(ana, f"/privacy/people/{company.ana}/rectify", page, **taken)
    assert answer.status_code == 409
    assert company.house.wiring.reader.person(company.ana).email == "ana.horvat@example.org"
    bo = company.browser("bo")
    answer = company.post(bo, f"/privacy/people/{company.ana}/rectify", "/account", **fields)
    assert answer.status_code == 403


def test_a_hold_is_placed_and_released_on_the_desk(company: Seeded) -> None:
    chi, dora = company.browser("chi"), company.browser("dora")
    fields = {"scope": "subject", "on": company.ana, "reason": "A claim"}
    assert company.post(chi, "/privacy/holds", DESK, **fields).status_code == 302
    hold = company.house.wiring.reader.holds()[0]
    number = asked(company)
    fields = {"answer": "approve", "assessment": "Nothing"}
    path = f"/privacy/requests/{number}/answer"
    answer = company.post(dora, path, DESK, **fields)
    assert (answer.status_code, f"Hold {hold.since}" in shown(answer.text)) == (409, True)
    own = company.post(chi, f"/privacy/holds/{hold.since}/release", DESK, reason="Settled")
    assert own.status_code == 403
    done = company.post(dora, f"/privacy/holds/{hold.since}/release", DESK, reason="Settled")
    assert done.status_code == 302
    assert company.post(dora, path, DESK, **fields).status_code == 302


@pytest.mark.parametrize(
    ("received", "due"),
    [("2026-01-31", "2026-02-28"), ("2028-01-31", "2028-02-29"), ("2026-12-05", "2027-01-05"),
     ("2026-11-30", "2026-12-30"), ("2026-02-28", "2026-03-28")],
)  # fmt: skip
def test_an_answer_is_due_a_month_later(received: str, due: str) -> None:
    assert due_on(received) == due

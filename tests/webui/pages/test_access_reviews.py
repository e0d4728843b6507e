"""An access review on the pages: opened, decided by somebody else, removed, completed."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ledger.events.actor import Actor
from ledger.events.people import RoleGranted, RoleRevoked
from tests.webui.seed import PASSWORD, Seeded, seed
from webui.identity.accounts import create_account
from webui.why_not import Wanted, why_not

if TYPE_CHECKING:
    from tests.webui.house import House


@pytest.fixture(scope="module")
def seeded(shared_house: House) -> Seeded:
    found = seed(shared_house)
    root = shared_house.enrol("Rae", "rae@example.org", "administrator")
    create_account(shared_house.wiring, root, PASSWORD)
    return found


def test_a_review_is_opened_decided_carried_out_and_completed(seeded: Seeded) -> None:
    house = seeded.house
    chi, rae = seeded.browser("chi"), seeded.browser("rae")
    form = {"due": "2026-06-30", "roles": "data_scientist", "reason": "The quarter"}
    assert seeded.post(chi, "/access-reviews", "/access-reviews", **form).status_code == 302
    review = house.wiring.reader.access_reviews()[0]
    (row,) = review.rows
    assert (row.actor_id, row.role) == (seeded.ana, "data_scientist")
    page = f"/access-reviews/{review.since}"
    assert "undecided" in chi.get(page).text
    early = seeded.post(chi, f"{page}/complete", page)
    assert early.status_code == 409
    assert seeded.post(rae, f"{page}/rows", page, **{"decision-0": "keep", "reason-0": "x"}
                       ).status_code == 403  # fmt: skip
    decided = {"decision-0": "remove", "reason-0": "Moved to another team"}
    assert seeded.post(chi, f"{page}/rows", page, **decided).status_code == 302
    gone = {"actor_id": seeded.ana, "role": "data_scientist"}
    assert seeded.post(chi, f"{page}/remove", page, **gone).status_code == 403
    assert seeded.post(chi, f"{page}/complete", page).status_code == 409
    assert seeded.post(rae, f"{page}/remove", page, **gone).status_code == 302
    assert house.wiring.reader.actor(seeded.ana).roles == ()
    assert seeded.post(chi, f"{page}/complete", page).status_code == 302
    done = house.wiring.reader.access_review(review.since)
    assert done.completed is not None
    assert seeded.post(chi, f"{page}/rows", page, **decided).status_code in {302, 409}


def test_nobody_decides_of_the_own_role(seeded: Seeded) -> None:
    chi = seeded.browser("chi")
    form = {"due": "2026-06-30", "roles": "compliance"}
    assert seeded.post(chi, "/access-reviews", "/access-reviews", **form).status_code == 302
    review = seeded.house.wiring.reader.access_reviews()[0]
    page = f"/access-reviews/{review.since}"
    decided = {"decision-0": "keep", "reason-0": "It is me"}
    assert seeded.post(chi, f"{page}/rows", page, **decided).status_code == 403


def test_a_review_that_is_not_there_is_not_there(seeded: Seeded) -> None:
    assert seeded.browser("chi").get("/access-reviews/99999").status_code == 404
    assert seeded.browser("bo").get("/access-reviews").status_code == 403


def test_the_policy_page_names_holders_with_scope_and_end(seeded: Seeded) -> None:
    house = seeded.house
    eve = house.enrol("Eve")
    root = Actor(id=house.administrator, type="person", via="password")
    limits = {"models": ("churn",), "until": "2026-12-31T00:00:00Z"}
    granted = RoleGranted(actor_id=eve, role="operator", **limits)
    assert house.wiring.submitter.submit(root, granted).outcome == "allow"
    page = seeded.browser("bo").get("/policy").text
    assert "Eve</a> for churn until 2026-12-31" in page
    house.clock.at += timedelta(days=400)
    try:
        assert "Eve</a>" not in seeded.browser("bo").get("/policy").text
    finally:
        house.clock.at -= timedelta(days=400)


def test_who_could_meet_a_rule_is_named_only_where_the_role_reaches(seeded: Seeded) -> None:
    house = seeded.house
    root = Actor(id=house.administrator, type="person", via="password")
    for name, model in (("Dee Here", "churn"), ("Dee There", "demand")):
        limits = {"actor_id": house.enrol(name), "role": "pipeline", "models": (model,)}
        assert house.wiring.submitter.submit(root, RoleGranted(**limits)).outcome == "allow"
    found = why_not(house.wiring, root, Wanted("churn", "1.0.0", "production"))
    named = {one for unmet in found.unmet for voices in unmet.who for one in voices.people}
    assert "Dee Here" in named
    assert "Dee There" not in named


def test_the_matrix_shows_and_exports_roles_with_scope_and_end(seeded: Seeded) -> None:
    house = seeded.house
    evil = house.enrol("=HYPERLINK(1)")
    root = Actor(id=house.administrator, type="person", via="password")
    limits = {"tags": ("credit",), "until": "2026-12-31T00:00:00Z"}
    granted = RoleGranted(actor_id=evil, role="operator", **limits)
    assert house.wiring.submitter.submit(root, granted).outcome == "allow"
    bo = seeded.browser("bo")
    page = bo.get("/people/roles").text
    assert "for tag credit until 2026-12-31" in page
    rows = list(csv.DictReader(io.StringIO(bo.get("/people/roles.csv").text)))
    (row,) = [one for one in rows if one["actor_id"] == evil]
    assert row["name"] == "'=HYPERLINK(1)"
    assert (row["role"], row["tags"], row["state"]) == ("operator", "credit", "held")
    assert row["until"].startswith("2026-12-31")


def test_a_history_tells_everything_about_one_person_and_nobody_else(seeded: Seeded) -> None:
    house = seeded.house
    ada = house.enrol("Ada Once", "", "operator")
    root = Actor(id=house.administrator, type="person", via="password")
    gone = RoleRevoked(actor_id=ada, role="operator")
    assert house.wiring.submitter.submit(root, gone).outcome == "allow"
    page = seeded.browser("bo").get(f"/people/{ada}/history").text
    for told in ("enrolled Ada Once", "gave Ada Once the role", "took the role operator"):
        assert told in page
    assert "Rae" not in page.partition("<main")[2].partition('class="line"')[2]
    assert seeded.browser("bo").get(f"/people/{'0' * 32}/history").status_code == 404

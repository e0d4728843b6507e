"""An auditor's room: its time box, attempts to leave its scope, questions, samples, the log."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from tests.webui.seed import PASSWORD, Seeded, live, seed
from webui.identity.accounts import create_account
from webui.issuing import Wanted, issue_report

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.webui.house import House

NONCE = "5a" * 32
COMMITMENT = hashlib.sha256(bytes.fromhex(NONCE)).hexdigest()
PERIOD = {"from": "2026-03-01", "until": "2026-03-31"}


@pytest.fixture
def seeded(house: House) -> Seeded:
    found = seed(house)
    live(found)
    return found


@dataclass
class Opened:
    """A room, its auditor, and a report within and one beyond its scope."""

    seeded: Seeded
    auditor: str
    room: int
    within: int
    beyond: int

    def browser(self) -> FlaskClient:
        return self.seeded.browser("xen")

    @property
    def page(self) -> str:
        return f"/rooms/{self.room}"

    def ask(self, who: str, kind: str, **fields: Any) -> tuple[int, Any]:
        house, ids = self.seeded.house, {"xen": self.auditor, "chi": self.seeded.chi}
        answer = house.api(house.token(ids.get(who, self.seeded.ana))).submit(kind, fields)
        return answer.status_code, answer.json

    def asked(self, question: str = "Who approved it?") -> int:
        browser = self.browser()
        fields = {"question": question, "due": "2026-12-01"}
        assert self.seeded.post(browser, f"{self.page}/questions", self.page, **fields).status_code
        return self.seeded.house.wiring.log.head().size - 1


@pytest.fixture
def opened(seeded: Seeded) -> Opened:
    house = seeded.house
    auditor = house.enrol("Xen Audit", "xen@example.org")
    create_account(house.wiring, auditor, PASSWORD)
    wiring = house.wiring
    within = issue_report(wiring, wiring.service, Wanted("integrity", *PERIOD.values()))
    beyond = issue_report(wiring, wiring.service, Wanted("retirement", *PERIOD.values()))
    ends = (house.clock.at + timedelta(days=20)).date().isoformat()
    answer = seeded.post(
        seeded.browser("chi"),
        "/rooms",
        "/rooms",
        auditor=auditor,
        frameworks="integrity",
        ends=ends,
        reason="The audit",
        **PERIOD,
    )
    assert answer.status_code == 302, answer.text
    room = int(answer.headers["Location"].rpartition("/")[2])
    return Opened(seeded, auditor, room, within.sequence, beyond.sequence)


def test_the_auditor_reads_what_the_room_holds(opened: Opened) -> None:
    browser = opened.browser()
    page = browser.get(opened.page)
    assert page.status_code == 200
    assert f"reports/{opened.within}.pdf" in page.text
    assert f"reports/{opened.beyond}.pdf" not in page.text
    assert browser.get(f"{opened.page}/reports/{opened.within}.pdf").data.startswith(b"%PDF")
    population = browser.get(f"{opened.page}/population").text
    assert "1.0.0" in population
    lines = browser.get(f"{opened.page}/population.csv").text.splitlines()
    assert lines[0].startswith("entry,at,model")
    assert len(lines) > 1
    entry = lines[1].split(",")[0]
    assert "deployment" in browser.get(f"{opened.page}/entries/{entry}").text


@pytest.mark.parametrize(
    "path",
    [
        "/models", "/models/churn", "/ledger", "/ledger/3", "/reports", "/people", "/policy",
        "/samples", "/statements", "/frameworks", "/activity", "/log", "/controls",
    ],
)  # fmt: skip
def test_nothing_else_is_open_to_the_auditor(opened: Opened, path: str) -> None:
    assert opened.browser().get(path).status_code == 403


def test_the_auditor_does_not_leave_the_scope_by_numbers(opened: Opened) -> None:
    browser = opened.browser()
    assert browser.get(f"{opened.page}/reports/{opened.beyond}.pdf").status_code == 403
    assert browser.get(f"/reports/{opened.within}.pdf").status_code == 403
    assert browser.get(f"{opened.page}/entries/0").status_code == 403
    assert browser.get(f"{opened.page}/samples/1").status_code == 403
    assert browser.get(f"/rooms/{opened.room + 1}").status_code == 403
    api = opened.seeded.house.api(opened.seeded.house.token(opened.auditor))
    assert api.get(f"/rooms/{opened.room}").status_code == 200
    for path in ("/models", "/entries", "/reports", f"/reports/{opened.beyond}/pdf", "/samples"):
        assert api.get(path).status_code == 403


def test_a_sample_that_leads_out_of_the_room_is_refused(opened: Opened) -> None:
    fields = {
        "population": "changes",
        "period_from": "2025-01-01",
        "period_until": "2026-03-31",
        "environments": ["production"],
        "commitment": COMMITMENT,
    }
    status, problem = opened.ask("xen", "sample.opened", **fields)
    assert (status, problem["code"]) == (409, "out-of-room")


def test_a_room_ends_by_itself(opened: Opened) -> None:
    opened.seeded.house.clock.move(days=19)
    browser = opened.browser()
    assert browser.get(opened.page).status_code == 200
    opened.seeded.house.clock.move(days=2)
    again = opened.browser()
    assert again.get(opened.page).status_code == 403
    assert again.get(f"{opened.page}/reports/{opened.within}.pdf").status_code == 403
    assert again.get("/rooms").status_code == 403
    assert opened.ask("xen", "room.asked", room=opened.room, question="More?")[0] in {403, 409}
    assert "over" in opened.seeded.browser("chi").get(opened.page).text


def test_a_room_that_is_closed_is_shut_at_once(opened: Opened) -> None:
    browser = opened.browser()
    assert browser.get(opened.page).status_code == 200
    chi = opened.seeded.browser("chi")
    assert opened.seeded.post(chi, f"{opened.page}/close", opened.page).status_code == 302
    assert browser.get(opened.page).status_code == 403
    assert opened.ask("chi", "room.closed", room=opened.room)[0] == 409


def test_what_is_asked_is_answered_with_reports_and_entries(opened: Opened) -> None:
    number = opened.asked("Which model was retired? <b>")
    chi = opened.seeded.browser("chi")
    page = chi.get(opened.page).text
    assert "Which model was retired? &lt;b&gt;" in page
    fields = {"answer": "See the record.", "reports": str(opened.beyond), "entries": "0",
              "status": "answered"}  # fmt: skip
    sent = opened.seeded.post(chi, f"{opened.page}/questions/{number}", opened.page, **fields)
    assert sent.status_code == 302, sent.text
    browser = opened.browser()
    assert "See the record." in browser.get(opened.page).text
    assert browser.get(f"{opened.page}/reports/{opened.beyond}.pdf").status_code == 200
    assert browser.get(f"{opened.page}/entries/0").status_code == 200
    assert browser.get(f"{opened.page}/entries/1").status_code == 403


def test_what_was_not_answered_in_time_is_overdue(opened: Opened) -> None:
    fields = {"question": "And?", "due": opened.seeded.house.clock.at.date().isoformat()}
    opened.seeded.post(opened.browser(), f"{opened.page}/questions", opened.page, **fields)
    assert "overdue" not in opened.browser().get(opened.page).text
    opened.seeded.house.clock.move(days=1)
    assert "overdue" in opened.browser().get(opened.page).text


def test_nobody_but_its_auditor_asks_in_a_room(opened: Opened) -> None:
    status, _ = opened.ask("chi", "room.asked", room=opened.room, question="May I?")
    assert status in {403, 409}
    number = opened.asked()
    fields = {"asked": number, "status": "answered", "answer": "To myself."}
    assert opened.ask("xen", "room.answered", **fields)[0] in {403, 409}


def test_a_sample_is_drawn_in_the_room(opened: Opened) -> None:
    browser = opened.browser()
    bound = opened.seeded.post(
        browser, f"{opened.page}/samples", opened.page, commitment=COMMITMENT, size=""
    )
    assert bound.status_code == 302, bound.text
    place = bound.headers["Location"]
    drawn = opened.seeded.post(browser, f"{place}/draw", place, nonce=NONCE)
    assert drawn.status_code == 302, drawn.text
    page = browser.get(place).text
    assert "1.0.0" in page
    assert NONCE in page
    assert f"Sample {place.rpartition('/')[2]}" in browser.get(opened.page).text


def test_who_holds_a_role_gets_no_room_and_who_has_a_room_no_second(opened: Opened) -> None:
    fields = {
        "frameworks": ["soc2"],
        "period_from": "2026-03-01",
        "period_until": "2026-03-31",
        "until": "2026-06-30T00:00:00Z",
    }
    assert opened.ask("chi", "room.opened", auditor=opened.seeded.bo, **fields)[0] == 409
    assert opened.ask("chi", "room.opened", auditor=opened.auditor, **fields)[0] == 409
    late = {**fields, "until": "2028-06-30T00:00:00Z"}
    fresh = opened.seeded.house.enrol("Yve Audit", "yve@example.org")
    assert opened.ask("chi", "room.opened", auditor=fresh, **late)[0] == 409
    assert opened.ask("ana", "room.opened", auditor=fresh, **fields)[0] == 403


def test_all_that_is_read_in_a_room_is_logged(opened: Opened) -> None:
    browser = opened.browser()
    browser.get(opened.page)
    browser.get(f"{opened.page}/reports/{opened.within}.pdf")
    browser.get(f"{opened.page}/reports/{opened.beyond}.pdf")
    wiring = opened.seeded.house.wiring
    wiring.accesses.flush()
    with wiring.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT kind, route FROM access WHERE actor = :who"), {"who": opened.auditor}
        ).all()
    seen = {(row.kind, row.route) for row in rows}
    assert {
        ("view", "pages.room"),
        ("export", "pages.room_report"),
        ("denied", "pages.room_report"),
    } <= seen

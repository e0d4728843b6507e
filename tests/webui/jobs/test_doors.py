"""Long work through the API and the pages: accepted, looked at, cancelled, found again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from ledger.store.accesses import AccessFilter, find_accesses
from ledger.store.database import reading
from tests.journeys.test_browser import sign_in
from tests.webui.seed import token_of
from webui.jobs import Worker
from webui.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.webui.jobs.desk import Desk

REPORT = {"framework": "integrity", "from": "2026-01-01", "to": "2026-12-31"}
FORM = {"framework": "integrity", "from": "2026-01-01", "until": "2026-12-31"}


def test_a_long_report_is_accepted_then_done_and_the_same_key_finds_it(desk: Desk) -> None:
    api = desk.seeded.house.api(desk.seeded.house.token(desk.seeded.chi))
    key = {"Idempotency-Key": "september"}
    answer = api.post("/reports", json=REPORT, headers=key)
    assert answer.status_code == 202
    where = answer.headers["Location"]
    assert (where, answer.headers["Retry-After"]) == (f"/api/v1/jobs/{answer.json['job']}", "1")
    assert api.post("/reports", json=REPORT, headers=key).headers["Location"] == where
    looked = api.get(where.removeprefix("/api/v1"))
    assert (looked.json["state"], looked.headers["Retry-After"]) == ("waiting", "1")
    desk.work()
    done = api.get(where.removeprefix("/api/v1"))
    assert done.json["state"] == "done"
    assert "Retry-After" not in done.headers
    assert api.get(done.json["result"].removeprefix("/api/v1")).json["framework"] == "integrity"
    again = api.post("/reports", json=REPORT, headers=key)
    assert (again.status_code, len(desk.issued())) == (201, 1)
    assert done.json["result"] == f"/api/v1/reports/{again.json['sequence']}"
    other = api.post("/reports", json={**REPORT, "to": "2026-11-30"}, headers=key)
    assert (other.status_code, other.json["code"]) == (409, "idempotency-key-reused")


def test_a_short_report_is_made_at_once_unless_it_is_preferred_otherwise(desk: Desk) -> None:
    object.__setattr__(desk.wiring.settings, "job_entries", 1_000)
    api = desk.seeded.house.api(desk.seeded.house.token(desk.seeded.chi))
    assert api.post("/reports", json=REPORT).status_code == 201
    answer = api.post("/reports", json=REPORT, headers={"Prefer": "foo, respond-async; x=1"})
    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"] == "respond-async"


def test_a_job_is_cancelled_over_the_api(desk: Desk) -> None:
    api = desk.seeded.house.api(desk.seeded.house.token(desk.seeded.chi))
    number = api.post("/reports", json=REPORT).json["job"]
    assert api.delete(f"/jobs/{number}").json["state"] == "cancelled"
    assert [one["state"] for one in api.get("/jobs").json["items"]] == ["cancelled"]
    assert api.get("/jobs/99").status_code == 404


def test_a_full_queue_is_a_503_that_says_when_to_come_again(desk: Desk) -> None:
    api = desk.seeded.house.api(desk.seeded.house.token(desk.seeded.chi))
    answers = [api.post("/reports", json=REPORT) for _ in range(21)]
    assert {one.status_code for one in answers[:20]} == {202}
    assert (answers[20].status_code, answers[20].json["code"]) == (503, "jobs-full-of-yours")
    assert answers[20].headers["Retry-After"]


def test_who_may_not_issue_reports_gets_no_job(desk: Desk) -> None:
    api = desk.seeded.house.api(desk.seeded.house.token(desk.seeded.ana))
    assert api.post("/reports", json=REPORT).status_code == 403
    assert api.get("/jobs").json["items"] == []


def test_a_page_leads_to_its_job_once_and_the_job_to_its_report(desk: Desk) -> None:
    client = desk.seeded.browser("chi")
    page = client.get("/reports").text
    once = page.split('name="once" value="')[1].split('"')[0]
    sent = {**FORM, "csrf_token": token_of(page), "once": once}
    where = client.post("/reports", data=sent).headers["Location"]
    assert client.post("/reports", data=sent).headers["Location"] == where
    assert "waiting" in client.get(where).text
    assert '<noscript><meta http-equiv="refresh"' in client.get(where).text
    assert client.get(f"{where}/progress").json["running"]
    desk.work()
    text = client.get(where).text
    assert f'href="/reports/{desk.issued()[0]}.pdf"' in text
    assert "refresh" not in text
    assert not client.get(f"{where}/progress").json["running"]
    assert "done" in client.get("/jobs").text


def test_looking_and_cancelling_are_in_the_access_log(desk: Desk) -> None:
    client = desk.seeded.browser("chi")
    number = desk.ask().number
    client.get(f"/jobs/{number}")
    desk.seeded.post(client, f"/jobs/{number}/cancel", f"/jobs/{number}")
    assert desk.wiring.accesses.flush()
    with reading(desk.wiring.engine) as connection:
        rows = find_accesses(connection, desk.wiring.log.log_id, AccessFilter(), limit=500)
    seen = {(row.access.route, row.access.concerns) for row in rows}
    assert ("pages.job", f"number={number}") in seen
    assert ("pages.cancel_job", f"number={number}") in seen


def test_a_browser_sees_the_work_begin_and_end_without_a_click(
    desk: Desk, browser_page: Page
) -> None:
    server = Server(desk.seeded.house.app, threads=4)
    worker = Worker(desk.wiring, processes=1)
    server.start()
    try:
        sign_in(browser_page, server.url, "chi")
        browser_page.goto(f"{server.url}/reports")
        browser_page.get_by_label("Kind of report").select_option("integrity")
        browser_page.get_by_role("button", name="Make report").click()
        expect(browser_page.get_by_text("waiting for a worker")).to_be_visible()
        worker.start()
        expect(browser_page.get_by_role("link", name="PDF")).to_be_visible(timeout=30_000)
    finally:
        worker.stop()
        server.stop()

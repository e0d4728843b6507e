"""Frameworks on their page and over the API: checked, put in force, reported, withdrawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.webui.seed import Seeded, seed
from webui.issuing import Wanted, issue_report, issued_file
from webui.preparing import prepare

if TYPE_CHECKING:
    from tests.webui.house import House

GUIDE = (Path(__file__).parents[3] / "docs" / "frameworks.md").read_text(encoding="utf-8")
EXAMPLE = GUIDE.split("```yaml\n")[1].split("```")[0]
WANTED = Wanted("house", "2026-03-01", "2026-12-31")


@pytest.fixture
def seeded(house: House) -> Seeded:
    return seed(house)


def written(seeded: Seeded, text: str, act: str, who: str = "chi") -> tuple[int, str]:
    browser = seeded.browser(who)
    answer = seeded.post(browser, "/frameworks", "/frameworks", document=text, act=act)
    return answer.status_code, answer.get_data(as_text=True)


def test_what_is_checked_is_not_recorded(seeded: Seeded) -> None:
    before = seeded.house.wiring.log.head().size
    status, page = written(seeded, EXAMPLE, "check")
    assert status == 200
    assert "3 controls" in page
    assert seeded.house.wiring.log.head().size == before


def test_a_mistake_is_shown_with_its_line_and_nothing_is_lost(seeded: Seeded) -> None:
    status, page = written(seeded, EXAMPLE.replace("use: T4", "use: T44"), "activate")
    assert status == 422
    assert "line 15" in page
    assert "T44" in page


def test_rows_in_force_stand_in_reports_statements_and_what_will_lack(seeded: Seeded) -> None:
    assert written(seeded, EXAMPLE, "activate")[0] == 302
    wiring = seeded.house.wiring
    browser = seeded.browser("chi")
    assert "Models of Example Bank" in browser.get("/reports").get_data(as_text=True)
    assert "MRS 4.2" in browser.get("/frameworks/house").get_data(as_text=True)
    assert "MRS 2" in browser.get("/statements?framework=house").get_data(as_text=True)
    assert browser.get("/statements/house-3-appetite").status_code == 200
    lacking = {one.control for one in prepare(wiring, WANTED).missing}
    assert "house-3-appetite" in lacking
    everything = prepare(wiring, Wanted("control-matrix", "2026-03-01", "2026-12-31"))
    assert "house-3-appetite" in {one.control for one in everything.missing}
    issued = issue_report(wiring, wiring.service, WANTED)
    assert sum(issued.verdicts.values()) == 3
    assert issued_file(wiring, issued.sequence)[0].framework == "house"


def test_whoever_is_not_asked_is_refused(seeded: Seeded) -> None:
    status, page = written(seeded, EXAMPLE, "activate", "ana")
    assert status == 403
    assert "compliance" in page


def test_an_earlier_version_can_still_be_read_and_a_withdrawn_one_too(seeded: Seeded) -> None:
    written(seeded, EXAMPLE, "activate")
    first = seeded.house.wiring.log.head().size - 1
    assert written(seeded, EXAMPLE.replace("edition 4", "edition 5"), "activate")[0] == 302
    browser = seeded.browser("chi")
    assert "edition 5" in browser.get("/frameworks/house").get_data(as_text=True)
    earlier = browser.get(f"/frameworks/house?entry={first}").get_data(as_text=True)
    assert "edition 4" in earlier
    assert browser.get("/frameworks/house?entry=0").status_code == 404
    page = "/frameworks/house"
    assert seeded.post(browser, f"{page}/withdraw", page, reason="Merged").status_code == 302
    assert "withdrawn in" in browser.get(page).get_data(as_text=True)
    assert "Models of Example Bank" not in browser.get("/reports").get_data(as_text=True)


def test_the_api_does_the_same(seeded: Seeded) -> None:
    api = seeded.house.api(seeded.house.token(seeded.chi))
    asked = {"json": {"yaml": EXAMPLE}}
    checked = api.post("/frameworks:check", **asked).json
    assert checked is not None
    assert (checked["framework"], checked["controls"], checked["in_force"]) == ("house", 3, False)
    headers = {"Idempotency-Key": "one"}
    assert api.post("/frameworks", headers=headers, **asked).status_code == 201
    listed = api.get("/frameworks").json
    assert listed is not None
    assert listed["frameworks"][-1]["digest"] == checked["digest"]
    again = api.post("/frameworks", headers={"Idempotency-Key": "two"}, **asked)
    assert (again.status_code, again.json["code"] if again.json else "") == (422, "nothing-new")
    wrong = api.post("/frameworks:check", json={"yaml": EXAMPLE.replace("T4,", "T44,")})
    assert wrong.json is not None
    assert wrong.status_code == 422
    assert "framework.yaml:15:" in wrong.json["detail"]

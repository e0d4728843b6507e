"""The documentation of a version: drafted, signed, read in the card and in the dossier."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.webui.seed import Seeded, seed
from webui.life.exporting import export

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.webui.house import House

ONE = "limits"
WORDS = "Wrong for customers of less than *a month*.\nNot for minors."


@pytest.fixture
def seeded(house: House) -> Seeded:
    return seed(house)


def address(seeded: Seeded) -> str:
    version = seeded.house.wiring.reader.versions("churn", limit=1)[0]
    return f"/models/churn/{version.version}/documentation"


def draft_of(browser: FlaskClient, page: str) -> str:
    found = re.search(r'name="draft" value="([^"]*)"', browser.get(page).text)
    assert found is not None
    return found[1]


def test_a_section_is_drafted_by_two_then_signed_and_the_draft_is_gone(seeded: Seeded) -> None:
    page = f"{address(seeded)}/{ONE}"
    ana, chi = seeded.browser("ana"), seeded.browser("chi")
    kept = seeded.post(ana, f"{page}/draft", page, text="Wrong for some.", draft="")
    assert kept.status_code == 302, kept.text
    first = draft_of(chi, page)
    assert "Wrong for some." in chi.get(page).text
    assert seeded.post(chi, f"{page}/draft", page, text=WORDS, draft=first).status_code == 302
    late = seeded.post(ana, f"{page}/draft", page, text="Mine", draft=first)
    assert late.status_code == 409
    assert "Mine" in late.text
    assert "not for minors" in late.text.lower()
    signed = seeded.post(ana, page, page, text=WORDS, draft=draft_of(ana, page))
    assert signed.status_code == 302, signed.text
    assert draft_of(ana, page) == ""
    whole = ana.get(address(seeded)).text
    assert "Not for minors." in whole
    assert "Ana" in whole


def test_a_statement_replaces_the_one_it_was_made_from_and_both_are_read(seeded: Seeded) -> None:
    page, browser = f"{address(seeded)}/{ONE}", seeded.browser("ana")
    assert seeded.post(browser, page, page, text="First words").status_code == 302
    blind = seeded.post(browser, page, page, text="Second words")
    assert blind.status_code == 409, "made from nothing, where something stands"
    entry = re.search(r'name="previous" value="(\d+)"', browser.get(page).text)
    assert entry is not None
    done = seeded.post(browser, page, page, text="Second words", previous=entry[1])
    assert done.status_code == 302, done.text
    shown = browser.get(page).text
    assert "First words" in shown
    assert "Second words" in shown
    assert "version 2" in browser.get(address(seeded)).text


def test_who_may_not_sign_reads_what_is_signed_and_no_draft(seeded: Seeded) -> None:
    page = f"{address(seeded)}/{ONE}"
    seeded.post(seeded.browser("ana"), f"{page}/draft", page, text="Half a thought", draft="")
    seeded.house.enrol("Ops", "ops@example.org", "operations")
    machine = seeded.house.api(
        seeded.house.token(seeded.house.enrol("Otto", "otto@example.org", "operations"))
    )
    told = machine.get(api(seeded))
    assert told.status_code == 200
    assert "Half a thought" not in told.text
    refused = machine.submit("documentation.signed", {**of(seeded), "section": ONE, "text": "No"})
    assert refused.status_code == 403


def test_the_card_and_the_dossier_say_what_people_stand_for(seeded: Seeded) -> None:
    page, browser = f"{address(seeded)}/{ONE}", seeded.browser("ana")
    seeded.post(browser, page, page, text=WORDS)
    wiring = seeded.house.wiring
    card = export(wiring, "churn", of(seeded)["version"], "card").data.decode()
    assert "## Limits\n\nWrong for customers of less than \\*a month\\*.\nNot for minors." in card
    assert "## Ethical considerations" not in card, "what nobody wrote is left out"


def test_a_section_that_there_is_not_is_told(seeded: Seeded) -> None:
    browser = seeded.browser("ana")
    assert browser.get(f"{address(seeded)}/nonsense").status_code == 404
    machine = seeded.house.api(seeded.house.token(seeded.ana))
    told = machine.submit("documentation.signed", {**of(seeded), "section": "limit", "text": "x"})
    assert told.status_code == 422
    assert told.json["remedy"] == "Did you mean limits?"


def of(seeded: Seeded) -> dict[str, str]:
    version = seeded.house.wiring.reader.versions("churn", limit=1)[0]
    return {"model": version.model, "version": version.version}


def api(seeded: Seeded) -> str:
    return f"/models/churn/versions/{of(seeded)['version']}/documentation"

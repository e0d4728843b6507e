"""Starting anew after a lost password or phone: countersigned, once, and every session closed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.webui.pages.test_second_factor import Person
from webui.identity.links import purpose_of
from webui.identity.totp import find_second_factor

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.webui.house import House

NEW = "another sentence that nobody guesses"


class Office:
    """Two administrators, compliance, and somebody who lost a phone."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.chi = self._person("chi", "compliance")
        self.rae = self._person("rae", "administrator")
        self.ana = Person(house, "ana")
        self.codes = self.ana.sets_it_up()

    def _person(self, name: str, role: str) -> Person:
        found = Person(self.house, name, role)
        assert found.password().status_code == 302
        return found

    @property
    def page(self) -> str:
        return f"/people/{self.ana.actor}"

    def asked(self) -> int:
        """Rae asks that Ana may start anew; the number of the proposal."""
        asked = self.rae.post(f"{self.page}/recover", reason="The phone was stolen")
        return int(re.fullmatch(r"/changes/(\d+)", asked.headers["Location"])[1])

    def say(self, who: Person, number: int, word: str) -> TestResponse:
        command = self.house.wiring.reader.change(number).command
        return who.post(f"/changes/{number}/{word}", command=command)

    def link(self) -> str:
        """The link's secret, as Rae is shown it."""
        page = self.rae.post(f"{self.page}/invite").text
        found = re.search(r"/setup#([A-Za-z0-9_-]{43})", page)
        return found[1] if found else ""


@pytest.fixture
def office(house: House) -> Office:
    return Office(house)


def test_an_administrator_alone_takes_nobodys_account(office: Office) -> None:
    assert office.rae.post(f"{office.page}/invite").status_code == 403
    number = office.asked()
    assert office.rae.post(f"{office.page}/invite").status_code == 403
    assert office.say(office.rae, number, "approve").status_code == 403
    assert office.say(office.rae, number, "carry-out").status_code == 403
    assert office.link() == ""
    assert find_second_factor(office.house.wiring, office.ana.actor) is not None


def test_with_a_second_person_one_link_starts_anew_and_closes_everything(office: Office) -> None:
    number = office.asked()
    assert office.say(office.chi, number, "approve").status_code == 302
    assert office.say(office.rae, number, "carry-out").status_code == 302
    entry = office.house.wiring.log.entry(office.house.size - 1)
    assert (entry.kind, entry.event.actor_id) == ("recovery.allowed", office.ana.actor)
    facts = office.house.wiring.log.entry(number).event.facts()
    assert "stolen" not in str(facts), "why is for the vault"
    secret = office.link()
    assert purpose_of(office.house.wiring, secret) == "recovery"
    assert office.link() == "", "one link for one entry"
    assert office.ana.client.get("/account").status_code == 200
    anew = office.house.client()
    form = {"token": secret, "password": NEW, "again": NEW}
    assert office.ana.post("/setup", anew, **form).status_code == 302
    assert anew.get("/account").status_code == 200
    assert office.ana.client.get("/account").status_code == 302, "the old session is closed"
    assert find_second_factor(office.house.wiring, office.ana.actor) is None
    assert office.ana.password(office.house.client()).status_code == 401
    assert office.ana.post("/setup", office.house.client(), **form).status_code == 410


def test_what_was_allowed_yesterday_is_asked_for_again(office: Office) -> None:
    number = office.asked()
    office.say(office.chi, number, "approve")
    office.say(office.rae, number, "carry-out")
    office.house.clock.move(hours=25)
    office.rae.client = office.house.client()
    office.rae.password()
    assert office.link() == ""


def test_nobody_lets_themselves_start_anew(office: Office) -> None:
    asked = office.rae.post(f"/people/{office.rae.actor}/recover")
    assert asked.status_code == 403
    assert office.chi.post(f"{office.page}/recover").status_code == 403

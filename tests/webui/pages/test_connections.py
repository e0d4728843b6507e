"""The page of connections: what came, what is to be looked at, and who may change something."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ledger.store.connections import count_inbound
from ledger.store.database import reading
from tests.webui.pages.pages_read import PageRead
from tests.webui.seed import PASSWORD, Seeded, seed
from webui.identity.accounts import create_account
from webui.intake.clerk import Clerk
from webui.intake.inventory import Shown, compare, record
from webui.intake.managing import add_connection, list_connections

if TYPE_CHECKING:
    from tests.webui.house import House

SECRET = "a-secret-of-thirty-characters!"


@pytest.fixture
def seeded(house: House) -> Seeded:
    made = seed(house)
    rae = house.enrol("Rae", "rae@example.org", "administrator")
    create_account(house.wiring, rae, PASSWORD)
    by = house.enrol("Comet", "", "pipeline", actor_type="workload")
    add_connection(house.wiring, "cm", "comet", actor=by, by=by, secret=SECRET)
    document = {
        "format": "counterseal-connection/1",
        "proof": {"kind": "none"},
        "rules": [{"change": "model_created", "model": "/m"}],
    }
    add_connection(house.wiring, "open", "generic", actor=by, by=by, document=document)
    good = {"registryModelName": "churn", "version": "7.0.0", "stages": ["Staging"]}
    for told in (good, {"what": "is this"}):
        answer = house.client().post(
            "/hooks/comet/cm", data=json.dumps(told), headers={"Authorization": SECRET}
        )
        assert answer.status_code == 202
    house.client().post("/hooks/comet/cm", data=b"{}", headers={"Authorization": "wrong"})
    Clerk(house.wiring).turn()
    return made


def test_the_page_tells_what_came_and_what_is_to_be_looked_at(seeded: Seeded) -> None:
    page = seeded.browser("rae").get("/connections").text
    assert "is not registered here" in page
    assert "proves nothing" in page
    assert "wrong signature" in page
    assert SECRET not in page
    assert PageRead(page).faults() == []


def test_only_an_administrator_changes_a_connection(seeded: Seeded) -> None:
    ana = seeded.browser("ana")
    assert "Remove" not in ana.get("/connections").text
    answer = seeded.post(ana, "/connections/cm/remove", "/connections")
    assert answer.status_code == 403
    rae = seeded.browser("rae")
    answer = seeded.post(rae, "/connections/cm/reread", "/connections")
    assert answer.status_code == 302
    assert "will be read again" in rae.get("/connections").text
    assert seeded.post(rae, "/connections/cm/remove", "/connections").status_code == 302
    assert [one.name for one in list_connections(seeded.house.wiring)] == ["open"]


def test_a_connection_is_tried_by_a_button(seeded: Seeded) -> None:
    rae, ana = seeded.browser("rae"), seeded.browser("ana")
    assert seeded.post(ana, "/connections/cm/test", "/connections").status_code == 403
    assert seeded.post(rae, "/connections/cm/test", "/connections").status_code == 302
    assert "was understood" in rae.get("/connections").text
    assert seeded.post(rae, "/connections/open/test", "/connections").status_code == 302
    assert "has no rule for tests" in rae.get("/connections").text
    wiring = seeded.house.wiring
    Clerk(wiring).turn()
    with reading(wiring.engine) as connection:
        counts = count_inbound(connection, wiring.log.log_id)
    assert counts["cm"]["test"] == 1


def test_the_page_tells_how_much_of_a_source_is_explained(seeded: Seeded) -> None:
    wiring = seeded.house.wiring
    shown = [Shown("churn", "model", "", ""), Shown("shadow", "model", "", "")]
    record(wiring, "cluster", compare(wiring, "cluster", shown), "feed")
    page = seeded.browser("ana").get("/connections").text
    assert "50.0 %" in page
    assert "model shadow" in page
    assert "model churn" not in page
    assert PageRead(page).faults() == []

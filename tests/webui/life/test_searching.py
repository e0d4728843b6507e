"""One search over everything: by an index, bounded, for whoever may read the pages it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from tests.webui.pages.pages_read import PageRead
from webui.life.searching import MOST, search

if TYPE_CHECKING:
    from tests.webui.life.conftest import Town


def found(town: Town, text: str) -> list[dict[str, Any]]:
    answer = town.api("ana").get("/search", query_string={"text": text})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_a_name_finds_what_begins_with_it(town: Town) -> None:
    names = {(one["what"], one["name"]) for one in found(town, "tri")}
    assert ("model", "triage") in names
    assert ("version", "triage 1.0.0") in names
    (one,) = found(town, "triage  1.1")
    assert (one["what"], one["path"]) == ("version", "/models/triage/1.1.0")
    assert found(town, "nothing-of-the-kind") == []


def test_a_number_finds_the_entry_and_what_it_began(town: Town) -> None:
    number = town.seeded.release
    kinds = {one["what"]: one for one in found(town, str(number))}
    assert kinds["release"]["path"] == f"/releases/{number}"
    assert kinds["entry"]["detail"] == "release.requested"
    assert found(town, "999999999999999") == []


def test_an_id_finds_the_account_and_a_data_set_its_lineage(town: Town) -> None:
    (account,) = found(town, town.seeded.ana)
    assert account["path"] == f"/people/{town.seeded.ana}"
    (lineage,) = found(town, "data:customers@1 2")
    assert lineage["path"] == "/lineage?of=data%3Acustomers%401%202"


@pytest.mark.parametrize("text", ["", "  ", "a" * 201, "a\x00b"])
def test_what_no_name_can_be_is_refused(town: Town, text: str) -> None:
    assert town.api("ana").get("/search", query_string={"text": text}).status_code == 422


def test_every_statement_is_bounded_and_served_by_an_index(town: Town) -> None:
    wiring = town.seeded.house.wiring
    plans: list[str] = []
    asked: list[tuple[str, Any]] = []
    event.listen(
        wiring.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, values, *_: asked.append((statement, values)),
    )
    search(wiring.reader, "t")
    search(wiring.reader, str(town.seeded.release))
    selects = [one for one in asked if one[0].lstrip().upper().startswith("SELECT")]
    assert len([one for one in selects if "LIMIT" in one[0]]) >= 3
    with wiring.engine.connect() as connection:
        for statement, values in selects:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plans += [row[3] for row in rows]
    assert plans
    assert not [plan for plan in plans if plan.startswith("SCAN")], plans
    assert MOST <= 50


def test_the_page_shows_it_and_a_stranger_sees_nothing(town: Town) -> None:
    chi = town.seeded.browser("chi")
    assert PageRead(chi.get("/search").text).faults() == []
    page = chi.get("/search?text=triage").text
    assert PageRead(page).faults() == []
    assert 'href="/models/triage/1.0.0"' in page
    assert "Nothing begins with this." in chi.get("/search?text=zzz").text
    assert town.seeded.house.client().get("/search?text=triage").status_code in {302, 401}

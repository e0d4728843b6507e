"""Controls as they stand, on pages and by the API: what is kept is shown, and all of it is bounded."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from ledger.events.access import InventoryReconciled
from ledger.store.standing import Turn
from tests.webui.seed import Seeded, live, seed
from webui.standing import population
from webui.standing.board import board, trend_of
from webui.standing.follower import Follower
from webui.standing.outside import shares

if TYPE_CHECKING:
    from tests.webui.house import House

CHANGES = "soc2-cc8-1-authorised"
SIGN_IN = "soc2-cc6-1"


@pytest.fixture(scope="module")
def lived(shared_house: House) -> Seeded:
    seeded = seed(shared_house)
    live(seeded)
    Follower(shared_house.wiring).catch_up()
    return seeded


def test_before_anything_is_kept_the_page_says_so(house: House) -> None:
    seeded = seed(house)
    client = seeded.browser("bo")
    assert "No verdict was worked out yet" in client.get("/controls").text
    assert "No test was run for it." in client.get(f"/controls/{CHANGES}").text
    assert "No item is an exception" in client.get(f"/controls/{CHANGES}/exceptions").text


def test_a_framework_shows_its_verdicts_worst_first(lived: Seeded) -> None:
    found = board(lived.house.wiring, "soc2")
    assert found.position == lived.house.size
    assert found.behind == 0
    assert sum(found.counts.values()) == len(found.rows)
    client = lived.browser("bo")
    shown = client.get("/controls?framework=soc2").text
    for row in found.rows:
        assert f'href="/controls/{row.control}"' in shown
    only = client.get("/controls?framework=soc2&verdict=not_exercised").text
    listed = only.partition('id="controls"')[2].partition("</section>")[0]
    assert "not exercised" in listed
    assert "passed" not in listed
    assert client.get("/controls?framework=nothing").status_code == 404


def test_a_control_shows_question_finding_trend_and_the_way_to_its_statement(
    lived: Seeded,
) -> None:
    shown = lived.browser("bo").get(f"/controls/{CHANGES}").text
    assert "Was every production change asked for" in shown
    assert "T3: Order of events" in shown
    assert "T4: Separation of duties" in shown
    assert "no verdict before" in shown
    assert f"/statements/{CHANGES}" in shown
    assert lived.browser("bo").get("/controls/soc2-nothing").status_code == 404


def test_exceptions_go_on_from_page_to_page_and_lose_none(
    lived: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiring = lived.house.wiring
    whole = list(population.every_deviation(wiring, SIGN_IN))
    assert len(whole) > 2
    found, after = [], ""
    while True:
        page = population.deviations(wiring, SIGN_IN, after, limit=1)
        found.extend(page.found)
        after = page.next
        if not after:
            break
    assert found == whole
    monkeypatch.setattr("webui.pages.controls.ON_A_PAGE", 1)
    client = lived.browser("bo")
    first = client.get(f"/controls/{SIGN_IN}/exceptions").text
    assert "Older »" in first
    for place in ("x", "0.1", "9.9.9.x", "-1.-1.-1.", "0.99999999999999999999.0.v"):
        assert client.get(f"/controls/{SIGN_IN}/exceptions?after={place}").status_code == 200


def test_the_population_names_every_change_and_what_speaks_against_it(lived: Seeded) -> None:
    client = lived.browser("bo")
    rows = list(csv.DictReader(io.StringIO(client.get("/population.csv").text)))
    running = lived.house.wiring.reader.deployments(environment="production", limit=500)
    assert [int(row["entry"]) for row in rows] == [one.since for one in running]
    answer = client.get(f"/population.csv?control={CHANGES}").text
    against = {int(row["entry"]): row["exceptions"] for row in csv.DictReader(io.StringIO(answer))}
    told = {
        one.entries[-1]: one.sentence
        for one in population.every_deviation(lived.house.wiring, CHANGES)
    }
    assert {entry: said for entry, said in against.items() if said}.keys() == told.keys()
    shown = client.get(f"/population?control={CHANGES}&model=triage").text
    assert "Against it" in shown
    assert client.get("/population?control=nothing").status_code == 404


def test_the_api_says_what_the_pages_show(lived: Seeded) -> None:
    api = lived.house.api(lived.house.token(lived.bo))
    whole = api.get("/frameworks/soc2/standing").json
    found = board(lived.house.wiring, "soc2")
    assert whole["board"]["counts"] == found.counts
    one = api.get(f"/controls/{CHANGES}").json
    assert one["row"]["verdict"] == next(
        row.verdict for row in found.rows if row.control == CHANGES
    )
    listed = api.get(f"/controls/{SIGN_IN}/exceptions?limit=1").json
    assert len(listed["found"]) == 1
    assert listed["next"]
    page = api.get("/population/changes?limit=1").json
    assert page["next"] == page["items"][0]["entry"]


def test_a_trend_goes_back_turn_by_turn_to_where_nothing_was_known() -> None:
    turns = [
        Turn("a", 9, "2026-05-02T00:00:00Z", "fail", "pass", "entries"),
        Turn("b", 5, "2026-04-02T00:00:00Z", "pass", "", "program"),
        Turn("a", 5, "2026-03-02T00:00:00Z", "pass", "", "program"),
    ]
    points = trend_of({"a": "fail", "b": "pass"}, turns, "2026-05-20T00:00:00Z")
    assert [(one.month, one.counts["pass"], one.counts["fail"]) for one in points] == [
        ("2026-03", 1, 0),
        ("2026-04", 2, 0),
        ("2026-05", 1, 1),
    ]


def test_each_sources_newest_list_tells_how_much_of_it_is_explained(house: House) -> None:
    seeded = seed(house)
    for source, unknown in (("mlflow", 9), ("mlflow", 3), ("cluster", 0)):
        event = InventoryReconciled(
            inventory="models",
            source=source,
            as_of="2026-03-09T08:00:00Z",
            digest="ab" * 32,
            listed=378,
            matched=378 - unknown,
            unknown=unknown,
        )
        assert house.wiring.submitter.submit(house.wiring.service, event).outcome == "allow"
    told = [(one.source, one.explained, one.unknown) for one in shares(house.wiring)]
    assert told == [("cluster", "100.0 %", 0), ("mlflow", "99.2 %", 3)]
    assert "99.2 %" in seeded.browser("bo").get("/controls").text

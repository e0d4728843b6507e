"""A sample over a real ledger: bound, frozen, drawn, extended, made a report, and drawn again."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from ledger.events.actor import Actor
from ledger.events.entry import decode_entry
from ledger.state.history import replay
from tests.webui.house import Api, House, build
from tests.webui.seed import Seeded, live, seed
from webui.issuing import Wanted, issue_report
from webui.sampling import frozen, recomputed

if TYPE_CHECKING:
    from pathlib import Path

NONCE = "5a" * 32
COMMITMENT = hashlib.sha256(bytes.fromhex(NONCE)).hexdigest()
OPENED = {
    "population": "changes",
    "period_from": "2026-03-01",
    "period_until": "2026-12-31",
    "environments": ["production"],
    "size": 2,
    "commitment": COMMITMENT,
}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    """Some weeks of a company, with three production changes."""
    house: House = build(tmp_path_factory.mktemp("home"))
    seeded = seed(house)
    live(seeded)
    return seeded


def auditor(seeded: Seeded) -> Api:
    """A new auditor with a token."""
    return seeded.house.api(seeded.house.token(seeded.house.enrol("Aud Ito", "", "auditor")))


def opened(api: Api, **changes: object) -> int:
    answer = api.submit("sample.opened", OPENED | changes)
    assert answer.status_code == 201, answer.text
    return int(answer.json["sequence"])


def draw(api: Api, sample: int, nonce: str = NONCE) -> tuple[int, dict]:
    headers = {"Idempotency-Key": f"draw-{sample}-{nonce[:4]}"}
    answer = api.post(f"/samples/{sample}/draw", json={"nonce": nonce}, headers=headers)
    return answer.status_code, answer.json


def changes_before(seeded: Seeded, sample: int) -> list[int]:
    """Production changes up to a sample, by kind of entry alone."""
    return [
        row.sequence
        for row in seeded.house.wiring.log.stored(0, sample)
        if (entry := decode_entry(row.envelope)).kind in {
            "deployment.recorded", "deployment.rolled_back"
        }
        and entry.event.environment == "production"
    ]  # fmt: skip


def test_a_sample_is_drawn_from_what_was_frozen_and_from_nothing_later(lived: Seeded) -> None:
    api = auditor(lived)
    sample = opened(api)
    population = changes_before(lived, sample)
    assert len(population) == 3
    status, receipt = draw(api, sample)
    assert (status, receipt["outcome"]) == (201, "allow")
    told = api.get(f"/samples/{sample}").json
    assert told["status"] == "drawn"
    assert told["many"] == 3
    assert set(told["drawn"]) < set(population)
    with lived.house.wiring.engine.connect() as connection:
        assert told["root"] == lived.house.wiring.log.root_at(connection, sample + 1).hex()
    steps = recomputed(frozen(lived.house.wiring, lived.house.wiring.reader.sample(sample)))
    assert [step.holds for step in steps] == [True] * 5
    assert draw(api, sample)[0] in {200, 409}


def test_another_nonce_draws_nothing(lived: Seeded) -> None:
    api = auditor(lived)
    sample = opened(api)
    status, problem = draw(api, sample, "77" * 32)
    assert (status, problem["code"]) == (422, "other-nonce")
    assert api.get(f"/samples/{sample}").json["status"] == "open"


def test_only_who_is_bound_draws(lived: Seeded) -> None:
    sample = opened(auditor(lived))
    status, problem = draw(auditor(lived), sample)
    assert status == 409
    assert "Somebody else opened this sample." in json.dumps(problem)


def test_a_draw_of_ones_own_making_is_not_taken(lived: Seeded) -> None:
    """The event that says what was drawn can't be handed in."""
    api = auditor(lived)
    event = {
        "sample": opened(api), "nonce": NONCE, "position": 1, "root": "be" * 32, "population": 3,
        "rows": "ca" * 32, "drawn": [1, 2],
    }  # fmt: skip
    answer = api.submit("sample.drawn", event)
    assert answer.status_code in {400, 404, 422}
    assert "can't be submitted" in answer.text


def test_rows_are_added_by_hand_but_only_of_the_population(lived: Seeded) -> None:
    api = auditor(lived)
    sample = opened(api)
    draw(api, sample)
    told = api.get(f"/samples/{sample}").json
    left = [row for row in changes_before(lived, sample) if row not in told["drawn"]]
    where, headers = f"/samples/{sample}/rows", {"Idempotency-Key": "rows-1"}
    wrong = {"rows": [1], "reason": "It looks odd"}
    assert api.post(where, json=wrong, headers=headers).json["code"] == "not-of-the-population"
    added = {"rows": left, "reason": "Deployed on a holiday"}
    assert api.post(where, json=added, headers={"Idempotency-Key": "rows-2"}).status_code == 201
    again = api.post(where, json=added, headers={"Idempotency-Key": "rows-3"})
    assert again.status_code == 409
    assert api.get(f"/samples/{sample}").json["added"] == left


def test_an_entry_that_was_added_past_the_desk_is_shown_as_none(lived: Seeded) -> None:
    """The event can be handed in; that what it adds is no change is said, and fails again."""
    api = auditor(lived)
    sample = opened(api)
    draw(api, sample)
    event = {"sample": sample, "added": [1], "reason": "x"}
    assert api.submit("sample.extended", event).status_code == 201
    page = lived.browser("chi").get(f"/samples/{sample}?again=1").text
    assert "no production change" in page
    assert "1 added; not of it: 1" in page


def test_a_changed_draw_is_noticed(lived: Seeded) -> None:
    """Whatever the registry says was drawn, the entries say otherwise."""
    api = auditor(lived)
    sample = opened(api)
    draw(api, sample)
    held = frozen(lived.house.wiring, lived.house.wiring.reader.sample(sample))
    left = [row for row in held.rows if row not in held.sample.drawn]
    other = tuple(sorted((*held.sample.drawn[1:], left[0])))
    for change, step in (
        ({"drawn": other}, 3),
        ({"many": 2}, 2),
        ({"root": "00" * 32}, 1),
        ({"commitment": "00" * 32}, 0),
        ({"added": (1,)}, 4),
    ):
        forged = replace(held, sample=held.sample.but(**change))
        assert not recomputed(forged)[step].holds


def test_a_report_of_a_sample_has_a_page_for_each_row_with_proofs(
    lived: Seeded, tmp_path: Path
) -> None:
    api = auditor(lived)
    sample = opened(api, size=1)
    draw(api, sample)
    wiring = lived.house.wiring
    chi = Actor(id=lived.chi, type="person", via="password")
    issued = issue_report(wiring, chi, Wanted("sample", sample=sample))
    assert wiring.reader.report(issued.sequence).sample == sample
    said = subprocess.run(
        ["pdftotext", "-layout", str(issued.path), "-"], capture_output=True, text=True, check=True
    ).stdout
    words = " ".join(said.split())
    told = wiring.reader.sample(sample)
    assert f"Row {told.drawn[0]}: triage" in words
    assert "the draw comes out again" in words
    assert told.nonce in words.replace(" ", "")
    assert "Eli Sato" in words
    assert "operations" in words
    subprocess.run(["pdfdetach", "-saveall", "-o", str(tmp_path), str(issued.path)], check=True)
    with zipfile.ZipFile(io.BytesIO((tmp_path / "proofs.zip").read_bytes())) as archive:
        names = " ".join(archive.namelist())
    history = replay(decode_entry(row.envelope) for row in wiring.log.stored(0, sample + 1))
    assert history.position == sample + 1
    for entry in (sample, told.entry, told.drawn[0]):
        assert f"{entry}." in names


def test_a_report_of_a_sample_that_is_not_drawn_is_refused(lived: Seeded) -> None:
    api = auditor(lived)
    sample = opened(api)
    wanted = {"framework": "sample", "sample": sample}
    assert api.post("/reports", json=wanted).json["code"] == "sample-not-drawn"
    assert api.post("/reports", json={"framework": "sample"}).json["code"] == "scope-missing"


def test_the_desk_binds_draws_and_draws_again(lived: Seeded) -> None:
    chi = lived.browser("chi")
    form = {
        "commitment": COMMITMENT, "from": "2026-03-01", "until": "2026-12-31", "size": "",
        "environments": "production",
    }  # fmt: skip
    answer = lived.post(chi, "/samples", "/samples", **form)
    assert answer.status_code == 302
    page = answer.headers["Location"]
    assert "waits for its nonce" in chi.get("/samples").text
    assert lived.post(chi, f"{page}/draw", page, nonce="00" * 32).status_code == 422
    assert lived.post(chi, f"{page}/draw", page, nonce=NONCE).status_code == 302
    shown = chi.get(f"{page}?again=1").text
    assert shown.count("✓</span> holds") == 5
    assert "3 of 3 drawn" in shown
    assert lived.post(chi, f"{page}/rows", page, rows="x", reason="y").status_code == 422
    assert lived.post(lived.browser("bo"), "/samples", "/samples", **form).status_code == 403


def test_an_entry_of_the_past_that_was_hidden_changes_root_and_rows(lived: Seeded) -> None:
    """Another database than the one that was frozen can't give the same sample."""
    api = auditor(lived)
    sample = opened(api)
    draw(api, sample)
    held = frozen(lived.house.wiring, lived.house.wiring.reader.sample(sample))
    hidden = held.rows[-1]
    entries = [item.entry for item in held.history.recorded if item.entry.sequence != hidden]
    fewer = replace(held, history=replay(entries))
    steps = recomputed(fewer)
    assert not steps[2].holds
    assert steps[3].holds == (hidden not in held.sample.drawn)


def test_nothing_else_was_written(lived: Seeded) -> None:
    with lived.house.wiring.engine.connect() as connection:
        found = connection.execute(text("SELECT count(*) FROM entry")).scalar_one()
    assert found == lived.house.size

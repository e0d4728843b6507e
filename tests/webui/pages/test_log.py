"""The log's page: growth, checkpoints, guard, keys, and runs of the verifier."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from ledger.errors import OutsideError
from ledger.store.database import reading
from ledger.store.entries import older_checkpoints, read_checkpoint_note, recorded_times
from tests.webui.pages.pages_read import PageRead
from tests.webui.pages.test_company import shown
from tests.webui.seed import Seeded, seed, token_of
from webui import verifying
from webui.pages.growth import MOST_SAMPLES, draw_growth, few, sample_growth
from webui.reports.scene_svg import to_svg
from webui.verifying import Verifier, kept_runs

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.webui.house import House


@pytest.fixture
def seeded(house: House) -> Seeded:
    return seed(house)


def page(client: FlaskClient, path: str = "/log") -> str:
    read = client.get(path).text
    assert PageRead(read).faults() == []
    return shown(read)


def verify(seeded: Seeded, client: FlaskClient) -> int:
    """Press the button and wait for the run; the status of the answer."""
    token = token_of(client.get("/log").text)
    answer = client.post("/log/verify", data={"csrf_token": token})
    assert seeded.house.app.extensions["counterseal-verifier"].wait(60)
    return answer.status_code


def test_checkpoints_are_listed_newest_first_and_paged(
    seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webui.pages.log.ON_A_PAGE", 3)
    client = seeded.browser("chi")
    words = page(client, "/log/checkpoints")
    size = seeded.house.size
    assert f"Entries Last entry Root Signature File {size} " in words
    assert words.count("✓ holds") == 3
    assert (
        f'href="/log/checkpoints?before={size - 2}" rel="next"'
        in client.get("/log/checkpoints").text
    )
    note = client.get(f"/log/checkpoints/{size}")
    assert note.data == seeded.house.wiring.log.head().checkpoint
    assert client.get("/log/checkpoints/99999").status_code == 404


def test_a_checkpoint_that_somebody_edited_is_marked(seeded: Seeded) -> None:
    with seeded.house.wiring.engine.begin() as sql:
        sql.execute(text("DROP TRIGGER checkpoint_refuses_update"))
        sql.execute(
            text(
                "UPDATE checkpoint SET note = x'00' WHERE size = (SELECT min(size) FROM checkpoint)"
            )
        )
    assert "✗ fails" in page(seeded.browser("chi"), "/log/checkpoints")


def test_the_growth_is_drawn_from_few_samples_and_tabled(seeded: Seeded) -> None:
    log, size = seeded.house.wiring.log, seeded.house.size
    samples = sample_growth(log, size)
    assert (samples[0].size, samples[-1].size) == (1, size)
    assert len(samples) == size <= MOST_SAMPLES
    assert few(samples)[0] == samples[-1]
    drawing = to_svg(draw_growth(samples))
    assert f">{size}</text>" in drawing
    words = page(seeded.browser("chi"))
    assert f"Growth {size} entries" in words
    assert "The same as a table Time Entries" in words
    assert sample_growth(log, 0) == []
    assert ">1</text>" in to_svg(draw_growth(samples[:1]))


def test_the_guard_and_the_keys_in_force_are_told(seeded: Seeded) -> None:
    log = seeded.house.wiring.log
    client = seeded.browser("chi")
    words = page(client)
    assert f"✓ agrees It holds the checkpoint of {seeded.house.size} entries" in words
    assert "Entries, since entry 0" in words
    assert log.keyring.checkpoints.public.hex() in words
    with log.guard._engine.begin() as sql:
        sql.execute(text("UPDATE guard SET size = size + 5"))
    assert "✗ ahead" in page(client)
    with log.guard._engine.begin() as sql:
        sql.execute(text("DELETE FROM guard"))
    assert "✗ empty It holds no checkpoint of this log." in page(client)


def test_a_run_is_begun_on_the_page_recorded_and_shown(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    assert "No run is recorded yet." in page(client)
    assert verify(seeded, client) == 302
    words = page(client)
    assert "✓ verified" in words
    assert "all of it" in words
    (run,) = kept_runs(seeded.house.wiring)
    head = seeded.house.wiring.log.head()
    assert (run.size, run.root, run.problems) == (head.size, head.root.hex(), 0)
    assert run.report["counts"]["entries"] == head.size
    assert client.get("/log/verification").json["running"] is False


def test_a_run_that_finds_damage_says_what_still_stands(seeded: Seeded) -> None:
    with seeded.house.wiring.engine.begin() as sql:
        sql.execute(text("DROP TRIGGER entry_refuses_update"))
        sql.execute(text("UPDATE entry SET outcome = 'deny' WHERE sequence = 7"))
    client = seeded.browser("chi")
    verify(seeded, client)
    words = page(client)
    assert "✗ 1 problem the first" not in words
    assert "✗ 1 problem" in words
    assert "entries, by their checkpoint" in words
    assert "entry, entry 7:" in words


def test_only_whom_the_policy_lets_issue_reports_may_begin_a_run(seeded: Seeded) -> None:
    client = seeded.browser("ana")
    assert "Verify now" not in client.get("/log").text
    assert verify(seeded, client) == 403
    assert kept_runs(seeded.house.wiring) == []


def test_no_second_run_begins_while_one_runs(
    seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    real = verifying.audit

    def slow(*places: object, **options: object) -> object:
        begun.set()
        assert go_on.wait(60)
        return real(*places, **options)

    monkeypatch.setattr(verifying, "audit", slow)
    client = seeded.browser("chi")
    token = token_of(client.get("/log").text)
    assert client.post("/log/verify", data={"csrf_token": token}).status_code == 302
    assert begun.wait(60)
    assert "○ running" in client.get("/log").text
    assert client.get("/log/verification").json["running"] is True
    assert client.post("/log/verify", data={"csrf_token": token}).status_code == 409
    go_on.set()
    assert seeded.house.app.extensions["counterseal-verifier"].wait(60)
    assert len(kept_runs(seeded.house.wiring)) == 1


def test_a_run_that_can_not_end_says_why(seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*places: object, **options: object) -> None:
        raise OutsideError("The disk is gone.")

    monkeypatch.setattr(verifying, "audit", broken)
    one = Verifier(seeded.house.wiring)
    one.start()
    assert one.wait(60)
    assert one.progress.failure == "The disk is gone."
    assert kept_runs(seeded.house.wiring) == []


def test_runs_and_checkpoints_are_read_alike_on_either_database(any_house: House) -> None:
    wiring, size = any_house.wiring, any_house.size
    for _ in range(2):
        one = Verifier(wiring)
        one.start()
        assert one.wait(60)
        assert one.progress.failure == ""
    newest, first = kept_runs(wiring)
    assert newest.begun_at > first.ended_at > first.begun_at
    assert (newest.size, newest.problems) == (size, 0)
    assert kept_runs(wiring, first.begun_at) == []
    with reading(wiring.engine) as connection:
        rows = older_checkpoints(connection, wiring.log.log_id, None, 9)
        assert older_checkpoints(connection, wiring.log.log_id, rows[0][0], 9) == rows[1:]
        assert read_checkpoint_note(connection, wiring.log.log_id, size) == rows[0][1]
        assert recorded_times(connection, wiring.log.log_id, [size - 1, 9_999]) == [
            (size - 1, rows[0][2])
        ]
    assert rows[0][0] == size


def test_what_would_stay_behind_is_counted_before_anybody_ends_the_log(seeded: Seeded) -> None:
    told = page(seeded.browser("ana"))
    told = told[told.index("If this log ended") :]
    assert "Models 1" in told
    assert "Open releases 1" in told
    assert "counterseal log shard" in told

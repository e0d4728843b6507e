"""A job carried out: once, also where two workers have it; stopped, cancelled, refused, failed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ledger.errors import ConflictError
from ledger.events.people import RoleRevoked
from ledger.store.database import writing
from ledger.store.jobs import MOST_ATTEMPTS, find_job, renew_job
from webui.issuing import Wanted
from webui.jobs.kinds import KINDS
from webui.jobs.running import BEAT_SECONDS, LEASE, Hold, carry_out, carry_out_here
from webui.jobs.worker import Worker, take

if TYPE_CHECKING:
    from tests.webui.jobs.desk import Desk

PAST_LEASE = LEASE.total_seconds() + 1


def test_a_job_makes_the_report_that_was_wanted_in_the_asker_s_name(any_desk: Desk) -> None:
    asked = any_desk.ask()
    any_desk.work()
    done = any_desk.look(asked)
    assert (done.state, done.attempts, done.failure) == ("done", 1, "")
    assert done.result is not None
    report = any_desk.wiring.reader.report(done.result)
    assert (report.framework, report.by) == ("integrity", any_desk.seeded.chi)
    assert [file.stem for file in any_desk.files()] == [report.report]


def test_a_job_whose_worker_is_gone_is_taken_after_its_lease_and_not_before(any_desk: Desk) -> None:
    asked = any_desk.ask()
    any_desk.take()
    assert take(any_desk.wiring) is None
    any_desk.seeded.house.clock.move(seconds=PAST_LEASE)
    any_desk.work()
    assert (any_desk.look(asked).state, any_desk.look(asked).attempts) == ("done", 2)


def test_two_workers_at_one_job_record_once_and_leave_one_file(any_desk: Desk) -> None:
    """The first worker stands still right before it records, until the second has recorded."""
    asked = any_desk.ask()
    slow = any_desk.take()
    passed, go_on = threading.Event(), threading.Event()

    def note(step: str, done: int, total: int) -> None:
        del done, total
        if step == "recording":
            passed.set()
            go_on.wait(30)

    ended: list[int] = []
    first = threading.Thread(
        target=lambda: ended.append(KINDS["report"].run(any_desk.wiring, slow, note, 1))
    )
    first.start()
    assert passed.wait(30)
    any_desk.seeded.house.clock.move(seconds=PAST_LEASE)
    any_desk.work()
    go_on.set()
    first.join(30)
    assert ended == any_desk.issued() == [any_desk.look(asked).result]
    report = any_desk.wiring.reader.report(ended[0])
    assert [file.stem for file in any_desk.files()] == [report.report]


def test_a_worker_that_lost_its_job_stops_before_it_records(desk: Desk) -> None:
    desk.ask()
    slow = desk.take()
    desk.seeded.house.clock.move(seconds=PAST_LEASE)
    desk.take()
    carry_out(desk.wiring, slow, threading.Event(), 1)
    assert desk.issued() == []
    assert desk.files() == []


def test_a_job_that_is_cancelled_while_it_runs_records_nothing(desk: Desk) -> None:
    asked = desk.ask()
    taken = desk.take()
    assert desk.book.cancel(asked.number, desk.seeded.chi).cancelling
    carry_out(desk.wiring, taken, threading.Event(), 1)
    assert desk.look(asked).state == "cancelled"
    assert desk.issued() == []
    assert desk.files() == []


def test_a_cancelled_job_whose_worker_died_is_over(desk: Desk) -> None:
    asked = desk.ask()
    desk.take()
    desk.book.cancel(asked.number, desk.seeded.chi)
    desk.seeded.house.clock.move(seconds=PAST_LEASE)
    assert take(desk.wiring) is None
    assert desk.look(asked).state == "cancelled"


def test_a_worker_that_stops_gives_its_job_back_at_once(desk: Desk) -> None:
    asked = desk.ask()
    stopping = threading.Event()
    stopping.set()
    desk.work(stopping)
    assert (desk.look(asked).state, desk.look(asked).attempts) == ("waiting", 0)
    desk.work()
    assert (desk.look(asked).state, desk.look(asked).attempts) == ("done", 1)


def test_who_lost_the_role_meanwhile_gets_no_report_and_the_refusal_is_an_entry(desk: Desk) -> None:
    asked = desk.ask()
    house = desk.seeded.house
    revoked = RoleRevoked(actor_id=desk.seeded.chi, role="compliance", reason="gone")
    root = desk.chi.model_copy(update={"id": house.administrator})
    assert desk.wiring.submitter.submit(root, revoked).outcome == "allow"
    desk.work()
    failed = desk.book.find(asked.number, house.administrator)
    entry = desk.wiring.log.head().size - 1
    assert failed.state == "failed"
    assert failed.failure == f"The policy does not allow this; entry {entry} says why."
    assert desk.wiring.log.entry(entry).event.kind == "access.denied"


def test_what_can_not_be_done_fails_at_once_and_what_failed_outside_is_tried_again(
    desk: Desk,
) -> None:
    never = desk.ask(wanted=Wanted("integrity", "2026-01-01", "2026-12-31", ("nothing",)))
    desk.work()
    assert (desk.look(never).state, desk.look(never).attempts) == ("failed", 1)
    assert "model" in desk.look(never).failure
    asked = desk.ask()
    folder = desk.wiring.settings.reports
    folder.rmdir()
    folder.write_text("in the way")
    desk.work()
    assert desk.look(asked).step == "waiting to be tried again"
    folder.unlink()
    folder.mkdir()
    desk.seeded.house.clock.move(seconds=PAST_LEASE)
    desk.work()
    assert (desk.look(asked).state, desk.look(asked).attempts) == ("done", 2)


def test_a_job_that_kills_its_workers_is_given_up(any_desk: Desk) -> None:
    asked = any_desk.ask()
    for _ in range(MOST_ATTEMPTS):
        any_desk.take()
        any_desk.seeded.house.clock.move(seconds=PAST_LEASE)
    assert take(any_desk.wiring) is None
    ended = any_desk.look(asked)
    assert (ended.state, ended.failure[:15]) == ("failed", "The worker died")


def test_a_worker_that_lives_keeps_its_job_and_tells_how_far_it_is(desk: Desk) -> None:
    asked = desk.ask()
    taken = desk.take()
    with Hold(desk.wiring, taken, threading.Event()) as hold:
        hold.note("folding", 3, 8)
        desk.seeded.house.clock.move(seconds=PAST_LEASE)
        moved = threading.Event()
        for _ in range(100):
            if desk.look(asked).done or moved.wait(BEAT_SECONDS / 10):
                break
        assert take(desk.wiring) is None
    standing = desk.look(asked)
    assert (standing.step, standing.done, standing.total) == ("folding", 3, 8)


def test_who_waits_for_a_job_is_told_what_became_of_it(desk: Desk) -> None:
    seen: list[str] = []
    desk.ask()
    entry = carry_out_here(desk.wiring, desk.take(), lambda step, done, total: seen.append(step))
    assert desk.issued() == [entry]
    assert [
        step
        for step in dict.fromkeys(seen)
        if step in {"entries", "folding", "drawing", "recording"}
    ] == ["entries", "folding", "drawing", "recording"]
    asked = desk.ask()
    taken = desk.take()
    desk.book.cancel(asked.number, desk.seeded.chi)
    with pytest.raises(ConflictError) as caught:
        carry_out_here(desk.wiring, taken, lambda step, done, total: None)
    assert caught.value.code == "job-cancelled"


def test_an_attempt_that_is_over_can_neither_renew_nor_end_a_job(any_desk: Desk) -> None:
    any_desk.ask()
    old = any_desk.take()
    any_desk.seeded.house.clock.move(seconds=PAST_LEASE)
    new = any_desk.take()
    wiring = any_desk.wiring
    log_id = wiring.log.log_id
    hold = Hold(wiring, old, threading.Event())
    with writing(wiring.engine) as connection:
        assert renew_job(connection, log_id, old, hold._standing, "9999") is None
        assert find_job(connection, log_id, new.number) == new


def test_huey_carries_out_what_waits_and_goes_on_after_a_failure(desk: Desk) -> None:
    bad = desk.ask(wanted=Wanted("integrity", "2026-01-01", "2026-12-31", ("nothing",)))
    good = desk.ask()
    worker = Worker(desk.wiring, processes=1)
    worker.start()
    try:
        wait = threading.Event()
        for _ in range(600):
            if not desk.look(good).is_open or wait.wait(0.05):
                break
    finally:
        worker.stop()
    assert (desk.look(bad).state, desk.look(good).state) == ("failed", "done")

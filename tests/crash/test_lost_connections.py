"""A connection to PostgreSQL that is lost at any point costs neither a duplicate nor a gap."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import psycopg
import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text
from sqlalchemy.engine import make_url

from ledger.audit import audit
from ledger.commit import Committer
from ledger.errors import BusyError, InDoubtError, OutsideError
from ledger.store import database
from ledger.submit import Submitter
from tests.crash.proxy import Wire, wire
from tests.tools.house import House, build, person
from tests.tools.postgresql import start_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.log import Log

pytestmark = pytest.mark.postgres


@pytest.fixture
def pg_house(postgres_url: str, tmp_path: Path) -> Iterator[House]:
    """An empty log on PostgreSQL."""
    made = build(postgres_url, tmp_path)
    yield made
    made.submitter.close()
    made.log.engine.dispose()
    made.log.guard.close()


@pytest.fixture
def line(pg_house: House) -> Iterator[tuple[House, Wire]]:
    """The same log, and a second process's view of it over a wire that can be cut."""
    server = Path(str(make_url(pg_house.url).query["host"]))
    with tempfile.TemporaryDirectory(prefix="wire-") as folder:
        place = Path(folder) / "w"
        with wire(server, place) as made:
            url = make_url(pg_house.url).update_query_dict({"host": str(place)})
            again = House(
                url.render_as_string(hide_password=False),
                pg_house.folder,
                pg_house.log,
                pg_house.submitter,
                pg_house.judge,
                pg_house.clock,
            )
            log = again.reopened()
            again.log = log
            again.submitter = Submitter(log, pg_house.judge, now=pg_house.clock)
            yield again, made
            again.submitter.close()
            log.engine.dispose()
            log.guard.close()


def assert_whole(house: House, size: int) -> None:
    log = house.reopened()
    assert log.alarm == ""
    assert audit(log).problems == []
    assert log.head().size == size
    log.engine.dispose()
    log.guard.close()


def be_impatient(house: House, seconds: float) -> None:
    made = Committer(house.log, house.judge, house.clock, retry_seconds=seconds)
    house.submitter._committer = made


def terminate(house: House, backend: int) -> None:
    """End a backend from another connection, and wait until it is gone."""
    with database.writing(house.log.engine) as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backend})


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(
    ("words", "when"),
    [
        (b"FOR UPDATE", "before"),
        (b"FOR UPDATE", "after"),
        (b"INSERT INTO entry", "before"),
        (b"UPDATE head", "after"),
        (b"COMMIT\0", "before"),
        (b"COMMIT\0", "after"),
    ],
)
def test_a_wire_cut_anywhere_costs_neither_a_duplicate_nor_a_gap(
    line: tuple[House, Wire], words: bytes, when: str, times: int
) -> None:
    house, cable = line
    house.submit(person("before"))
    cable.cut(words, when, times=times)  # type: ignore[arg-type]
    events = [person(f"P{number}") for number in range(3)]
    receipts = [house.submit(event, f"k{at}") for at, event in enumerate(events)]
    assert cable.cuts == times
    assert [receipt.sequence for receipt in receipts] == [3, 4, 5]
    for receipt in receipts:
        assert house.log.entry(receipt.sequence).leaf == receipt.leaf_hash
    assert [house.submit(event, f"k{at}").sequence for at, event in enumerate(events)] == [3, 4, 5]
    assert_whole(house, 6)


@pytest.mark.parametrize("statement", ["FOR UPDATE", "INSERT INTO checkpoint", "UPDATE head"])
def test_a_backend_that_is_terminated_in_the_middle_is_replaced(
    pg_house: House, statement: str
) -> None:
    house = pg_house
    ended: list[int] = []

    def end(connection: Any, cursor: object, sql: str, *_: object) -> None:
        del cursor
        if statement in sql and not ended:
            ended.append(connection.connection.dbapi_connection.info.backend_pid)
            terminate(house, ended[0])

    sqlalchemy_event.listen(house.log.engine, "after_cursor_execute", end)
    assert house.submit(person(), "k").sequence == 2
    assert len(ended) == 1
    assert_whole(house, 3)


@pytest.mark.parametrize("commit_was_done", [False, True])
def test_who_can_not_find_out_says_so_and_the_key_tells_later(
    line: tuple[House, Wire], commit_was_done: bool
) -> None:
    house, cable = line
    house.submit(person("before"))
    be_impatient(house, 0.5)
    when = "after" if commit_was_done else "before"
    cable.cut(b"COMMIT\0", when, then=lambda: setattr(cable, "down", True))  # type: ignore[arg-type]
    event = person()
    with pytest.raises(InDoubtError) as doubt:
        house.submit(event, "k")
    assert doubt.value.code == "commit-in-doubt"
    start = time.monotonic()
    with pytest.raises(OutsideError) as refused:
        house.submit(person(), "other")
    assert refused.value.code == "database-lost"
    assert time.monotonic() - start < 0.4
    cable.down = False
    receipt = house.submit(event, "k")
    assert (receipt.sequence, receipt.replayed) == (3, commit_was_done)
    assert house.submit(person(), "other").sequence == 4
    assert_whole(house, 5)


def test_a_commit_that_is_lost_every_time_ends_with_a_typed_error(
    line: tuple[House, Wire],
) -> None:
    house, cable = line
    house.submit(person("before"))
    be_impatient(house, 0.3)
    cable.cut(b"COMMIT\0", "before", times=10_000)
    with pytest.raises(OutsideError) as failed:
        house.submit(person(), "k")
    assert failed.value.code in {"database-lost", "commit-in-doubt"}
    assert cable.cuts > 1
    cable.cut(b"COMMIT\0", "before", times=0)
    assert not house.submit(person(), "k2").replayed
    assert_whole(house, 4)


def test_a_retry_at_another_process_gets_the_receipt_of_a_lost_answer(
    pg_house: House, line: tuple[House, Wire]
) -> None:
    house, cable = line
    event = person()
    be_impatient(house, 0.2)
    cable.cut(b"COMMIT\0", "after", then=lambda: setattr(cable, "down", True))
    with pytest.raises(InDoubtError):
        house.submit(event, "k")
    receipt = pg_house.submit(event, "k")
    assert (receipt.sequence, receipt.replayed) == (2, True)
    guarded = pg_house.log.guard.read(pg_house.log.origin)
    assert guarded is not None
    assert guarded.size == 3
    assert_whole(pg_house, 3)


def test_what_others_recorded_meanwhile_does_not_hide_a_lost_answer(
    pg_house: House, line: tuple[House, Wire]
) -> None:
    """The read-back looks for the entry in the history, not for the head as it was."""
    house, cable = line
    cable.cut(b"COMMIT\0", "after", then=lambda: assert_recorded(pg_house, 3))
    assert house.submit(person(), "mine").sequence == 2
    assert_whole(house, 4)


def assert_recorded(house: House, sequence: int) -> None:
    assert house.submit(person(), "theirs").sequence == sequence


def test_a_read_back_that_finds_the_head_held_does_not_claim_that_nothing_was_recorded(
    pg_house: House, line: tuple[House, Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, cable = line
    house.log.engine.dispose()
    monkeypatch.setattr(database, "BUSY_SECONDS", 1)
    plain = pg_house.log.engine.url.set(drivername="postgresql").render_as_string()
    event = person()
    with psycopg.connect(plain) as other:
        cable.cut(b"COMMIT\0", "after", then=lambda: other.execute("SELECT * FROM head FOR UPDATE"))
        with pytest.raises(InDoubtError) as doubt:
            house.submit(event, "k")
    assert doubt.value.code == "commit-in-doubt"
    receipt = house.submit(event, "k")
    assert (receipt.sequence, receipt.replayed) == (2, True)
    assert_whole(house, 3)


def test_a_deadlock_is_resolved_and_the_commit_tried_again(
    pg_house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house = pg_house
    plain = house.log.engine.url.set(drivername="postgresql").render_as_string()
    receipts: list[int] = []
    with psycopg.connect(plain) as other:
        other.execute("SET deadlock_timeout = '20s'")
        other.execute("LOCK TABLE idempotency IN ACCESS EXCLUSIVE MODE")
        asking = threading.Thread(
            target=lambda: receipts.append(house.submit(person(), "k").sequence)
        )
        asking.start()
        wait_for_lock(plain, "idempotency")
        other.execute("SELECT * FROM head FOR UPDATE")
    asking.join()
    assert receipts == [2]
    assert "deadlock detected" in caplog.text
    assert_whole(house, 3)


def wait_for_lock(url: str, table: str) -> None:
    """Return when somebody waits for a lock of the table."""
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
    with psycopg.connect(url, autocommit=True) as connection:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            (number,) = connection.execute(waits, (table,)).fetchone() or (0,)
            if number:
                return
            time.sleep(0.01)
    raise AssertionError(f"nobody waits for {table}")


def test_serialization_failures_are_tried_again(
    pg_house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Under isolation SERIALIZABLE the second of two who want the head is refused (40001)."""
    name = pg_house.log.engine.url.database
    with database.writing(pg_house.log.engine) as connection:
        words = f'ALTER DATABASE "{name}" SET default_transaction_isolation = serializable'
        connection.execute(text(words))
    pg_house.log.engine.dispose()
    logs = [pg_house.reopened() for _ in range(3)]
    doors = [Submitter(log, pg_house.judge) for log in logs]
    found: list[int] = []

    def ask(door: Submitter) -> None:
        found.extend(door.submit(pg_house.service, person()).sequence for _ in range(25))

    asking = [threading.Thread(target=ask, args=(door,)) for door in doors for _ in range(2)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    for door, log in zip(doors, logs, strict=True):
        door.close()
        log.engine.dispose()
        log.guard.close()
    assert sorted(found) == list(range(2, 152))
    assert "could not serialize access" in caplog.text
    assert_whole(pg_house, 152)


def test_a_process_that_stands_still_with_the_lock_does_not_stop_the_others(
    pg_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever holds the head's lock and is silent is ended by the server."""
    pg_house.log.engine.dispose()
    monkeypatch.setattr(database, "SILENT_SECONDS", 1)
    stopped = pg_house.reopened()
    with pytest.raises(OutsideError) as ended:
        hold_still(stopped, pg_house)
    assert ended.value.code == "database-lost"
    stopped.engine.dispose()
    stopped.guard.close()
    assert_whole(pg_house, 3)


def hold_still(stopped: Log, other: House) -> None:
    """Take the head's lock, stand still while another is served, then go on."""
    with database.writing(stopped.engine) as connection:
        connection.execute(text("SELECT * FROM head FOR UPDATE"))
        assert other.submit(person()).sequence == 2
        connection.execute(text("SELECT 1"))


def test_a_lock_held_too_long_is_a_typed_error_and_service_goes_on(
    pg_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    pg_house.log.engine.dispose()
    monkeypatch.setattr(database, "BUSY_SECONDS", 1)
    plain = pg_house.log.engine.url.set(drivername="postgresql").render_as_string()
    with psycopg.connect(plain) as other:
        other.execute("SELECT * FROM head FOR UPDATE")
        with pytest.raises(BusyError) as busy:
            pg_house.submit(person())
    assert busy.value.code == "database-busy"
    assert "Nothing was recorded" in busy.value.remedy
    assert pg_house.submit(person()).sequence == 2
    assert_whole(pg_house, 3)


def test_a_commit_is_durable_though_the_server_says_otherwise(pg_house: House) -> None:
    """The server of the tests has synchronous_commit off; sessions of the ledger have it on."""
    with database.reading(pg_house.log.engine) as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
        assert connection.execute(text("SHOW lock_timeout")).scalar_one() == "30s"
    plain = pg_house.log.engine.url.set(drivername="postgresql").render_as_string()
    with psycopg.connect(plain) as other:
        assert other.execute("SHOW synchronous_commit").fetchone() == ("off",)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_server_that_is_killed_while_it_commits_and_started_again_is_waited_for(
    tmp_path: Path, when: Literal["before", "after"]
) -> None:
    server = start_postgres()
    try:
        server.wait()
        house = build(server.url(server.create()), tmp_path)
        with tempfile.TemporaryDirectory(prefix="wire-") as folder:
            place = Path(folder) / "w"
            with wire(server.folder, place) as cable:
                url = make_url(house.url).update_query_dict({"host": str(place)})
                house.url = url.render_as_string(hide_password=False)
                log = house.reopened()
                door = Submitter(log, house.judge, now=house.clock)

                crashed = threading.Event()

                def crash() -> None:
                    server.crash()
                    crashed.set()

                found: list[int] = []
                cable.cut(b"COMMIT\0", when, then=crash)
                asking = threading.Thread(
                    target=lambda: found.append(door.submit(house.service, person(), "k").sequence)
                )
                asking.start()
                assert crashed.wait(10)
                # By this thread: the server is told to end when the thread that began it ends.
                server.start_again()
                asking.join()
                assert found == [2]
                assert door.submit(house.service, person(), "l").sequence == 3
                assert cable.cuts == 1
                assert_whole(house, 4)
                door.close()
                for one in (log, house.log):
                    one.engine.dispose()
                    one.guard.close()
    finally:
        server.stop()

"""A log and its guard: races, a guard that is away for a moment, and one that contradicts."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ledger import log as log_module
from ledger.audit import audit
from ledger.errors import InDoubtError, IntegrityError, LedgerError, OutsideError
from ledger.keys.keyring import open_keyring
from ledger.log import guarded_head, open_log
from ledger.publish import Publisher
from ledger.store.database import open_engine
from ledger.store.guards import Guard, Guarded, open_guard
from ledger.submit import Submitter
from tests.tools.house import person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ledger.log import Log
    from tests.tools.house import House


@dataclass
class Meddled:
    """A real guard, with something that happens right before each swap."""

    inner: Guard
    before_swap: Callable[[Meddled], None]
    swaps: list[tuple[int, bool]] = field(default_factory=list)

    def prepare(self) -> None:
        self.inner.prepare()

    def read(self, origin: str) -> Guarded | None:
        return self.inner.read(origin)

    def swap(self, origin: str, old: Guarded | None, new: Guarded) -> bool:
        self.before_swap(self)
        moved = self.inner.swap(origin, old, new)
        self.swaps.append((new.size, moved))
        return moved

    def close(self) -> None:
        self.inner.close()


@pytest.fixture
def second(house: House) -> Iterator[Log]:
    """The same log, opened by another process as it were."""
    log = house.reopened()
    yield log
    log.guard.close()
    log.engine.dispose()


def heads(house: House, number: int) -> list[Guarded]:
    """The guard's content after each of ``number`` entries, with the guard left at the first."""
    log, found = house.log, []
    for _ in range(number):
        house.submit(person())
        found.append(guarded_head(log.head()))
    assert log.guard.swap(log.origin, found[-1], found[0])
    return found


def test_a_swap_that_is_lost_to_another_process_is_followed_up(house: House, second: Log) -> None:
    """The other one moves the guard part of the way, each time, right before our swap."""
    found = heads(house, 4)
    steps = list(pairwise(found[:3]))

    def move_one_step(meddled: Meddled) -> None:
        if steps:
            assert meddled.inner.swap(second.origin, *steps.pop(0))

    meddled = Meddled(second.guard, move_one_step)
    second.guard = meddled
    second.check_guard()
    assert [moved for _, moved in meddled.swaps] == [False, False, True]
    assert second.guard.read(second.origin) == found[3]
    assert second.alarm == ""


def test_a_guard_that_another_process_moved_beyond_our_head_is_consistent(
    house: House, second: Log
) -> None:
    found = heads(house, 2)

    def grow(meddled: Meddled) -> None:
        if not meddled.swaps:
            assert meddled.inner.swap(second.origin, found[0], found[1])
            house.submit(person())

    second.guard = Meddled(second.guard, grow)
    second.check_guard()
    kept = second.guard.read(second.origin)
    assert kept is not None
    assert kept.size == house.log.head().size == found[1].size + 1


def test_a_race_that_is_lost_to_another_history_is_an_alarm(house: House, second: Log) -> None:
    found = heads(house, 3)
    forged = Guarded(found[1].size, b"\x01" * 32, found[1].checkpoint)

    def forge(meddled: Meddled) -> None:
        meddled.inner.swap(second.origin, found[0], forged)

    second.guard = Meddled(second.guard, forge)
    with pytest.raises(IntegrityError) as refused:
        second.check_guard()
    assert refused.value.code == "forked-from-guard"


def test_a_guard_that_others_move_for_ever_is_given_up(
    house: House, second: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "_GUARD_SECONDS", 0.2)
    found = heads(house, 3)
    places = [found[0], found[1]]

    def to_and_fro(meddled: Meddled) -> None:
        assert meddled.inner.swap(second.origin, *places)
        places.reverse()

    second.guard = Meddled(second.guard, to_and_fro)
    with pytest.raises(OutsideError) as refused:
        second.check_guard()
    assert refused.value.code == "guard-failed"
    assert second.alarm == ""


def test_a_receipt_is_given_only_when_the_guard_covers_it_also_under_a_race(
    house: House, second: Log
) -> None:
    """Our swap is lost, and the winner's checkpoint does not cover our entry yet."""
    start = guarded_head(house.log.head())
    house.log.guard, true = Meddled(house.log.guard, lambda _: None), house.log.guard

    def lose(meddled: Meddled) -> None:
        if not meddled.swaps:
            # Another note for the same tree, swapped in and out: our compare fails once.
            empty = Guarded(start.size - 1, second_root(house.log, start.size - 1), "")
            assert true.swap(house.log.origin, start, empty)

    house.log.guard = Meddled(true, lose)
    receipt = house.submit(person())
    kept = true.read(house.log.origin)
    assert kept is not None
    assert kept.size > receipt.sequence
    assert house.log.alarm == ""


def second_root(log: Log, size: int) -> bytes:
    with log.engine.connect() as connection:
        return log.root_at(connection, size)


def folder_guarded(house: House) -> Log:
    """The log under a guard in a folder, which can be taken away."""
    guard = open_guard((house.folder / "mounted").as_uri())
    log = open_log(open_engine(house.url), "main", open_keyring(house.folder / "keys"), guard)
    if not (house.folder / "mounted").exists():
        log.begin_guard()
    return open_log(log.engine, "main", log.keyring, guard)


@pytest.fixture
def mounted(house: House) -> Iterator[House]:
    """A house whose guard lies in a folder."""
    house.log.guard.close()
    house.log.engine.dispose()
    house.log = folder_guarded(house)
    house.submitter = Submitter(house.log, house.judge, now=house.clock)
    yield house
    house.log.engine.dispose()


def unmount(house: House) -> None:
    (house.folder / "mounted").rename(house.folder / "unmounted")


def mount(house: House) -> None:
    (house.folder / "unmounted").rename(house.folder / "mounted")


def test_a_log_whose_guard_is_away_opens_without_an_alarm_and_heals(mounted: House) -> None:
    size = mounted.log.head().size
    unmount(mounted)
    guard = open_guard((mounted.folder / "mounted").as_uri())
    log = open_log(mounted.log.engine, "main", mounted.log.keyring, guard)
    assert log.alarm == ""
    assert "mounted" in log.guard_away
    door = Submitter(log, mounted.judge, now=mounted.clock)
    event = person()
    for _ in range(2):
        with pytest.raises(InDoubtError) as refused:
            door.submit(mounted.service, event, "k")
        assert refused.value.code == "guard-failed"
    # Nothing is recorded that could not be promised, and reading goes on.
    assert log.head().size == size
    assert log.entry(0).kind == "log.created"
    mount(mounted)
    receipt = door.submit(mounted.service, event, "k")
    assert (receipt.sequence, receipt.replayed) == (size, False)
    assert (log.alarm, log.guard_away) == ("", "")
    door.close()
    assert audit(log).sound


def test_a_guard_that_goes_away_while_serving_stops_recording_until_it_is_back(
    mounted: House,
) -> None:
    size = mounted.log.head().size
    unmount(mounted)
    event, other = person(), person()
    with pytest.raises(InDoubtError) as refused:
        mounted.submit(event, "k")
    assert refused.value.code == "guard-failed"
    with pytest.raises(InDoubtError):
        mounted.submit(other, "other")
    # The first was recorded before anybody knew; after it nothing was.
    assert mounted.log.head().size == size + 1
    mount(mounted)
    receipt = mounted.submit(event, "k")
    assert (receipt.sequence, receipt.replayed) == (size, True)
    assert mounted.submit(other, "other").sequence == size + 1
    assert mounted.log.alarm == ""


def test_a_guard_that_was_away_and_says_otherwise_when_it_is_back_is_an_alarm(
    mounted: House,
) -> None:
    """Away for a moment must not be a way around the guard."""
    log = mounted.log
    unmount(mounted)
    with pytest.raises(InDoubtError):
        mounted.submit(person(), "k")
    mount(mounted)
    there = log.guard.read(log.origin)
    assert there is not None
    note = log.sign_checkpoint(there.size, b"\x07" * 32).decode()
    assert log.guard.swap(log.origin, there, Guarded(there.size, b"\x07" * 32, note))
    with pytest.raises(IntegrityError) as refused:
        mounted.submit(person(), "k2")
    assert refused.value.code == "forked-from-guard"
    assert "another history" in log.alarm
    with pytest.raises(IntegrityError) as refused:
        mounted.submit(person(), "k3")
    assert refused.value.code == "ledger-read-only"


def test_a_verifier_without_the_guard_does_not_say_verified(mounted: House) -> None:
    """Who rolls the database back and cuts the guard off must not hear that all is well."""
    unmount(mounted)
    found = audit(mounted.log)
    assert [(one.table, one.code) for one in found.problems] == [("guard", "guard-failed")]
    assert found.trusted_size == mounted.log.head().size
    mount(mounted)
    assert audit(mounted.log).sound


def test_a_damaged_guard_is_an_alarm_that_names_the_guard(mounted: House) -> None:
    for file in (mounted.folder / "mounted").glob("*.checkpoint"):
        file.write_bytes(b"gone wrong")
    log = folder_guarded(mounted)
    assert log.alarm.startswith("The guard is damaged")
    assert not audit(log).sound
    log.engine.dispose()


def test_nothing_is_published_while_the_guard_is_away(mounted: House) -> None:
    unmount(mounted)
    publisher = Publisher(mounted.log, now=mounted.clock)
    with pytest.raises(OutsideError) as refused:
        publisher.publish()
    assert refused.value.code == "guard-failed"
    mount(mounted)
    assert publisher.publish().size == mounted.log.head().size
    publisher.close()


def test_a_database_that_is_away_is_no_alarm(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening says so and may be tried again; it does not call the ledger tampered with."""

    def away(log: Log) -> None:
        raise OutsideError("The database can't be read: it is gone.", code="database-lost")

    monkeypatch.setattr(log_module, "_check_end", away)
    known = house.log
    with pytest.raises(OutsideError) as refused:
        open_log(known.engine, "main", known.keyring, known.guard)
    assert refused.value.code == "database-lost"
    monkeypatch.undo()
    log = house.reopened()
    assert log.alarm == ""
    log.guard.close()
    log.engine.dispose()


def test_two_processes_that_record_at_once_leave_the_guard_at_the_head(
    house: House, second: Log
) -> None:
    doors = [house.submitter, Submitter(second, house.judge, now=house.clock)]
    failures: list[LedgerError] = []

    def record(door: Submitter) -> None:
        try:
            for _ in range(8):
                door.submit(house.service, person())
        except LedgerError as error:
            failures.append(error)

    threads = [threading.Thread(target=record, args=(door,)) for door in doors for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    doors[1].close()
    assert not failures
    kept = house.log.guard.read(house.log.origin)
    assert kept == guarded_head(house.log.head())
    assert kept.size == 2 + 4 * 8

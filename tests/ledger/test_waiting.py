"""The line is bounded, callers are taken in turn, and nobody waits for ever."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ledger.audit import audit
from ledger.batch import Asked
from ledger.errors import BusyError, InDoubtError, InputError
from ledger.events.actor import Actor
from ledger.submit import Submitter
from ledger.waiting import GAP, MOST_GATHERING, MOST_IN_A_COMMIT, SMALL, Unit, Waiting
from tests.tools.house import person

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tools.house import House

EVENT = person()


def unit(actor: str, commands: int = 1) -> Unit:
    who = Actor(id=actor * 32, type="workload", via="token")
    return Unit(who, tuple(Asked(EVENT) for _ in range(commands)))


def actors(units: list[Unit]) -> str:
    return "".join(one.actor.id[0] for one in units)


class Stopped:
    """A clock that stands where it is put."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_line_is_bounded_by_commands_not_by_callers() -> None:
    line = Waiting(most_commands=100)
    line.put(unit("a", 99))
    with pytest.raises(BusyError):
        line.put(unit("b", 2))
    line.put(unit("b"))
    with pytest.raises(BusyError):
        line.put(unit("c"))
    line.take()
    line.put(unit("c", 99))


def test_the_line_is_bounded_by_bytes() -> None:
    size = unit("a").size()
    assert size > len(EVENT.model_dump_json()) - 1
    line = Waiting(most_bytes=3 * size)
    for actor in "abc":
        line.put(unit(actor))
    with pytest.raises(BusyError):
        line.put(unit("d"))


def test_what_could_never_wait_is_the_askers_to_mend() -> None:
    with pytest.raises(InputError) as refused:
        Waiting(most_commands=10).put(unit("a", 11))
    assert refused.value.code == "too-large"


def test_an_actor_with_a_long_line_delays_another_by_one_unit() -> None:
    line = Waiting()
    for _ in range(3 * MOST_IN_A_COMMIT):
        line.put(unit("a"))
    line.put(unit("b"))
    line.put(unit("c"))
    assert actors(line.take())[:4] == "abca"


def test_a_commit_is_limited_and_the_rest_comes_next() -> None:
    line = Waiting()
    for _ in range(MOST_IN_A_COMMIT + 3):
        line.put(unit("a"))
    assert len(line.take()) == MOST_IN_A_COMMIT
    assert len(line.take()) == 3


def test_after_a_large_commit_the_small_ones_have_as_much_time() -> None:
    clock = Stopped()
    line = Waiting(clock=clock)
    for _ in range(3):
        line.put(unit("e", 1_000))
    line.put(unit("a"))
    first = line.take()
    assert actors(first) == "ae"
    line.ended(first, 0.3)
    for _ in range(3):
        line.put(unit("a"))
        assert actors(line.take()) == "a"
        clock.now += 0.09
    line.put(unit("a"))
    clock.now += 0.09
    assert actors(line.take()) == "ae"


def test_large_ones_do_not_wait_where_no_small_ones_are_about() -> None:
    clock = Stopped()
    line = Waiting(clock=clock)
    for _ in range(3):
        line.put(unit("e", SMALL + 1 + MOST_IN_A_COMMIT))
    for _ in range(3):
        taken = line.take()
        assert actors(taken) == "e"
        line.ended(taken, 5.0)


def test_a_small_one_is_waited_for_only_a_moment() -> None:
    """The clock stands still; only the small ones' absence lets the large one go."""
    line = Waiting(clock=Stopped())
    line.put(unit("e", 600))
    line.put(unit("e", 600))
    line.put(unit("a"))
    line.ended(line.take(), 1.0)
    assert actors(line.take()) == "e"


def answered(line: Waiting, callers: str) -> None:
    """Let some callers be answered together; they are about from then on."""
    for actor in callers:
        line.put(unit(actor))
    while callers:
        taken = line.take()
        line.ended(taken, 0.01)
        callers = callers[len(taken) :]


def test_who_was_answered_a_moment_ago_is_waited_for() -> None:
    line = Waiting()
    answered(line, "abc")
    taken: list[str] = []
    committing = threading.Thread(target=lambda: taken.append(actors(line.take())))
    line.put(unit("a"))
    committing.start()
    line.put(unit("b"))
    line.put(unit("c"))
    committing.join(10)
    assert taken == ["abc"]


def test_who_does_not_come_is_not_waited_for_twice() -> None:
    """The clock stands still: each look finds nobody new, which ends the waiting."""
    line = Waiting(clock=Stopped())
    answered(line, "abc")
    line.put(unit("a"))
    first = line.take()
    assert actors(first) == "a"
    line.ended(first, 0.01)
    assert line._about == 1


def test_waiting_for_others_ends_though_they_go_on_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Stopped()
    line = Waiting(clock=clock)
    answered(line, "a" * 100)
    line.put(unit("a"))
    looks = 0

    def another(condition: Callable[[], bool], seconds: float) -> bool:
        nonlocal looks
        looks += 1
        clock.now += seconds
        line.put(unit("b"))
        return condition()

    monkeypatch.setattr(line._changed, "wait_for", another, raising=True)
    # The line is not empty, so every look is one of those for others.
    line._gather()
    assert looks == pytest.approx(MOST_GATHERING / GAP, abs=1)


def test_a_large_one_is_not_kept_waiting_by_those_who_are_about() -> None:
    line = Waiting(clock=Stopped())
    answered(line, "abcd")
    line.put(unit("a"))
    line.put(unit("e", 600))
    assert actors(line.take()) == "ae"


def test_large_ones_of_several_actors_go_in_turn() -> None:
    line = Waiting()
    for actor in "eeef":
        line.put(unit(actor, 600))
    assert [actors(line.take()) for _ in range(4)] == ["e", "f", "e", "e"]


def test_who_is_withdrawn_is_not_taken() -> None:
    line = Waiting()
    first, second = unit("a"), unit("a")
    line.put(first)
    line.put(second)
    assert line.withdraw(first)
    assert line.take() == [second]
    assert not line.withdraw(second)


def test_a_closed_line_is_emptied_then_ends() -> None:
    line = Waiting()
    line.put(unit("a"))
    line.close()
    assert actors(line.take()) == "a"
    assert line.take() == []


def test_a_caller_is_told_in_time_that_the_outcome_is_not_known(sqlite_house: House) -> None:
    """One is in the committing thread's hands (not known), one still in line (not recorded)."""
    house = sqlite_house
    begun, go_on = threading.Event(), threading.Event()
    judge = house.judge

    def slow(*asked):  # noqa: ANN002, ANN202
        begun.set()
        assert go_on.wait(30)
        return judge(*asked)

    door = Submitter(house.log, slow, now=house.clock, answer_seconds=0.2)
    errors: list[Exception] = []

    def ask(event, key: str) -> None:  # noqa: ANN001
        try:
            door.submit(house.service, event, key)
        except (InDoubtError, BusyError) as error:
            errors.append(error)

    event = person()
    first = threading.Thread(target=ask, args=(event, "first"))
    first.start()
    assert begun.wait(10)
    ask(person(), "second")
    first.join()
    go_on.set()
    door.close()
    kinds = {type(error): error for error in errors}
    assert kinds[InDoubtError].code == "outcome-unknown"
    assert "nothing was recorded" in str(kinds[BusyError])
    assert house.submit(event, "first").replayed
    assert house.log.head().size == 3
    assert audit(house.log).problems == []


def test_a_full_line_refuses_while_a_commit_is_slow_and_takes_again_after(
    sqlite_house: House,
) -> None:
    house = sqlite_house
    begun, go_on = threading.Event(), threading.Event()
    judge = house.judge

    def slow(*asked):  # noqa: ANN002, ANN202
        begun.set()
        assert go_on.wait(30)
        return judge(*asked)

    door = Submitter(house.log, slow, now=house.clock, waiting=Waiting(most_commands=2))
    asking = [
        threading.Thread(target=door.submit, args=(house.service, person())) for _ in range(3)
    ]
    asking[0].start()
    assert begun.wait(10)
    asking[1].start()
    asking[2].start()
    while door._waiting._commands < 2:
        threading.Event().wait(0.001)
    with pytest.raises(BusyError) as busy:
        door.submit(house.service, person())
    assert busy.value.code == "busy"
    go_on.set()
    for thread in asking:
        thread.join()
    assert door.submit(house.service, person()).sequence == 5
    door.close()


def test_a_committing_thread_that_dies_is_replaced(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = sqlite_house
    with monkeypatch.context() as broken:

        def die(*_: object) -> None:
            raise MemoryError

        broken.setattr(house.submitter._committer, "commit", die)
        with pytest.raises(Exception, match="MemoryError") as told:
            house.submit(person())
        assert getattr(told.value, "code", "") == "commit-failed"
    assert house.submit(person()).sequence == 2

"""What waits to be recorded: a bounded line from which callers are taken in turn.

Rules:

* bounded by commands and by bytes; what does not fit is refused at once (``BusyError``), never
  dropped later;
* in turn by actor, not by arrival: an actor who has a thousand units in line delays another's
  by one unit, not by a thousand;
* who was answered a moment ago is likely to ask again. So a commit begins when as many small units
  wait as callers were about, or no other came for ``GAP``, ``MOST_GATHERING`` at most: many share
  its one write to disk, and it need not vie with their threads for the interpreter. Who is alone
  waits for nobody;
* a *small* unit (at most ``SMALL`` commands) goes with the next commit. A larger one, whose commit
  takes long, waits until the small ones had as much time as the last large commit took, and goes at
  once where no small ones are about. So each kind gets at least half of the time while both ask,
  and neither can starve the other.

This is deficit round-robin (Shreedhar and Varghese, 1995) with two classes, and seconds of the
committing thread as the coin.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ledger.errors import BusyError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.batch import Asked
    from ledger.events.actor import Actor
    from ledger.receipt import Receipt

MOST_COMMANDS: Final = 10_000
MOST_BYTES: Final = 64 * 1024 * 1024
MOST_IN_A_COMMIT: Final = 512
SMALL: Final = 32
# Callers of small units ask again within this time, or are taken to have gone.
_ABOUT_SECONDS: Final = 0.01
GAP: Final = 0.004
MOST_GATHERING: Final = 0.05
# However long a large commit took, the next one need not wait longer for its turn.
_MOST_TURN_SECONDS: Final = 2.0


@dataclass(frozen=True, eq=False)
class Unit:
    """The commands of one caller, who waits for the future: all or nothing."""

    actor: Actor
    asked: tuple[Asked, ...]
    answer: Future[list[Receipt]] = field(default_factory=Future)

    @property
    def commands(self) -> int:
        """How many commands."""
        return len(self.asked)

    def size(self) -> int:
        """Bytes of the commands as JSON, private texts included: what they keep in memory."""
        return sum(len(one.event.model_dump_json()) + len(one.key) for one in self.asked)


class _Turns:
    """Units by actor; the actor who was served goes to the end."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, deque[Unit]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, unit: Unit) -> None:
        self._lines.setdefault(unit.actor.id, deque()).append(unit)

    def first(self) -> Unit:
        return next(iter(self._lines.values()))[0]

    def next(self) -> Unit:
        actor, line = self._lines.popitem(last=False)
        unit = line.popleft()
        if line:
            self._lines[actor] = line
        return unit

    def remove(self, unit: Unit) -> bool:
        line = self._lines.get(unit.actor.id)
        if line is None or unit not in line:
            return False
        line.remove(unit)
        if not line:
            del self._lines[unit.actor.id]
        return True


class Waiting:
    """The line. ``put`` and ``withdraw`` are for any thread, ``take`` for the one that commits."""

    def __init__(
        self,
        *,
        most_commands: int = MOST_COMMANDS,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = (most_commands, most_bytes)
        self._clock = clock
        self._changed = threading.Condition()
        self._small = _Turns()
        self._large = _Turns()
        self._sizes: dict[Unit, int] = {}
        self._commands = 0
        self._bytes = 0
        self._closed = False
        self._about = 1
        self._wanted = 1
        self._large_from = 0.0
        self._small_seen = False

    def put(self, unit: Unit) -> None:
        """Add a unit.

        Raises:
            InputError: it is more than ever waits.
            BusyError: it does not fit now.
        """
        size = unit.size()
        if unit.commands > self._most[0] or size > self._most[1]:
            raise InputError(
                f"At most {self._most[0]} commands and {self._most[1]} bytes are taken at once.",
                code="too-large",
                remedy="Send them in several parts.",
            )
        with self._changed:
            full = (
                self._commands + unit.commands > self._most[0] or self._bytes + size > self._most[1]
            )
            if full:
                raise BusyError(
                    "Too many commands wait to be recorded.", remedy="Try again in a second."
                )
            self._sizes[unit] = size
            self._commands += unit.commands
            self._bytes += size
            small = unit.commands <= SMALL
            (self._small if small else self._large).add(unit)
            if not small or len(self._sizes) >= self._wanted:
                self._changed.notify()

    def withdraw(self, unit: Unit) -> bool:
        """Take a unit out of the line; False when it is in the committing thread's hands."""
        with self._changed:
            there = self._small.remove(unit) or self._large.remove(unit)
            if there:
                self._forget(unit)
            return there

    def take(self) -> list[Unit]:
        """Wait for something, and take one commit's worth; nothing once closed and empty."""
        with self._changed:
            units: list[Unit] = []
            while not units:
                self._changed.wait_for(lambda: self._small or self._large or self._closed)
                if not self._small and not self._large:
                    break
                self._gather()
                large = bool(self._large) and self._is_turn_of_large()
                units = self._next_units(large=large)
            for unit in units:
                self._forget(unit)
            return units

    def _gather(self) -> None:
        """Let those come who are about; the lock is free meanwhile."""
        until = self._clock() + MOST_GATHERING
        self._wanted = min(self._about, MOST_IN_A_COMMIT)
        while (before := len(self._sizes)) < self._wanted and not self._large:
            left = min(GAP, until - self._clock())
            enough = self._changed.wait_for(self._is_enough, max(left, 0.0))
            if enough or left < GAP or len(self._sizes) == before:
                break
        self._wanted = 1

    def _is_enough(self) -> bool:
        return bool(self._large) or self._closed or len(self._sizes) >= self._wanted

    def _next_units(self, *, large: bool) -> list[Unit]:
        """Small units in turn; and large ones, at least one, if it is their turn."""
        units: list[Unit] = []
        commands = 0
        while self._small and commands + self._small.first().commands <= MOST_IN_A_COMMIT:
            units.append(self._small.next())
            commands += units[-1].commands
        self._small_seen = self._small_seen or bool(units)
        beside = len(units)
        while large and self._large:
            more = commands + self._large.first().commands
            if len(units) > beside and more > MOST_IN_A_COMMIT:
                break
            units.append(self._large.next())
            commands = more
        return units

    def ended(self, units: list[Unit], seconds: float) -> None:
        """Tell how long a commit took, by which the turns are dealt, and for whom it was."""
        with self._changed:
            self._about = len(units) + len(self._sizes)
        if not any(unit.commands > SMALL for unit in units):
            return
        with self._changed:
            pause = min(seconds, _MOST_TURN_SECONDS) if self._small_seen or self._small else 0.0
            self._large_from = self._clock() + pause
            self._small_seen = False

    def open(self) -> None:
        """Take units again after ``close``."""
        with self._changed:
            self._closed = False

    def close(self) -> None:
        """Let ``take`` return nothing when the line is empty."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _is_turn_of_large(self) -> bool:
        """Whether a large unit goes now; waits a moment for small ones whose turn it is."""
        left = self._large_from - self._clock()
        if left <= 0 or self._closed:
            return True
        if self._small:
            return False
        return not self._changed.wait_for(
            lambda: bool(self._small) or self._closed, min(left, _ABOUT_SECONDS)
        )

    def _forget(self, unit: Unit) -> None:
        self._commands -= unit.commands
        self._bytes -= self._sizes.pop(unit)

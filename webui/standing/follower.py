"""Follows the entries and keeps the controls up, in a thread of its own while the service runs.

Rules:

* A step takes few entries, in a short reading transaction, and stores what they changed in one
  that writes; of several servers one stores, the others look again.
* Once all entries are taken the verdicts are worked out and held against those before. What turned
  is kept, and told to whoever subscribed to it (``alerts``).
* Where the tests or the frameworks are others than those that the state was kept for, it is thrown
  away and made again; a verdict that turns by that is marked so and nobody is alarmed. So it is
  where it holds more entries than the ledger, which was put back.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from ledger.errors import ConflictError, LedgerError
from ledger.events.entry import decode_entry
from ledger.events.names import format_instant
from ledger.publication import publication_state
from ledger.state.concerns import about
from ledger.state.history import Recorded
from ledger.store import standing as store
from ledger.store.database import reading, writing
from ledger.store.entries import read_envelopes, read_head
from ledger.store.standing import Turn
from policies.controls.outside import Anchor, Integrity
from policies.controls.standing.keep import take
from policies.controls.standing.matrix import assessed, standing
from policies.controls.standing.pieces import pieces_of
from policies.controls.standing.state import State
from webui.frameworks import every_framework
from webui.issuing import anchors
from webui.standing.alerts import plan_alerts
from webui.standing.results import RESULT, SEEN, as_kept
from webui.standing.source import Entries, Memory, Rows, keep
from webui.wiring import generator

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from policies.controls.mapping import Framework
    from webui.wiring import Wiring

BASIS: Final = "basis"
AS_OF: Final = "as_of"
SECONDS: Final = 5.0
ENTRIES_AT_ONCE: Final = 200
# After each step of the thread it rests so many times as long: it is in one process with the pages
# and the commits, which come first, and nobody waits for a verdict.
RESTS: Final = 9.0
_LOGGER = logging.getLogger("counterseal.controls")


class Follower:
    """Keeps the controls of one log up: ``catch_up`` once, or ``start`` and ``stop`` a thread."""

    def __init__(
        self, wiring: Wiring, seconds: float = SECONDS, at_once: int = ENTRIES_AT_ONCE
    ) -> None:
        self._wiring = wiring
        self._seconds = seconds
        self._at_once = at_once
        self._memory = Memory()
        self._frameworks: tuple[Framework, ...] = ()
        self._pieces = pieces_of((), "")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counterseal-controls", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a step under way is finished first."""
        self._stop.set()
        self._thread.join()

    def forget(self) -> None:
        """Throw away what is kept; when verdicts turned stays known."""
        with writing(self._wiring.engine) as connection:
            store.forget_state(connection, self._wiring.log.log_id, kept=RESULT)
            store.keep_notes(connection, self._wiring.log.log_id, {SEEN: {}})

    def catch_up(self, *, sparing: bool = False) -> int:
        """Take every entry there is, and work the verdicts out; after how many entries.

        Args:
            sparing: rest between steps, for the sake of who is served meanwhile.

        Raises:
            LedgerError: the database failed; what was taken stands.
        """
        self.look()
        self._begin_anew_where_needed()
        begun = time.perf_counter()
        while not self._stop.is_set() and self._step():
            if sparing:
                self._stop.wait(RESTS * (time.perf_counter() - begun))
            begun = time.perf_counter()
        return self._settle()

    def look(self) -> None:
        """See which frameworks there are now."""
        self._frameworks = every_framework(self._wiring.reader)
        self._pieces = pieces_of(self._frameworks, generator())

    def _run(self) -> None:
        while True:
            try:
                if not self._wiring.log.alarm:
                    self.catch_up(sparing=True)
            except LedgerError as error:
                _LOGGER.warning("the controls can't be kept up now: %s", error.code)
            except Exception:
                _LOGGER.exception("keeping the controls up failed unexpectedly")
            if self._stop.wait(self._seconds):
                return

    def _begin_anew_where_needed(self) -> None:
        engine, log_id = self._wiring.engine, self._wiring.log.log_id
        with reading(engine) as connection:
            basis = store.read_note(connection, log_id, BASIS)
            position = store.read_note(connection, log_id, store.POSITION) or 0
            size = read_head(connection, log_id).size
        if basis == self._pieces.digest and position <= size:
            return
        with writing(engine) as connection:
            store.forget_state(connection, log_id, kept=RESULT)
            store.keep_notes(connection, log_id, {BASIS: self._pieces.digest})

    def _step(self) -> bool:
        """Take some entries; whether there were any."""
        engine, log_id = self._wiring.engine, self._wiring.log.log_id
        with reading(engine) as connection:
            seen = store.read_note(connection, log_id, store.POSITION) or 0
            rows = read_envelopes(connection, log_id, seen, seen + self._at_once)
            if not rows:
                return False
            source = self._source(connection)
            state = State(Rows(connection, log_id))
            take(state, source, self._pieces, [_recorded(source, row) for row in rows])
        try:
            with writing(engine) as connection:
                store.move_position(connection, log_id, seen, seen + len(rows))
                keep(connection, log_id, state)
        except ConflictError:
            return True  # another server took them; look again from where it stopped
        return True

    def _settle(self) -> int:
        """Work the verdicts out where all entries were taken since the last time."""
        wiring, log_id = self._wiring, self._wiring.log.log_id
        with reading(wiring.engine) as connection:
            position = store.read_note(connection, log_id, store.POSITION) or 0
            before = store.read_notes(connection, log_id, RESULT)
            seen = before.get(SEEN) or {}
            if not position or read_head(connection, log_id).size != position:
                return position
            same_program = seen.get("basis") == self._pieces.digest
            if same_program and seen.get("position") == position:
                return position
            found = self.results(connection, position)
            as_of = store.read_note(connection, log_id, AS_OF)
        turns = [
            Turn(
                name,
                position,
                as_of,
                one["verdict"],
                before.get(f"{RESULT}{name}", {}).get("verdict", ""),
                "entries" if same_program else "program",
            )
            for name, one in found.items()
            if one["verdict"] != before.get(f"{RESULT}{name}", {}).get("verdict", "")
        ]
        place = {"position": position, "as_of": as_of, "basis": self._pieces.digest}
        self._keep(place, seen, _placed(found, before, turns, place), turns)
        return position

    def _keep(
        self,
        place: dict[str, Any],
        seen: dict[str, Any],
        changed: dict[str, Any],
        turns: list[Turn],
    ) -> None:
        wiring, log_id = self._wiring, self._wiring.log.log_id
        now = format_instant(wiring.now())
        with writing(wiring.engine) as connection:
            newest = store.read_note(connection, log_id, SEEN) or {}
            if newest != seen:
                return  # another server was quicker
            store.keep_notes(connection, log_id, {**changed, SEEN: {**place, "at": now}})
            store.keep_turns(connection, log_id, turns)
            plan_alerts(connection, log_id, self._frameworks, place["position"], now)

    def results(self, connection: Connection, position: int) -> dict[str, dict[str, Any]]:
        """Every control's result from the state, which must hold exactly so many entries."""
        wiring = self._wiring
        state = State(Rows(connection, wiring.log.log_id))
        source = self._source(connection)
        material = standing(state, source, self._pieces, integrity_now(wiring, position))
        found = {}
        for framework in self._frameworks:
            assessment = assessed(framework, material)
            for result in assessment.results:
                found[result.control.id] = as_kept(result)
        return found

    def _source(self, connection: Connection) -> Entries:
        log_id = self._wiring.log.log_id
        registry = self._wiring.reader.registry(connection)
        return Entries(connection, log_id, registry, self._memory)


def _placed(
    found: dict[str, dict[str, Any]],
    before: dict[str, Any],
    turns: list[Turn],
    place: dict[str, Any],
) -> dict[str, Any]:
    """The results that changed, each with the place since which its verdict is what it is."""
    turned = {turn.control for turn in turns}
    changed: dict[str, Any] = {}
    for name, one in found.items():
        held = before.get(f"{RESULT}{name}", {})
        if name in turned or "since" not in held:
            since = {"since": place["position"], "since_at": place["as_of"]}
        else:
            since = {"since": held["since"], "since_at": held["since_at"]}
        if (now := {**one, **since}) != held:
            changed[f"{RESULT}{name}"] = now
    return changed


def integrity_now(wiring: Wiring, position: int) -> Integrity:
    """The ledger as verified when it was opened; whoever holds the newest publication counts.

    A witness can't hold a root before it is published. Counting it only until the next entry would
    turn the verdict with every entry and with every publication.
    """
    published = publication_state(wiring.log).published
    reached = published.size if published else position
    held = (Anchor(one.name, position) if one.size >= reached else one for one in anchors(wiring))
    return Integrity(position, (), tuple(held))


def _recorded(source: Entries, envelope: bytes) -> Recorded:
    entry = decode_entry(envelope)
    return Recorded(entry, about(source.registry, entry.event))

"""How the controls of a framework stand: read from what is kept, never computed for a page.

Every query is bounded: a page costs the same over 1,000 entries and over 1,000,000.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ledger.errors import UnknownSubjectError
from ledger.state.aggregates import ReportState
from ledger.store import folded
from ledger.store import standing as store
from ledger.store.database import reading
from ledger.store.entries import read_head
from policies.controls.finding import VERDICTS, HumanPart, Verdict
from policies.controls.standing.part import standing_scope
from webui.frameworks import every_framework, framework_named
from webui.standing.results import RESULT, SEEN
from webui.standing.shape import Shape

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.query import Reader
    from ledger.store.standing import Turn
    from policies.controls.mapping import Control, Framework
    from webui.wiring import Wiring

MOST_TURNS: Final = 2_000
_UNKNOWN: Final = "No verdict yet: this control was not looked at."


class Row(Shape):
    """A control as it stands. ``since`` is after how many entries its verdict was first seen.

    ``drifted_from`` is the verdict at the last report, where that was another.
    """

    control: str
    ref: str
    title: str
    verdict: Verdict
    human_part: HumanPart
    sentence: str
    population: int
    failed: int
    lacking: int
    since: int
    since_at: str
    drifted_from: Verdict | None = None


class LastReport(Shape):
    """The last report about a framework, over ``position`` entries."""

    entry: int
    report: str
    position: int
    at: str


class Point(Shape):
    """How many controls had each verdict at the end of a month, or now."""

    month: str
    counts: dict[Verdict, int]


class Board(Shape):
    """A framework as it stands after ``position`` entries; ``behind`` more are not taken yet."""

    framework: str
    short: str
    title: str
    position: int
    behind: int
    as_of: str
    period_from: str
    period_until: str
    counts: dict[Verdict, int]
    rows: tuple[Row, ...]
    trend: tuple[Point, ...]
    last_report: LastReport | None

    @property
    def drifted(self) -> tuple[Row, ...]:
        """Controls whose verdict turned since the last report."""
        return tuple(row for row in self.rows if row.drifted_from is not None)

    @property
    def unwritten(self) -> tuple[Row, ...]:
        """Controls whose statement is missing or expired."""
        lacking = {"missing", "expired"}
        return tuple(row for row in self.rows if row.human_part in lacking)


def boards(wiring: Wiring) -> list[Board]:
    """Every framework as it stands."""
    return [board(wiring, one.id) for one in every_framework(wiring.reader)]


def board(wiring: Wiring, name: str) -> Board:
    """A framework as it stands.

    Raises:
        UnknownSubjectError: there is no such framework.
    """
    framework = framework_named(wiring.reader, name)
    log_id = wiring.log.log_id
    names = [control.id for control in framework.controls]
    with reading(wiring.engine) as connection:
        kept = store.read_notes(connection, log_id, f"{RESULT}{framework.id}-")
        seen = store.read_note(connection, log_id, SEEN) or {}
        size = read_head(connection, log_id).size
        report = last_report(connection, log_id, framework)
        then: dict[str, str] = {}
        if report is not None:
            then = store.verdicts_at(connection, log_id, names, report.position)
        turns = store.turns_of(connection, log_id, controls=names, limit=MOST_TURNS)
    rows = tuple(
        row_of(control, kept.get(f"{RESULT}{control.id}"), then.get(control.id))
        for control in framework.controls
    )
    position = seen.get("position", 0)
    as_of = seen.get("as_of", "")
    return Board(
        framework=framework.id,
        short=framework.short,
        title=framework.title,
        position=position,
        behind=size - position,
        as_of=as_of,
        **period_of(as_of),
        counts=_counted(row.verdict for row in rows if row.since_at),
        rows=rows,
        trend=trend_of({row.control: row.verdict for row in rows if row.since_at}, turns, as_of),
        last_report=report,
    )


def period_of(as_of: str) -> dict[str, str]:
    """The days that are looked at, up to that of the last entry; none where there is none."""
    if not as_of:
        return {"period_from": "", "period_until": ""}
    period = standing_scope(as_of).period
    return {"period_from": period.start.isoformat(), "period_until": period.until.isoformat()}


def row_of(control: Control, kept: dict[str, Any] | None, then: str | None = None) -> Row:
    """The row of a control, from what is kept of it."""
    held = kept or {}
    verdict: Verdict = held.get("verdict", "insufficient_evidence")
    before = next((one for one in VERDICTS if one == then), None)
    return Row(
        control=control.id,
        ref=control.ref,
        title=control.title,
        verdict=verdict,
        human_part=held.get("human_part", "none"),
        sentence=held.get("sentence", _UNKNOWN),
        population=held.get("population", 0),
        failed=held.get("failed", 0),
        lacking=held.get("lacking", 0),
        since=held.get("since", 0),
        since_at=held.get("since_at", ""),
        drifted_from=before if held and before != verdict else None,
    )


def last_report(connection: Connection, log_id: int, framework: Framework) -> LastReport | None:
    """The newest report about a framework, of any models."""
    found = folded.find(connection, log_id, ReportState, limit=1, status=framework.id)
    if not found:
        return None
    one = found[0]
    return LastReport(entry=one.since, report=one.report, position=one.position, at=one.at)


def trend_of(now: dict[str, Verdict], turns: list[Turn], as_of: str) -> tuple[Point, ...]:
    """Verdict counts at the end of each of the last twelve months, from the newest turn back.

    A month is left out before which no verdict was known.
    """
    if not as_of or not now:
        return ()
    held: dict[str, str] = dict(now)
    points = [Point(month=as_of[:7], counts=_counted(held.values()))]
    waiting = list(turns)
    for month in _months_before(as_of[:7]):
        while waiting and waiting[0].at[:7] > month:
            turn = waiting.pop(0)
            if turn.before:
                held[turn.control] = turn.before
            else:
                held.pop(turn.control, None)
        if not held or (len(turns) == MOST_TURNS and not waiting):
            break
        points.append(Point(month=month, counts=_counted(held.values())))
    return tuple(reversed(points))


def control_named(reader: Reader, name: str) -> Control:
    """A control by its id.

    Raises:
        UnknownSubjectError: there is none.
    """
    for framework in every_framework(reader):
        for control in framework.controls:
            if control.id == name:
                return control
    raise UnknownSubjectError(
        "There is no such control.",
        pointer="/control",
        remedy="The page of a framework lists its controls.",
    )


def _months_before(month: str) -> list[str]:
    year, number = int(month[:4]), int(month[5:])
    found = []
    for _ in range(11):
        number -= 1
        if number == 0:
            year, number = year - 1, 12
        found.append(f"{year:04d}-{number:02d}")
    return found


def _counted(verdicts: Any) -> dict[Verdict, int]:
    held = list(verdicts)
    return {verdict: held.count(verdict) for verdict in VERDICTS}

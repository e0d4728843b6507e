"""One control as it stands: its question, what each test found, when its verdict turned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ledger.store import standing as store
from ledger.store.database import reading
from ledger.store.entries import read_head
from policies.controls.finding import HumanPart, Verdict  # noqa: TC001 (pydantic reads them)
from policies.controls.standing.pieces import id_of
from webui.frameworks import framework_named
from webui.standing.board import Row, control_named, last_report, period_of, row_of
from webui.standing.results import RESULT, SEEN
from webui.standing.shape import Shape

if TYPE_CHECKING:
    from ledger.store.standing import Turn
    from policies.controls.mapping import Control
    from webui.wiring import Wiring

MOST_TURNS: Final = 50


class Deviation(Shape):
    """An item, by its entries."""

    entries: tuple[int, ...]
    sentence: str


class Found(Shape):
    """What one test found. The first exceptions and missing proofs are named, all are counted."""

    test: str
    title: str
    verdict: Verdict
    population: int
    tested: int
    failed: int
    lacking: int
    human_part: HumanPart
    sentence: str
    exceptions: tuple[Deviation, ...]
    missing: tuple[Deviation, ...]
    listed: bool


class Turned(Shape):
    """A verdict turned; ``by_entries`` is False where the tests themselves had changed."""

    position: int
    at: str
    before: str
    verdict: str
    by_entries: bool


class Stood(Shape):
    """A control as it stands after ``position`` entries; turns are the newest first."""

    row: Row
    framework: str
    short: str
    question: str
    evidence: tuple[str, ...]
    human: tuple[str, ...]
    statement: int | None
    source_version: str
    applies_from: str
    position: int
    behind: int
    as_of: str
    period_from: str
    period_until: str
    findings: tuple[Found, ...]
    turns: tuple[Turned, ...]


def stood(wiring: Wiring, name: str) -> Stood:
    """A control as it stands.

    Raises:
        UnknownSubjectError: there is no such control.
    """
    control = control_named(wiring.reader, name)
    framework = framework_named(wiring.reader, control.framework)
    log_id = wiring.log.log_id
    with reading(wiring.engine) as connection:
        kept: dict[str, Any] = store.read_note(connection, log_id, f"{RESULT}{name}") or {}
        seen = store.read_note(connection, log_id, SEEN) or {}
        size = read_head(connection, log_id).size
        turns = store.turns_of(connection, log_id, controls=[name], limit=MOST_TURNS)
        report = last_report(connection, log_id, framework)
        then = (
            store.verdicts_at(connection, log_id, [name], report.position).get(name)
            if report
            else None
        )
    position = seen.get("position", 0)
    return Stood(
        row=row_of(control, kept or None, then),
        framework=framework.id,
        short=framework.short,
        question=control.question,
        evidence=control.evidence,
        human=control.human,
        statement=kept.get("statement"),
        source_version=control.source_version,
        applies_from=control.applies_from.isoformat(),
        position=position,
        behind=size - position,
        as_of=seen.get("as_of", ""),
        **period_of(seen.get("as_of", "")),
        findings=_findings(control, kept),
        turns=tuple(_turned(turn) for turn in turns),
    )


def _findings(control: Control, kept: dict[str, Any]) -> tuple[Found, ...]:
    titles = {id_of(use): use.test.title for use in control.tests}
    by_parts = {
        id_of(use): use.test.parts is not None and use.test.parts.with_rare is None
        for use in control.tests
    }
    return tuple(
        Found(
            test=one["test"],
            title=titles.get(one["piece"], ""),
            verdict=one["verdict"],
            population=one["population"],
            tested=one["tested"],
            failed=one["failed"],
            lacking=one["lacking"],
            human_part=one["human_part"],
            sentence=one["sentence"],
            exceptions=_named(one["exceptions"]),
            missing=_named(one["missing"]),
            listed=by_parts.get(one["piece"], False),
        )
        for one in kept.get("findings", ())
    )


def _named(found: list[list[Any]]) -> tuple[Deviation, ...]:
    return tuple(
        Deviation(entries=tuple(entries), sentence=sentence) for entries, sentence in found
    )


def _turned(turn: Turn) -> Turned:
    return Turned(
        position=turn.position,
        at=turn.at,
        before=turn.before,
        verdict=turn.verdict,
        by_entries=turn.cause == "entries",
    )

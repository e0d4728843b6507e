"""T1 chain, T11 retention, T12 recovery: is the record itself whole, kept and recoverable?"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from ledger.events.custody import RestoreTested
from policies.controls.finding import Deviation, Tally, many, not_recorded
from policies.controls.primitives.arguments import Arguments
from policies.controls.primitives.intervals import gaps, life

if TYPE_CHECKING:
    from policies.controls.finding import Finding
    from policies.controls.material import Material

_DAYS_IN_A_YEAR = 365.25


class ChainArguments(Arguments):
    """``anchored``: somebody outside must hold the root of a tree that covers the whole range."""

    anchored: bool = True


def chain(material: Material, arguments: ChainArguments) -> Finding:
    """T1: entries follow each other without gap, each link holds, and all were verified.

    The links are looked at here once more; signatures and tree come from the verification handed
    in. Insufficient where that covered fewer entries, or where nobody outside holds a later root.
    """
    whole, integrity = material.chain, material.integrity
    exceptions = [*whole.broken, *_problems(material)]
    missing = []
    if integrity.verified_size < whole.size:
        missing.append(
            Deviation(
                (),
                f"Only the first {many(integrity.verified_size, 'entry', 'entries')} of "
                f"{whole.size:,} were verified.",
            )
        )
    holders = [anchor for anchor in integrity.anchors if anchor.size >= whole.size]
    if arguments.anchored and not holders:
        missing.append(
            Deviation((), "Nobody outside the ledger holds its root at or after the last entry.")
        )
    tally = Tally(
        population=whole.size,
        tested=min(integrity.verified_size, whole.size),
        exceptions=tuple(exceptions),
        missing=tuple(missing),
        entries=whole.ends,
    )
    held_by = f" Its root is also held by {', '.join(a.name for a in holders)}." if holders else ""
    sentence = {
        "pass": f"All {many(whole.size, 'entry', 'entries')} were verified: no gap, no broken "
        f"link, every signature valid.{held_by}",
        "fail": f"The ledger does not verify: {many(len(exceptions), 'problem')}.",
        "insufficient_evidence": " ".join(item.sentence for item in missing),
    }.get(tally.verdict, "The ledger is empty.")
    return tally.found("T1", 1, ("verification of the ledger",), sentence)


def _problems(material: Material) -> list[Deviation]:
    return [Deviation((), sentence) for sentence in material.integrity.problems]


class RetentionArguments(Arguments):
    """``years`` for which entries must be kept."""

    years: int = Field(ge=1, le=30)


def retention(material: Material, arguments: RetentionArguments) -> Finding:
    """T11: nothing was removed inside the horizon; a younger ledger says since when it covers."""
    whole = material.chain
    missing: tuple[Deviation, ...] = ()
    since = whole.since
    if whole.size:
        age = (material.scope.period.until - date.fromisoformat(since)).days / _DAYS_IN_A_YEAR
        if age < arguments.years:
            missing = (
                Deviation(
                    whole.ends[:1],
                    f"This ledger covers the time since {since}; the horizon is "
                    f"{many(arguments.years, 'year')}.",
                ),
            )
    tally = Tally(whole.size, whole.size, whole.broken, missing, whole.ends)
    sentence = {
        "pass": f"Nothing was removed: all {many(whole.size, 'entry', 'entries')} since {since} "
        f"are present, longer than the {many(arguments.years, 'year')} asked for.",
        "fail": f"Entries are missing inside the {many(arguments.years, 'year')} to be kept.",
        "insufficient_evidence": f"Nothing was removed since {since}, but the ledger is younger "
        f"than the {many(arguments.years, 'year')} to be kept; older records must be shown from "
        "elsewhere.",
    }.get(tally.verdict, "The ledger is empty.")
    return tally.found("T11", 1, ("all entries",), sentence)


class RecoveryArguments(Arguments):
    """``every_days``: how often a restore must have been tried."""

    every_days: int = Field(ge=1, le=3660)


def recovery(material: Material, arguments: RecoveryArguments) -> Finding:
    """T12: a backup was restored and verified, and no longer ago than allowed, all the time.

    The period is cut to the life of the ledger. A drill that failed is an exception. Insufficient
    where the ledger records no drill at all: they may be recorded elsewhere.
    """
    drills = [
        (item.entry.sequence, item.entry.recorded_at[:10], item.entry.event)
        for item in material.of_kind(RestoreTested.kind)
        if isinstance(item.entry.event, RestoreTested)
    ]
    passed = [(number, day) for number, day, event in drills if event.outcome == "pass"]
    failed = tuple(
        Deviation((number,), f"The drill of {day} found {many(event.problems, 'problem')}.")
        for number, day, event in drills
        if event.outcome == "fail"
    )
    start, end = life(material)
    days = [start, *(date.fromisoformat(day) for _, day in passed), end]
    numbers = tuple(number for number, _ in passed)
    every = many(arguments.every_days, "day")
    if not drills:
        return not_recorded(
            "T12",
            2,
            "No restore for practice is recorded in this ledger; show from elsewhere that one was "
            f"made at least every {every}.",
        )
    found = gaps(days, numbers, arguments.every_days)
    tally = Tally(len(drills), len(drills), (*failed, *found), (), numbers)
    held = f"{many(len(drills), 'backup was', 'backups were')} restored for practice"
    sentence = {
        "pass": f"{held}, each found whole; no gap is longer than {every}.",
        "fail": f"{held}; {many(len(failed), 'drill')} failed, {many(len(found), 'gap')} longer "
        f"than {every}.",
    }.get(tally.verdict, held)
    return tally.found("T12", 2, (RestoreTested.kind,), sentence)

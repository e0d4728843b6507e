"""Custody of logs under the EU AI Act: what this ledger keeps, and what it does not.

Art. 12 asks for logs of the system's operation. This ledger records the life of models, not their
single answers; of run-time logs it can hold digests, as documents of the type ``runtime_log``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.events.model import EvidenceAttached
from policies.controls.finding import many
from webui.reports.assemble.words import minute, ranges
from webui.reports.model import (
    Bar,
    Callout,
    Chart,
    Column,
    Heading,
    KeyValue,
    KeyValues,
    Section,
    Table,
)

if TYPE_CHECKING:
    from ledger.state.history import Recorded
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block

RUN_TIME: Final = ("runtime_log", "run_time_log")
_MOST_MONTHS: Final = 24


def logs_lead(basis: Basis) -> str:
    """Since when this ledger reaches back, and whether run-time logs are kept by digest."""
    first = basis.material.history.recorded[0].entry.recorded_at[:10]
    digests = _digests(basis)
    held = (
        f"{many(len(digests), 'digest')} of run-time logs {'is' if len(digests) == 1 else 'are'} "
        "recorded"
        if digests
        else "no digest of run-time logs is recorded, so their custody must be shown from elsewhere"
    )
    return f"Lifecycle entries reach back to {first}; {held}."


def log_custody(basis: Basis) -> Section:
    """What is kept, since when, and of which models run-time logs are held by digest."""
    recorded = basis.material.history.recorded
    running = sorted({f"{one.model} {one.version}" for one in basis.material.stretches})
    digests = _digests(basis)
    covered = {f"{item.about.model} {item.about.version}" for item in digests}
    without = [name for name in running if name not in covered]
    blocks: list[Block] = [
        KeyValues(
            (
                KeyValue("Oldest entry", f"{minute(recorded[0].entry.recorded_at)} UTC, entry 0"),
                KeyValue("Entries kept", f"{len(recorded):,}"),
                KeyValue("In production in the period", ", ".join(running) or "nothing"),
                KeyValue("Without a digest of run-time logs", ", ".join(without) or "none"),
            )
        ),
        Callout(
            "limit",
            "This ledger is a log of the lifecycle. The events of operation that Art. 12 asks for "
            "are written where the model runs; attach the digest of each closed log as a document "
            "of the type runtime_log, so that it can be shown later that the log was not changed.",
        ),
        Heading("Digests of run-time logs"),
    ]
    if digests:
        rows = tuple(
            (
                str(item.entry.sequence),
                minute(item.entry.recorded_at),
                f"{item.about.model} {item.about.version}",
                event.sha256,
            )
            for item in digests
            if isinstance(event := item.entry.event, EvidenceAttached)
        )
        columns = (
            Column("Entry", 2, "right"),
            Column("When (UTC)", 4),
            Column("Version", 5),
            Column("SHA-256 of the log", 13, mono=True),
        )
        blocks.append(Table(columns, rows, many(len(rows), "digest")))
    else:
        blocks.append(Callout("note", "None in the period."))
    return Section("Which logs are kept", (*blocks, *_months(basis)))


def _digests(basis: Basis) -> list[Recorded]:
    return [
        item
        for item in basis.material.of_kind(EvidenceAttached.kind)
        if isinstance(event := item.entry.event, EvidenceAttached) and event.type in RUN_TIME
    ]


def _months(basis: Basis) -> tuple[Block, ...]:
    counted: dict[str, int] = {}
    first: dict[str, list[int]] = {}
    for item in basis.material.history.recorded:
        month = item.entry.recorded_at[:7]
        counted[month] = counted.get(month, 0) + 1
        first.setdefault(month, []).append(item.entry.sequence)
    shown = sorted(counted)[-_MOST_MONTHS:]
    return (
        Chart(
            tuple(Bar(month, counted[month]) for month in shown),
            "Lifecycle entries by month (UTC), every model",
            "columns",
        ),
        Table(
            (Column("Month", 3), Column("Entries", 3, "right"), Column("Numbers", 8)),
            tuple((month, f"{counted[month]:,}", ranges(first[month])) for month in shown),
            f"The newest {many(len(shown), 'month')}",
        ),
    )

"""The ledger itself: how far it was verified, by which keys, and who outside holds its root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.custody import BackupVerified, RestoreTested
from ledger.events.log import CheckpointTimestamped
from ledger.state.aggregates import LogState
from policies.controls.finding import many
from webui.reports.assemble.words import KIND_WORDS, minute, ranges
from webui.reports.model import (
    Callout,
    Column,
    Heading,
    KeyValue,
    KeyValues,
    Section,
    Table,
)

if TYPE_CHECKING:
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block

_MOST_ROWS = 200


def integrity_lead(basis: Basis) -> str:
    """How many entries verified, with how many problems."""
    found = basis.context.integrity
    total = basis.material.history.position
    verified = f"{found.verified_size:,} of {many(total, 'entry', 'entries')} verified"
    if found.problems:
        return f"{verified}: {many(len(found.problems), 'PROBLEM')} found."
    return f"{verified}: no gap, no broken link, every signature valid."


def the_ledger(basis: Basis) -> Section:
    """What was verified, the keys, the roots held outside, and earlier runs."""
    recorded, found = basis.material.history.recorded, basis.context.integrity
    first, last = recorded[0].entry, recorded[-1].entry
    blocks: list[Block] = [
        KeyValues(
            (
                KeyValue("Ledger", basis.context.origin, mono=True),
                KeyValue("First entry", f"{first.sequence}, {minute(first.recorded_at)} UTC"),
                KeyValue("Last entry", f"{last.sequence}, {minute(last.recorded_at)} UTC"),
                KeyValue("Verified", many(found.verified_size, "entry", "entries")),
                KeyValue("Problems", str(len(found.problems))),
                KeyValue("Root at the last entry", basis.context.root, mono=True),
            )
        ),
        *(Callout("warning", sentence) for sentence in found.problems[:20]),
        Heading("Keys of the ledger"),
        _keys(basis),
        Heading("Who outside holds a root"),
        *_outside(basis),
        Heading("Earlier verifications of the whole ledger"),
        *_runs(basis),
        Heading("Backups and restores of the period"),
        *_custody(basis),
    ]
    return Section("The ledger, verified", tuple(blocks))


def _keys(basis: Basis) -> Table:
    state = basis.material.history.registry.find(LogState, "log")
    spans = state.history.spans if state else ()
    return Table(
        (
            Column("Signs", 3),
            Column("Public key (beginning)", 6, mono=True),
            Column("From entry", 2, "right"),
            Column("Until entry", 2, "right"),
            Column("Doubtful from", 2, "right"),
        ),
        tuple(
            (
                span.use,
                span.public.hex()[:32],
                str(span.since),
                "in force" if span.until < 0 else str(span.until - 1),
                "\N{EN DASH}" if span.doubtful < 0 else str(span.doubtful),
            )
            for span in spans
        ),
        many(len(spans), "key"),
    )


def _outside(basis: Basis) -> tuple[Block, ...]:
    anchors = [
        (anchor.name, f"{anchor.size:,}", "as published")
        for anchor in basis.context.integrity.anchors
    ]
    stamps = [
        (event.authority, f"{event.size:,}", f"entry {item.entry.sequence}, {event.time[:16]}")
        for item in basis.material.history.recorded
        if isinstance(event := item.entry.event, CheckpointTimestamped)
    ]
    rows = (*anchors, *stamps[-_MOST_ROWS:])
    if not rows:
        said = "Nobody outside is recorded as holding a root, so this rests on our own keys."
        return (Callout("limit", said),)
    columns = (Column("Who", 6), Column("Entries covered", 3, "right"), Column("Since", 5))
    return (Table(columns, rows, "Witnesses and time-stamping authorities"),)


def _runs(basis: Basis) -> tuple[Block, ...]:
    if not basis.context.runs:
        return (Callout("note", "No earlier verification was kept."),)
    columns = (
        Column("Ended (UTC)", 5),
        Column("Entries", 3, "right"),
        Column("Problems", 3, "right"),
    )
    rows = tuple(
        (minute(run.at), f"{run.size:,}", f"{run.problems:,}") for run in basis.context.runs
    )
    return (Table(columns, rows, f"The newest {many(len(rows), 'run')}"),)


def _custody(basis: Basis) -> tuple[Block, ...]:
    kinds = (BackupVerified.kind, RestoreTested.kind, "backup.restored")
    rows = tuple(
        (
            KIND_WORDS[kind],
            str(len(found)),
            minute(found[-1].entry.recorded_at),
            ranges(item.entry.sequence for item in found),
        )
        for kind in kinds
        if (found := basis.material.of_kind(kind))
    )
    if not rows:
        return (Callout("note", "No backup and no restore is recorded in the period."),)
    columns = (
        Column("What", 5),
        Column("How often", 2, "right"),
        Column("Last (UTC)", 4),
        Column("Entries", 5),
    )
    return (Table(columns, rows, "Backups and restores"),)

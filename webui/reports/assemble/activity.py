"""Activity of the period by kind of entry and by actor: what its reviewer looks at first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.access import AccessDigested
from ledger.events.catalogue import CATALOGUE
from ledger.state.access import ActivityReview
from policies.controls.finding import many
from policies.controls.primitives.intervals import uncovered
from webui.reports.assemble.words import KIND_WORDS, minute, ranges
from webui.reports.model import (
    Callout,
    Column,
    Heading,
    KeyValue,
    KeyValues,
    Paragraph,
    Section,
    Table,
)

if TYPE_CHECKING:
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block

_MOST_ACTORS = 100
_MOST_DAYS = 400


def activity_review(basis: Basis) -> Section:
    """Volumes by kind, by actor with refused attempts, and room for the reviewer's conclusion."""
    entries = basis.material.of_kind(*CATALOGUE)
    return Section(
        "Activity in the period",
        (
            Paragraph(
                f"{many(len(entries), 'entry', 'entries')} of the period concern the models in "
                "scope or the ledger as a whole."
            ),
            _by_kind(basis),
            _by_actor(basis),
            Callout(
                "limit",
                "Who read, searched and exported what stands in the access log beside this ledger, "
                "which holds a digest of each of its days. Patient records are not kept here.",
            ),
            *_digests(basis),
            Heading("Review of this activity"),
            *_reviews(basis),
        ),
    )


def _digests(basis: Basis) -> tuple[Block, ...]:
    """How many requests the access log holds, by the digests of its days."""
    found = [
        (item, item.entry.event)
        for item in basis.material.of_kind(AccessDigested.kind)
        if isinstance(item.entry.event, AccessDigested)
    ]
    if not found:
        return (Callout("note", "No day of the access log was digested in the period."),)
    rows = tuple(
        (
            event.day if event.since == event.day else f"{event.since} to {event.day}",
            f"{event.count:,}",
            event.head[:16],
            str(item.entry.sequence),
        )
        for item, event in found[-_MOST_DAYS:]
    )
    return (
        Heading("The access log by day"),
        Table(
            (
                Column("Day", 5),
                Column("Records", 3, "right"),
                Column("Head of the chain", 6, mono=True),
                Column("Entry", 3, "right"),
            ),
            rows,
            f"Digests entered in the period ({many(len(found), 'digest')}; at most "
            f"{_MOST_DAYS} are printed)",
        ),
    )


def _reviews(basis: Basis) -> tuple[Block, ...]:
    """Who signed off which days, and the days that nobody did."""
    reviews = basis.material.history.registry.all(ActivityReview)
    period = basis.scope.period
    first, last = period.start.isoformat(), period.until.isoformat()
    ours = [one for one in reviews if one.first_day <= last and one.last_day >= first]
    left = uncovered(period.start, period.until, [(one.first_day, one.last_day) for one in reviews])
    holes = "; ".join(f"{begins} to {ends}" if begins != ends else begins for begins, ends in left)
    told: list[Block] = [
        KeyValues((KeyValue("Days that no review covers", holes or "none"),)),
    ]
    if ours:
        told.append(
            Table(
                (
                    Column("From", 3),
                    Column("Until", 3),
                    Column("Requests", 3, "right"),
                    Column("Finding", 4),
                    Column("Signed off by", 5),
                    Column("On (UTC)", 4),
                    Column("Entry", 2, "right"),
                ),
                tuple(
                    (
                        one.first_day,
                        one.last_day,
                        f"{one.records:,}",
                        "nothing found" if one.finding == "nothing" else "followed up",
                        basis.name(one.by),
                        minute(one.at),
                        str(one.since),
                    )
                    for one in ours
                ),
                "Reviews that were signed off",
            )
        )
    return tuple(told)


def _by_kind(basis: Basis) -> Table:
    rows = []
    for kind in CATALOGUE:
        found = basis.material.of_kind(kind)
        if found:
            numbers = ranges((item.entry.sequence for item in found), 6)
            rows.append((KIND_WORDS[kind], kind, f"{len(found):,}", numbers))
    return Table(
        (
            Column("What happened", 6),
            Column("Kind of entry", 5, mono=True),
            Column("How often", 2, "right"),
            Column("Entries", 7),
        ),
        tuple(rows),
        "Volumes by kind; kinds that did not occur are left out",
    )


def _by_actor(basis: Basis) -> Table:
    counted: dict[str, list[int]] = {}
    refused: dict[str, int] = {}
    for item in basis.material.of_kind(*CATALOGUE):
        actor = item.entry.actor.id
        counted.setdefault(actor, []).append(item.entry.sequence)
        refused[actor] = refused.get(actor, 0) + (item.entry.kind == "access.denied")
    ordered = sorted(counted.items(), key=lambda pair: (-len(pair[1]), pair[1][0]))
    return Table(
        (
            Column("Who", 6),
            Column("Entries made", 3, "right"),
            Column("Attempts refused", 3, "right"),
            Column("Which", 8),
        ),
        tuple(
            (basis.name(actor), f"{len(numbers):,}", f"{refused[actor]:,}", ranges(numbers, 6))
            for actor, numbers in ordered[:_MOST_ACTORS]
        ),
        f"Who was active ({many(len(ordered), 'actor')})",
    )

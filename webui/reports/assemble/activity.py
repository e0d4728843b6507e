"""Activity of the period by kind of entry and by actor: what its reviewer looks at first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events.catalogue import CATALOGUE
from policies.controls.finding import many
from webui.reports.assemble.words import KIND_WORDS, ranges
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

_MOST_ACTORS = 100


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
                "Reading of pages and of patient records is not in this ledger; it records "
                "changes, approvals and refused attempts.",
            ),
            Heading("Review of this activity"),
            KeyValues(
                (
                    KeyValue("Reviewed by", "______"),
                    KeyValue("On", "______"),
                    KeyValue("Conclusions and follow-up", "______"),
                )
            ),
        ),
    )


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

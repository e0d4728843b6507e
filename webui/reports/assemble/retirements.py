"""The end of versions: when it was announced, when it took effect, and what ran after that."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ledger.events.model import VersionDeprecated
from policies.controls.finding import many
from webui.reports.assemble.words import minute, words
from webui.reports.model import Callout, Column, Paragraph, Section, Table

if TYPE_CHECKING:
    from ledger.state.aggregates import DeploymentState, VersionState
    from ledger.state.history import Recorded
    from webui.reports.assemble.basis import Basis

_DASH = "\N{EN DASH}"


def retirement_lead(basis: Basis) -> str:
    """How many were deprecated, and how many of these ran past their last day."""
    found = _deprecations(basis)
    late = sum(bool(_after(basis, event)) for _, event in found)
    return (
        f"{many(len(found), 'version was', 'versions were')} deprecated in the period; "
        f"{late} {'was' if late == 1 else 'were'} in production after the day that was announced."
    )


def retirements(basis: Basis) -> Section:
    """Every deprecation of the period with what became of it."""
    found = _deprecations(basis)
    if not found:
        none = Callout("note", "No version was deprecated in the period.")
        return Section("Versions that were retired", (none,))
    rows = tuple(_row(basis, item, event) for item, event in found)
    columns = (
        Column("Entry", 2, "right"),
        Column("Version", 4),
        Column("Announced (UTC), by", 5),
        Column("Takes effect", 3),
        Column("Notice", 2, "right"),
        Column("Cause; instead", 4),
        Column("Archived (entry)", 3),
        Column("In production after", 5),
    )
    return Section(
        "Versions that were retired",
        (
            Paragraph(
                "Notice is the number of days from the announcement to the day from which the "
                "version is not to be used. What ran after that day is named with the entry of "
                "its deployment. Who uses a model, and whether they read the notice, this ledger "
                "does not know."
            ),
            Table(columns, rows, many(len(rows), "deprecation")),
        ),
    )


def _deprecations(basis: Basis) -> list[tuple[Recorded, VersionDeprecated]]:
    return [
        (item, event)
        for item in basis.material.of_kind(VersionDeprecated.kind)
        if isinstance(event := item.entry.event, VersionDeprecated)
    ]


def _row(basis: Basis, item: Recorded, event: VersionDeprecated) -> tuple[str, ...]:
    version: VersionState = basis.material.history.registry.version(event.model, event.version)
    said = item.entry.recorded_at[:10]
    days = (date.fromisoformat(event.effective_on) - date.fromisoformat(said)).days
    after = _after(basis, event)
    return (
        str(item.entry.sequence),
        f"{event.model} {event.version}",
        f"{minute(item.entry.recorded_at)}, {basis.name(item.entry.actor.id)}",
        event.effective_on,
        f"{days} d",
        f"{words(event.cause)}; {event.replacement or 'nothing'}",
        str(version.archived) if version.archived is not None else _DASH,
        "; ".join(f"{one.environment} ({one.since})" for one in after) or "nowhere",
    )


def _after(basis: Basis, event: VersionDeprecated) -> list[DeploymentState]:
    """Production deployments of the version that ran past the day that was announced.

    A day that is still to come at the last entry is not judged.
    """
    now = basis.material.last_day
    return [
        one
        for one in basis.material.stretches
        if (one.model, one.version) == (event.model, event.version)
        and event.effective_on < now
        and (one.ended_at is None or one.ended_at[:10] > event.effective_on)
    ]
